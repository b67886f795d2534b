/** What is inferred of the testing package. */
import {
  Arbitraries,
  exploreInterleavings,
  Laws,
  Property,
  replayInterleaving,
  VirtualTime
} from "@effect-pocketflow/testing"
import type { SeededScheduler } from "@effect-pocketflow/testing"
import { Context, Effect, Layer, Optic, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import * as fc from "fast-check"
import { expectTypeOf } from "vitest"

const Qa = Store.make("Qa", { question: Schema.String, answer: Schema.optionalKey(Schema.String) })
type Qa = typeof Qa.Type
class Search extends Context.Service<Search, { readonly find: (query: string) => Effect.Effect<string, "offline"> }>()(
  "Search"
) {}
const answer = Node.make(Qa, {
  prep: (s) => s.question,
  exec: (question) => Effect.flatMap(Search, ({ find }) => find(question)),
  post: (_question, answer) => Qa.to("answered", { answer })
})
const states = Arbitraries.state(Qa)
const layer = Layer.succeed(Search, { find: Effect.succeed })

expectTypeOf(states).toEqualTypeOf<fc.Arbitrary<Qa>>()
expectTypeOf(Arbitraries.schema(Schema.Int)).toEqualTypeOf<fc.Arbitrary<number>>()

// --- interleavings keep the types of the effect -----------------------------------

const run = Flow.run(answer, { question: "" })
expectTypeOf(exploreInterleavings(run)).toEqualTypeOf<
  Effect.Effect<SeededScheduler.Interleavings<Flow.Run<Qa, "answered">, "offline">, never, Search>
>()
expectTypeOf(replayInterleaving(run, 1)).toEqualTypeOf<typeof run>()
expectTypeOf(VirtualTime.run(run)).toEqualTypeOf<typeof run>()

// --- laws need the services that their layer does not have ------------------------

expectTypeOf(Laws.runIsFold({ flow: answer, states })).toEqualTypeOf<Laws.Law<Search>>()
expectTypeOf(Laws.runIsFold({ flow: answer, states, layer })).toEqualTypeOf<Laws.Law>()
expectTypeOf(Laws.all({ store: Qa, flow: answer, states, layer })).toEqualTypeOf<ReadonlyArray<Laws.Law>>()
expectTypeOf(Laws.scheduling({ flow: answer, states }, { schedules: 5 })).toEqualTypeOf<Laws.Law<Search>>()
expectTypeOf(
  Laws.concurrency({
    flow: (concurrency) => Node.batch(Qa, { prep: (s) => s.question, exec: Effect.succeed, concurrency }),
    states
  })
).toEqualTypeOf<Laws.Law>()
expectTypeOf(
  Laws.oneByOne({ store: Qa, branches: { a: answer.pipe(Flow.mapOutcome({ answered: "default" })) }, states, layer })
).toEqualTypeOf<Laws.Law>()
expectTypeOf(
  Laws.focus({
    flow: answer,
    lens: Optic.id<{ readonly qa: Qa }>().key("qa"),
    states: fc.record({ qa: states }),
    parts: states,
    layer
  })
).toEqualTypeOf<Laws.Law>()
expectTypeOf(Laws.equivalent("same", { flow: answer, to: answer, states, layer })).toEqualTypeOf<Laws.Law>()
expectTypeOf(
  Laws.inlining({ store: Qa, registry: { answer }, json: Flow.toJson(answer), states, layer })
).toEqualTypeOf<Laws.Law>()

// @ts-expect-error the states are those of another store
Laws.runIsFold({ flow: answer, states: fc.record({ n: fc.nat() }), layer })
// @ts-expect-error a service is missing
Effect.runPromise(Laws.runIsFold({ flow: answer, states }).check())
// @ts-expect-error a branch whose outcome would vanish
Laws.oneByOne({ store: Qa, branches: { a: answer }, states, layer })

// --- properties have the services of what they check ------------------------------

expectTypeOf(Property.check(states, (s) => Effect.map(Search, () => s.question.length >= 0))).toEqualTypeOf<
  Effect.Effect<Property.Passed, Property.Falsified, Search>
>()
// @ts-expect-error a property is an Effect
Property.check(states, (s) => s.question.length >= 0)

// --- a timed function is the function ----------------------------------------------

const timed = VirtualTime.timed((n: number, text: string) => Effect.succeed(`${n} ${text}`))
expectTypeOf(timed(1, "a")).toEqualTypeOf<Effect.Effect<string>>()
expectTypeOf(timed.times).toEqualTypeOf<ReadonlyArray<number>>()
// @ts-expect-error the arguments are those of the function
timed("1")
