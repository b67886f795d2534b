/**
 * How far a run that is gone on with is through a list of its records.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type * as Recorder from "effect-pocketflow/Recorder"
import type { Journal } from "./journal.ts"

export class Prefix {
  private readonly left: Set<string>

  constructor(names: Iterable<string>, { records }: Journal) {
    const visits = new Set<string>()
    for (const name of names) {
      const tag = records.get(name)?.ending._tag
      if (tag !== undefined && tag !== "Asked" && tag !== "Done" && tag !== "Begun") visits.add(name)
    }
    this.left = new Set(Array.from(visits).filter((name) => !isInside(name, visits)))
  }

  /** All of them have been asked for. */
  get done(): boolean {
    return this.left.size === 0
  }

  /** The run has come to a record. */
  pass(key: string): void {
    this.left.delete(key)
  }
}

/** Whether one of `visits` is around what has a name: with that, it is not asked for any more. */
export const isInside = (name: string, visits: ReadonlySet<string>): boolean => {
  for (let end = name.lastIndexOf("/"); end > 0; end = name.lastIndexOf("/", end - 1)) {
    if (visits.has(name.slice(0, end))) return true
  }
  return false
}

/** The same recorder; where the run has come through the `prefix`, its store becomes `edited`. */
export const edit = <S>(recorder: Recorder.Recorder, prefix: Prefix, ref: Ref.Ref<S>, edited: S): Recorder.Recorder => {
  let due = true
  const through = <A>(site: Recorder.Site, answer: Effect.Effect<A, any, any>): Effect.Effect<A, any, any> =>
    Effect.suspend(() => {
      if (!due) return answer
      if (prefix.done) {
        due = false
        return Effect.andThen(Ref.set(ref, edited), answer)
      }
      return answer
    }).pipe(Effect.tap(() => Effect.sync(() => prefix.pass(site.key))))
  return {
    ...recorder,
    find: (site) => {
      const passing = Effect.tap(recorder.find(site), (found) =>
        Effect.sync(() => found !== undefined && prefix.pass(site.key))
      )
      return Effect.suspend(() => {
        if (!due || !prefix.done) return passing
        due = false
        return Effect.andThen(Ref.set(ref, edited), passing)
      })
    },
    item: (site, work) => through(site, recorder.item(site, work))
  }
}
