/**
 * Flows of every shape whose visits do something outside that leaves a trace, and the
 * workflows of them.
 */
import { Durable } from "@effect-pocketflow/durable"
import { Cause, Context, Effect, Exit, Option, Schedule, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"

/** `run` is the id of the run, `at` stands for the part of it, `done` is what was done outside. */
export const Trail = Store.make("Trail", {
  run: Schema.String,
  at: Schema.String,
  done: Schema.Array(Schema.String)
})

/** What is to be done outside: `label` is unique in the run. */
export interface Deed {
  readonly run: string
  readonly label: string
}

/**
 * The outside world: `act` does something, and gives a receipt that begins with the label of the deed, and is
 * another one each time; `ask` lets somebody answer.
 */
export class Outside extends Context.Service<
  Outside,
  {
    readonly act: (deed: Deed) => Effect.Effect<string, never, Durable.IdempotencyKey>
    readonly ask: (token: Durable.Token) => Effect.Effect<void>
  }
>()("test/durable/Outside") {}

const act = (deed: Deed) => Effect.flatMap(Outside, ({ act }) => act(deed))

/** A deed of this visit. */
const deed = (name: string, { at, run }: Store.Type<typeof Trail>) =>
  Effect.map(Node.Visit, (visit): Deed => ({ run, label: `${at}${name}:${visit}` }))

const more =
  (...receipts: ReadonlyArray<string>) =>
  ({ done }: Store.Type<typeof Trail>) => ({ done: [...done, ...receipts] })

const step = (name: string) =>
  Node.make(Trail, {
    prep: (s) => s,
    exec: (s) => Effect.flatMap(deed(name, s), act),
    post: (_, receipt) => Trail.next(more(receipt))
  })

class Refused extends Schema.TaggedError<Refused>()("Refused", { receipt: Schema.String }) {}

/** Does it, and is refused. */
const refused = (name: string) =>
  Node.make(Trail, {
    prep: (s) => s,
    exec: (s) => Effect.flatMap(Effect.flatMap(deed(name, s), act), (receipt) => Effect.fail(new Refused({ receipt })))
  })

/** Does it, and is refused the first time. */
const again = (name: string) =>
  Node.make(Trail, {
    prep: (s) => s,
    exec: (s) =>
      Effect.gen(function* () {
        const receipt = yield* Effect.flatMap(deed(name, s), act)
        return (yield* Node.Attempt) === 0 ? yield* Effect.fail(new Refused({ receipt })) : receipt
      }),
    post: (_, receipt) => Trail.next(more(receipt))
  }).pipe(Node.retry(Schedule.recurs(1)))

const turn = Node.make(Trail, {
  prep: (s) => s,
  exec: (s) => Effect.flatMap(deed("turn", s), act),
  post: (_, receipt) => Trail.decide((s) => [s.done.length < 3 ? "again" : "enough", more(receipt)(s)])
})

const items = Node.batch(Trail, {
  prep: ({ run }) => [0, 1, 2].map((i): Deed => ({ run, label: `item ${i}` })),
  exec: act,
  post: (_, receipts) => Trail.next(more(...receipts)),
  concurrency: 2
})

const fold = Node.fold(Trail, {
  prep: ({ run }) => [0, 1].map((i): Deed => ({ run, label: `part ${i}` })),
  initial: "",
  exec: (before, deed) => Effect.map(act(deed), (receipt) => `${before}${receipt}`),
  post: () => Trail.next()
})

class Element extends Context.Service<Element, string>()("test/durable/Element") {}

const element = (name: string) =>
  Node.make(Trail, {
    prep: (s) => s,
    exec: (s) => Effect.flatMap(Element, (element) => Effect.flatMap(deed(`${element}.${name}`, s), act)),
    post: (_, receipt) => Trail.next(more(receipt))
  })

const calls = <A extends string, E, R>(at: string, flow: Flow.Step<typeof Trail, A, E, R>) =>
  Flow.call(Trail, flow, {
    prep: (s) => ({ run: s.run, at: `${s.at}${at}/`, done: [] }),
    post: (_, { store }) => Trail.next(more(...store.done))
  })

const approved = Durable.signal("approved", Schema.Boolean)

const undo = (name: string) => (s: Store.Type<typeof Trail>) => act({ run: s.run, label: `undo ${name}` })

const flows = {
  linear: Flow.sequence(Trail, { a: step("a"), b: step("b"), c: step("c") }),
  loop: Flow.make(Trail, {
    start: "turn",
    nodes: { turn, end: step("end") },
    edges: { turn: { again: "turn", enough: "end" } }
  }),
  batch: Flow.sequence(Trail, { items, after: step("after") }),
  parallel: Flow.sequence(Trail, {
    both: Flow.all(Trail, {
      left: Flow.sequence(Trail, { a: step("la"), b: step("lb") }),
      right: step("r"),
      called: calls("called", step("c"))
    }),
    after: step("after")
  }),
  subflow: Flow.sequence(Trail, {
    nested: Flow.sequence(Trail, { a: step("a"), b: step("b") }),
    call: calls("outer", Flow.sequence(Trail, { c: step("c"), inner: calls("inner", step("d")) })),
    after: step("after")
  }),
  fold: Flow.sequence(Trail, { fold, after: step("after") }),
  forEach: Flow.sequence(Trail, {
    each: Flow.forEach(Flow.sequence(Trail, { a: element("a"), b: element("b") }), {
      params: Element,
      prep: () => ["x", "y", "z"],
      concurrency: 2
    }),
    many: Flow.map(Trail, Flow.sequence(Trail, { a: step("a") }), {
      prep: (s) => [0, 1].map((i) => ({ run: s.run, at: `many ${i}/`, done: [] })),
      post: (_, runs) => Trail.next(more(...runs.flatMap(({ store }) => store.done))),
      concurrency: 2
    })
  }),
  errorEdge: Flow.make(Trail, {
    start: "refused",
    nodes: {
      refused: refused("refused").pipe(Flow.catchTag("Refused", ({ receipt }) => Trail.to("refused", more(receipt)))),
      again: again("again"),
      end: step("end")
    },
    edges: { refused: { refused: "again" }, again: { default: "end" } }
  }),
  budget: Flow.make(Trail, {
    start: "spin",
    nodes: {
      spin: Flow.make(Trail, { start: "a", nodes: { a: step("a") }, edges: { a: { default: "a" } } }).pipe(
        Flow.budget({ steps: 3 })
      ),
      end: step("end")
    },
    edges: { spin: { exhausted: "end" } }
  }),
  wait: Flow.sequence(Trail, {
    a: step("a"),
    nap: Durable.sleep(Trail, "30 millis"),
    ask: Durable.approval(Trail, {
      signal: approved,
      request: (_, token) => Effect.flatMap(Outside, ({ ask }) => ask(token)),
      post: (yes) => Trail.next((s) => ({ done: [...s.done, `approved=${yes}`] }))
    }),
    b: step("b")
  }),
  saga: Flow.sequence(Trail, {
    a: step("a").pipe(Durable.compensate(undo("a"))),
    b: step("b").pipe(Durable.compensate(undo("b"))),
    c: refused("c")
  })
} satisfies Record<string, Flow.Step<typeof Trail, string, any, any>>

export type Shape = keyof typeof flows

export const shapes = Object.keys(flows) as ReadonlyArray<Shape>

type Served = Durable.Workflow<typeof Trail, string, Refused, Outside>

/** One workflow for each shape. */
export const workflows = Object.fromEntries(
  Object.entries(flows).map(([name, flow]) => [
    name,
    Durable.workflow(flow as Flow.Step<typeof Trail, string, Refused, Outside>, {
      name,
      version: "1",
      idempotencyKey: ({ run }) => run,
      error: Refused
    })
  ])
) as unknown as Readonly<Record<Shape, Served>>

/** Sends the answer that is waited for. */
export const answer = (token: string) => approved.answer(token as Durable.Token, true)

export const init = (run: string) => ({ run, at: "", done: [] })

/** How a run has ended, as JSON. */
export type Told =
  | { readonly outcome: string; readonly steps: number; readonly done: ReadonlyArray<string> }
  | { readonly error: string; readonly done: ReadonlyArray<string> }

type Ended = Flow.Run<Store.Type<typeof Trail>, string>

export const told = (exit: Exit.Exit<Ended, unknown>): Told => {
  if (Exit.isSuccess(exit)) {
    const { outcome, steps, store } = exit.value
    return { outcome, steps, done: store.done }
  }
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  if (error instanceof Refused) return { error: error._tag, done: [error.receipt] }
  return { error: Cause.pretty(exit.cause), done: [] }
}

/** The run of the same flow in memory. */
export const inMemory = (shape: Shape): Effect.Effect<Told> => {
  const flow = flows[shape] as Flow.Step<
    typeof Trail,
    string,
    unknown,
    Outside | Durable.Waits | Durable.IdempotencyKey
  >
  return Flow.run(flow, init("in memory")).pipe(
    Effect.exit,
    Effect.map(told),
    Effect.provideService(Outside, { act: ({ label }) => Effect.succeed(label), ask: () => Effect.void }),
    Effect.provide(Durable.answered({ approved: true }))
  )
}
