/** What several tests of differences have in common; most of it is PocketFlow's side of `core/support.ts`. */
import { Context, Effect } from "effect"
import { Node } from "effect-pocketflow"
import * as PocketFlow from "pocketflow"
import { vi } from "vitest"
import { Trail } from "../../core/support.ts"

export const nobody = { seen: [] }

/** PocketFlow's store for a `Trail`. */
export interface Seen {
  readonly seen: Array<string>
}

/** Leaves a name in the trail and goes on with an action. */
export class Visit<P extends Params = Params> extends PocketFlow.Node<Seen, P> {
  readonly name: string
  readonly action: string | undefined
  constructor(name: string, action?: string) {
    super()
    this.name = name
    this.action = action
  }
  override async post(shared: Seen): Promise<string | undefined> {
    shared.seen.push(this.name)
    return this.action
  }
}

export interface Params {
  readonly [name: string]: unknown
  readonly [Symbol.iterator]?: never
}

/** Leaves its params in the trail. */
export class Look extends PocketFlow.Node<Seen> {
  override async post(shared: Seen): Promise<undefined> {
    shared.seen.push(JSON.stringify(this._params))
  }
}

export interface There {
  readonly action?: string | undefined
  readonly error?: unknown
  readonly seen: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
}

/** Runs it in PocketFlow: the action that it gives or the error, what it leaves in the trail, and its warnings. */
export const there = (step: PocketFlow.BaseNode<Seen>, shared: Seen = { seen: [] }): Effect.Effect<There> =>
  Effect.promise(async () => {
    const [end, warnings] = await warned(() =>
      step.run(shared).then(
        (action) => ({ action }),
        (error: unknown) => ({ error })
      )
    )
    return { ...end, seen: [...shared.seen], warnings }
  })

/** The value of `f`, and what it warns of. */
export const warned = async <A>(f: () => A): Promise<readonly [Awaited<A>, warnings: ReadonlyArray<string>]> => {
  const warnings: Array<string> = []
  const warn = vi.spyOn(console, "warn").mockImplementation((text: string) => warnings.push(text))
  try {
    return [await f(), warnings]
  } finally {
    warn.mockRestore()
  }
}

/** Everything that is ready happens. */
export const turn = Effect.promise(() => new Promise<void>((resolve) => void setImmediate(resolve)))

export class Item extends Context.Service<Item, number>()("oracle/Item") {}

/** Leaves its item in the trail. */
export const look = Node.make(Trail, {
  prep: () => Item,
  post: (item) => Trail.next((s) => ({ seen: [...s.seen, String(item)] }))
})
