/**
 * All records of a run, with those that it has taken over as a fork.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Entry, History } from "../History.ts"
import type { Record } from "./record.ts"
import * as record from "./record.ts"

/** The name of the first record of a run. */
export const begun = "begun"

export interface From {
  readonly run: string
  readonly step: number
}

export interface Gathered {
  /** The first record of the run, or of the one that it is a fork of. */
  readonly first: Entry | undefined
  /** Whether the run itself has its first record. */
  readonly begun: boolean
  /** The records that are taken over, and its own. */
  readonly taken: ReadonlyArray<Entry>
  readonly own: ReadonlyArray<Entry>
}

/** What has become of the records of a run that was begun as `first` says, in the graph as it is now. */
export type Migrate<R> = (
  first: Entry | undefined,
  own: ReadonlyArray<Entry>
) => Effect.Effect<ReadonlyArray<Entry>, never, R>

/**
 * Reads the records of a run; `from` is what it is a fork of, where it is not recorded
 * yet. A fork may have been begun on another graph than the run that it is of.
 */
export const gather = <R>(
  history: History["Service"],
  workflow: string,
  run: string,
  migrate: Migrate<R>,
  from?: From | undefined
): Effect.Effect<Gathered, never, R> =>
  Effect.gen(function* () {
    const all = yield* history.read(workflow, run)
    const first = all.find(({ name }) => name === begun)
    const own = yield* migrate(
      first,
      all.filter(({ name }) => name !== begun)
    )
    const source = first === undefined ? from : Result.getOrUndefined(beginningOf(first))?.from
    if (source === undefined) return { first, begun: first !== undefined, taken: [], own }
    const other = yield* gather(history, workflow, source.run, migrate)
    // Whom the other one has asked answers it: a fork asks by itself.
    const taken = [...other.taken, ...other.own].slice(0, source.step).filter(({ json }) => !isAsked(json))
    return { first: first ?? other.first, begun: first !== undefined, taken, own }
  })

/** What the first record of a run says, or what is wrong with it. */
export const beginningOf = (
  first: Entry
): Result.Result<Extract<Record["ending"], { readonly _tag: "Begun" }>, string> =>
  Result.flatMap(record.read(first.json), ({ ending }) =>
    ending._tag === "Begun" ? Result.succeed(ending) : Result.fail(`is not of a beginning, but ${ending._tag}`)
  )

const isAsked = (json: unknown): boolean =>
  Result.match(record.read(json), { onFailure: () => false, onSuccess: ({ ending }) => ending._tag === "Asked" })
