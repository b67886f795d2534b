/**
 * From a Schema to an arbitrary of fast-check.
 *
 * Effect derives generators from schemas, for an engine of its own. Its public
 * way to see how a value shrinks is `checkEffect`, which tries the candidates one
 * after the other: here it is led along a path of candidates, and asked for those
 * at its end.
 *
 * @internal
 */
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as fc from "fast-check"

/** Where a value is in the tree of what a seed generates: the indices of the candidates that lead to it. */
interface Place {
  readonly seed: number
  readonly size: number
  readonly path: ReadonlyArray<number>
}

/** What ends a look at the candidates. */
const enough = Symbol()

/** How large values may be: as Effect's own runs, which grow up to it. */
const maxSize = 20

export class SchemaArbitrary<A> extends fc.Arbitrary<A> {
  private readonly source: Arbitrary.Arbitrary<A>

  constructor(schema: Schema.Schema<A>) {
    super()
    this.source = Arbitrary.schema(schema)
  }

  generate(random: fc.Random): fc.Value<A> {
    const place = { seed: random.nextInt(0, 0x7fffffff), size: random.nextInt(0, maxSize), path: [] }
    let generated: { readonly value: A } | undefined
    this.explore(place, (value) => {
      generated = { value }
      return true
    })
    if (generated === undefined) throw new Error("no value was found that passes the checks of the schema")
    return new fc.Value(generated.value, place)
  }

  canShrinkWithoutContext(_value: unknown): _value is A {
    return false
  }

  shrink(_value: A, context: unknown): fc.Stream<fc.Value<A>> {
    if (context === undefined) return fc.Stream.nil()
    return fc.stream(this.candidates(context as Place))
  }

  /** Most often one of the first few is taken; the others are not made unless they are asked for. */
  private *candidates(place: Place): Generator<fc.Value<A>, undefined> {
    let found: ReadonlyArray<A> = []
    for (let many = 8; ; many *= 4) {
      const known = found.length
      found = this.firstCandidates(place, many)
      for (let i = known; i < found.length; i++) yield new fc.Value(found[i]!, { ...place, path: [...place.path, i] })
      if (found.length < many) return undefined
    }
  }

  private firstCandidates(place: Place, many: number): ReadonlyArray<A> {
    const route = [0, ...place.path].values()
    let turn = route.next()
    let index = 0
    const candidates: Array<A> = []
    try {
      this.explore(place, (value) => {
        if (turn.done === true) {
          if (candidates.push(value) === many) throw enough
        } else if (index++ === turn.value) {
          turn = route.next()
          index = 0
          return false
        }
        return true
      })
    } catch (error) {
      if (error !== enough) throw error
    }
    return candidates
  }

  /** Shows the value of a seed to `accept`; then, as long as it gives `false`, those that the last one shrinks to. */
  private explore({ seed, size }: Place, accept: (value: A) => boolean): void {
    Effect.runSync(Arbitrary.checkEffect(this.source, accept, { seed, size, runs: 1, maxShrinks: 10_000 }))
  }
}
