/**
 * All records of a run, with those that it has taken over as a fork, under the names
 * that nodes have on the last graph that it was on.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { BadRecord } from "../errors.ts"
import type { Entry, History } from "../History.ts"
import type { Rename } from "./migrate.ts"
import { renamed } from "./migrate.ts"
import type { Record } from "./record.ts"
import * as record from "./record.ts"

/** The name of the first record of a run. */
export const begun = "begun"

/** The name of the record of a migration, the first one being 1. */
export const migrated = (number: number): string => `migrated/${number}`

/** Visits, and what is in them, have a `#` in their names. */
const isOfVisit = ({ name }: Entry): boolean => name.includes("#")

type Beginning = Extract<Record["ending"], { readonly _tag: "Begun" }>

export interface Gathered {
  /** What the first record of the run says, or of the one that it is a fork of. */
  readonly beginning: Beginning | undefined
  /** Whether the run itself has its first record. */
  readonly begun: boolean
  /** The graph that the names are of. */
  readonly graph: string | undefined
  /** The nodes of that. */
  readonly nodes: ReadonlyArray<string>
  /** How names have changed since the beginning. */
  readonly migrations: ReadonlyArray<Rename>
  /** The records that are taken over, and its own: of visits, and of what is in them. */
  readonly taken: ReadonlyArray<Entry>
  readonly own: ReadonlyArray<Entry>
}

/**
 * Reads the records of a run; `from` is what it is a fork of, where that is not recorded
 * yet. Of more migrations than `until`, the later ones are not followed.
 */
export const gather = (
  history: History["Service"],
  workflow: string,
  run: string,
  from?: { readonly run: string; readonly step: number },
  until?: number
): Effect.Effect<Gathered, BadRecord> =>
  Effect.gen(function* () {
    const all = yield* history.read(workflow, run)
    const first = all.find(({ name }) => name === begun)
    if (first === undefined) {
      if (all.length > 0) {
        return yield* new BadRecord({ run, record: begun, reason: "is missing, though later ones are there" })
      }
      return from === undefined
        ? { beginning: undefined, begun: false, graph: undefined, nodes: [], migrations: [], taken: [], own: [] }
        : { ...(yield* takenFrom(history, workflow, from)), begun: false, own: [] }
    }
    const beginning = yield* endingOf(run, first, "Begun")
    const changes: Array<Extract<Record["ending"], { readonly _tag: "Migrated" }>> = []
    while (changes.length !== until) {
      const entry = all.find(({ name }) => name === migrated(changes.length + 1))
      if (entry === undefined) break
      changes.push(yield* endingOf(run, entry, "Migrated"))
    }
    if (until === undefined && all.some((entry) => migrationOf(entry) > changes.length)) {
      const reason = "is missing, though later ones are there"
      return yield* new BadRecord({ run, record: migrated(changes.length + 1), reason })
    }
    const migrations = changes.map(({ rename }) => rename)
    const own = all.filter(isOfVisit).map((entry) => renamed(entry, migrations.slice(migrationOf(entry))))
    const source = beginning.from && (yield* takenFrom(history, workflow, beginning.from))
    const taken = source?.taken.map((entry) => renamed(entry, [beginning.from!.rename, ...migrations])) ?? []
    const { graph, nodes } = changes.at(-1) ?? beginning
    return { beginning, begun: true, graph, nodes, migrations, taken, own }
  })

/** The same records on the next graph. */
export const renamedBy = (gathered: Gathered, rename: Rename): Gathered => ({
  ...gathered,
  taken: gathered.taken.map((entry) => renamed(entry, [rename])),
  own: gathered.own.map((entry) => renamed(entry, [rename]))
})

/** The run that another one is a fork of, with what that takes over. */
const takenFrom = (
  history: History["Service"],
  workflow: string,
  from: { readonly run: string; readonly step: number; readonly migrations?: number }
): Effect.Effect<Gathered, BadRecord> =>
  Effect.flatMap(gather(history, workflow, from.run, undefined, from.migrations), (source) => {
    const taken = [...source.taken, ...source.own].slice(0, from.step)
    if (taken.length < from.step) {
      const reason = "is not there, though a fork goes on from it"
      return Effect.fail(new BadRecord({ run: from.run, record: `step ${from.step}`, reason }))
    }
    // Whom the other one has asked answers it: a fork asks by itself.
    return Effect.succeed({ ...source, taken: taken.filter(({ json }) => !isAsked(json)) })
  })

const endingOf = <Tag extends Record["ending"]["_tag"]>(
  run: string,
  { json, name }: Entry,
  tag: Tag
): Effect.Effect<Extract<Record["ending"], { readonly _tag: Tag }>, BadRecord> =>
  Effect.fromResult(
    Result.match(record.read(json), {
      onFailure: (reason) => Result.fail(new BadRecord({ run, record: name, reason })),
      onSuccess: ({ ending }) =>
        ending._tag === tag
          ? Result.succeed(ending as never)
          : Result.fail(new BadRecord({ run, record: name, reason: `is not ${tag}, but ${ending._tag}` }))
    })
  )

/** How many migrations of its run a record comes after. One that cannot be read is refused later. */
const migrationOf = ({ json }: Entry): number =>
  Predicate.hasProperty(json, "migration") && Predicate.isNumber(json.migration) ? json.migration : 0

const isAsked = (json: unknown): boolean =>
  Result.match(record.read(json), { onFailure: () => false, onSuccess: ({ ending }) => ending._tag === "Asked" })
