/**
 * Undoing what was committed, should the run fail.
 *
 * Whatever is recorded is undone, wherever in the flow it was: also inside of what a run
 * that is gone on with does not enter again. So its record has the store that `undo` gets.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Workflow from "effect/workflow/Workflow"
import type { WorkflowInstance } from "effect/workflow/WorkflowEngine"
import type { Flow, Store } from "effect-pocketflow"
import * as Recorder from "effect-pocketflow/Recorder"
import type { Journal } from "./journal.ts"
import { decode, encode } from "./json.ts"
import { isNamed } from "./migrate.ts"
import type { Record } from "./record.ts"
import { Compensation } from "./traits.ts"

type Undo = NonNullable<typeof Compensation.Service>

const schemaOf = (store: Store.Any | undefined): Schema.Codec<any, any> | undefined =>
  (store as { readonly schema?: Schema.Codec<any, any> } | undefined)?.schema

/** The store that is left by a patch. */
export const after = ({ state, store }: ReturnType<Recorder.Site["target"]>, patch: Recorder.Patch) =>
  encode(
    schemaOf(store),
    Object.fromEntries(
      Object.entries({ ...(state as object), ...patch }).filter(([, value]) => value !== Recorder.unset)
    )
  )

export interface Undoing {
  readonly perform: (
    key: string,
    path: ReadonlyArray<string>,
    undoing: Effect.Effect<unknown, never, any>
  ) => Effect.Effect<void>
  /** Suspends the run for a record that cannot be read. */
  readonly refuse: (key: string, reason: string) => Effect.Effect<never, never, any>
}

/** Has a visit undone, if that is what its record is of. */
export const register = (
  key: string,
  { ending, path = [] }: Record,
  undo: Undo,
  store: Store.Any | undefined,
  { perform, refuse }: Undoing
): Effect.Effect<void, never, WorkflowInstance> => {
  if (ending._tag !== "Committed" || ending.after === undefined) return Effect.void
  const state = decode(schemaOf(store), ending.after)
  // Now, not when it is undone: a run that has failed is halted no more.
  if (Result.isFailure(state)) return refuse(key, `has a store that does not fit: ${state.failure}`)
  const undoing = Effect.suspend(() => undo(state.success))
  return Workflow.addFinalizer((exit) => (Exit.isSuccess(exit) ? Effect.void : perform(key, path, undoing)))
}

/** The same for all visits that are recorded, the last one first. */
export const registerAll = (
  flow: Flow.Step<any, string, any, any>,
  { records }: Journal,
  undoing: Undoing
): Effect.Effect<void, never, WorkflowInstance> => {
  const undos = Recorder.annotated(flow, Compensation)
  return Effect.forEach(
    undos.size === 0 ? [] : records,
    ([key, record]) => {
      const found = undos.get(record.path?.join("/") ?? "")
      // That it was undone is a record of the node, too.
      if (found?.value === undefined || record.ending._tag !== "Committed") return Effect.void
      return isNamed(key, record.path!)
        ? register(key, record, found.value, found.store, undoing)
        : undoing.refuse(key, `is of another node, "${record.path!.join("/")}"`)
    },
    { discard: true }
  )
}
