/**
 * The runtime: how a flow is run.
 *
 * A `Machine` holds where a run is: the stack of frames it is inside of, the
 * leaf that it visits, and the phase of that visit. `perform` gives what is due,
 * `take` moves on by its value, and `leave` follows an action to the next leaf.
 * All else is a view: `Flow.run` lets it go on to the end, `Flow.step` stops it
 * after one visit, streams and spans watch each visit.
 *
 * @internal
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { StepLimitExceeded } from "../errors.ts"
import { Spent, withinBudgets } from "./budget.ts"
import * as cell from "./cell.ts"
import type { Cell } from "./cell.ts"
import { locate, recover } from "./failure.ts"
import { earlier, inside, nearest, tally } from "./frame.ts"
import type { Frame, Noted, Tallies } from "./frame.ts"
import { cross } from "./guard.ts"
import type { Listener } from "./observe.ts"
import type { AnyPatch } from "./patch.ts"
import { diff } from "./patch.ts"
import type { Recording, Records } from "./recording.ts"
import type { WatchedVisit } from "./references.ts"
import { Attempt, Visit, Watched } from "./references.ts"
import { isEffect, isSuccess, nothing } from "./settled.ts"
import type { AnyStep, CallStep, NodeStep, Wired } from "./step.ts"
import * as store from "./store.ts"
import type { Transition } from "./transition.ts"
import { default_, expect } from "./transition.ts"

type Eff = Effect.Effect<any, any, any>

export interface Options {
  readonly maxSteps?: number | undefined
  readonly pauseBefore?: ((path: ReadonlyArray<string>) => boolean) | undefined
  readonly listener?: Listener | undefined
  readonly records?: Records | undefined
  /** The run in whose visit this one takes place, and as what: the id of a branch, the index of an item. */
  readonly parent?: Machine | undefined
  readonly id?: string | undefined
  readonly item?: number | undefined
}

/** How many visits may complete in one turn before the fiber yields to others: some tenths of a millisecond. */
const turn = 2048

const resting = Effect.succeed(nothing)
const breathing = Effect.as(Effect.yieldNow, nothing)

export class Machine {
  readonly root: Cell
  readonly options: Options
  readonly tallies: Tallies = []

  frame: Frame | undefined = undefined
  leaf!: NodeStep | CallStep
  phase: "boundary" | "prep" | "exec" | "post" = "boundary"
  input: any = undefined
  output: any = undefined

  /** How often the node that is visited was visited before. */
  visit = 0
  /** Visits so far. */
  steps = 0
  outcome: string | undefined = undefined
  /** It has stopped before a visit: to pause, or (`single`) since one has been made (`visited`). */
  halted = false
  single = false
  visited = false
  /** The visit that is being watched: it goes on in a loop of its own. */
  watching: WatchedVisit | undefined = undefined
  /** Of `base`: the store before the visit of a fan, which may commit while it goes on. */
  before: unknown = undefined
  /** The last visit, where somebody listens who may ask for the position of an earlier one. */
  last: Noted | undefined = undefined
  /** What the watched visit has committed. */
  committed: { readonly action: string; readonly patch: AnyPatch } | undefined = undefined
  /** `Flow.resume` goes on at the node that the run was paused before. */
  passPause = false

  fiber!: Fiber.Fiber<unknown, unknown>
  private context!: Context.Context<never>
  private shown = 0
  /** The outermost run's own limit is reached, which is not an error of the flow. */
  refusal: StepLimitExceeded | undefined = undefined
  budgets = 0
  traced = false
  watched = false
  /** Whether each visit has to be looked at: it may be refused, or somebody watches. */
  private guarded = false

  /** The outermost run that this one is a part of, or itself; and how many are in between. */
  readonly owner: Machine
  readonly depth: number
  /** Where the visits of this run are recorded. */
  readonly recording: Recording | undefined

  constructor(root: Cell, options: Options) {
    this.root = root
    this.options = options
    this.owner = options.parent?.owner ?? this
    this.depth = options.parent === undefined ? 0 : options.parent.depth + 1
    this.recording = options.records?.open(this)
  }

  /** The store that the leaf works on. */
  get cell(): Cell {
    return this.frame === undefined ? this.root : this.frame.cell
  }

  /** The whole store that the leaf works on (a part of): that of the innermost call, or of the run. */
  get base(): Cell {
    let frame = this.frame
    while (frame !== undefined && frame.step.kind !== "call") frame = frame.parent
    return frame === undefined ? this.root : frame.cell
  }

  /** The ids of the nodes that control is at, outermost first. */
  get path(): ReadonlyArray<string> {
    const ids: Array<string> = []
    let { frame, options }: Machine = this
    for (;;) {
      for (; frame !== undefined; frame = frame.parent) {
        if (frame.at !== undefined) ids.push(frame.at.node.id)
      }
      if (options.id !== undefined) ids.push(options.id)
      if (options.parent === undefined) return ids.reverse()
      ;({ frame, options } = options.parent)
    }
  }

  private get running(): boolean {
    return this.outcome === undefined && !this.halted
  }

  // --- how control moves ----------------------------------------------------

  /** Goes into `step`, down to the leaf that is visited first. */
  enter(step: AnyStep, parent?: Frame): void {
    while (step.kind !== "node" && step.kind !== "call") {
      parent = this.push(step, parent)
      if (step.kind === "flow") this.arrive(parent, step.start)
      step = step.kind === "flow" ? step.start.step : step.inner
    }
    this.frame = parent
    this.leaf = step
    this.phase = "boundary"
  }

  push(step: Frame["step"], parent: Frame | undefined, input?: unknown, own?: Cell): Frame {
    const outer = parent === undefined ? this.root : parent.cell
    if (step.kind === "budget") this.budgets++
    return {
      step,
      parent,
      cell: own ?? (step.kind === "focus" ? cell.focus(outer, step.lens) : outer),
      at: undefined,
      tallies: parent === undefined ? this.tallies : parent.at === undefined ? parent.tallies : inside(parent.at),
      input,
      since: this.steps,
      started: undefined
    }
  }

  arrive(frame: Frame, node: Wired): void {
    frame.at = tally(frame.tallies, node)
  }

  /** Follows `action` from what has just ended inside `frame` to what is next. */
  leave(frame: Frame | undefined, action: string): void {
    for (; frame !== undefined; frame = frame.parent) {
      const step = frame.step
      if (step.kind === "flow") {
        const next = frame.at!.node.next.get(action)
        if (next !== undefined) {
          this.arrive(frame, next)
          return this.enter(next.step, frame)
        }
      } else if (step.kind === "call") {
        return this.return(frame, step, action)
      } else if (step.kind === "mapOutcome") {
        action = step.outcomes.get(action) ?? action
      } else if (step.kind === "budget") {
        this.budgets--
      }
    }
    this.frame = undefined
    this.outcome = action
  }

  /** Goes back from inside a call to its `post`. */
  private return(frame: Frame, leaf: CallStep, outcome: string): void {
    this.input = frame.input
    this.output = { outcome, store: frame.cell.get(), steps: this.steps - frame.since }
    this.frame = frame.parent
    this.leaf = leaf
    this.phase = "post"
    this.visit = earlier(frame.parent)
    this.recording?.return(this)
  }

  /** Gives up what is going on inside `frame`, which ends with `action`. */
  abandon(frame: Frame, action: string): void {
    for (let inner = this.frame; inner !== frame.parent; inner = inner!.parent) {
      if (inner!.step.kind === "budget") this.budgets--
    }
    this.leave(frame.parent, action)
  }

  /** A visit begins. */
  begin(): void {
    this.phase = "prep"
    if (this.leaf.kind === "node" && this.leaf.fan !== undefined) this.before = this.base.get()
    const own = nearest(this.frame, false)
    this.visit = own === undefined ? earlier(this.frame) : own.count++
  }

  /** A visit has ended, one way or another. */
  made(): void {
    this.steps++
    this.visited = true
    this.watching = undefined
  }

  // --- one phase -------------------------------------------------------------

  /** Moves on by what the Effect of the phase that was due has given. */
  private take(value: any): void {
    if (this.budgets > 0 && value instanceof Spent) {
      if (this.recording !== undefined) return this.recording.end(this, value)
      this.made()
      return this.abandon(value.frame, value.outcome)
    }
    if (this.phase === "prep") this.prepared(value)
    else if (this.phase === "exec") this.executed(value)
    else this.answered(value)
  }

  prepared(value: any): void {
    const leaf = this.leaf
    if (leaf.kind === "call") return this.call(leaf, value)
    this.input = this.output = value
    this.phase = leaf.exec === undefined && leaf.fan === undefined ? "post" : "exec"
  }

  private call(leaf: CallStep, init: any): void {
    const input = store.initial(leaf.inner.store, init)
    this.enter(leaf.inner, this.push(leaf, this.frame, input, cell.fromValue(input)))
  }

  private executed(value: any): void {
    this.output = value
    this.phase = "post"
  }

  private answered(value: any): void {
    if (this.recording !== undefined) return this.recording.end(this, expect(value))
    const leaf = this.leaf
    const transition = expect(value)
    const action =
      this.watching === undefined ? cell.commit(this.cell, transition, leaf.actions) : this.commit(transition)
    if (leaf.kind === "node") this.made()
    this.leave(this.frame, action)
  }

  /** Commits what somebody watches. */
  private commit(transition: Transition): string {
    const { cell: own, leaf } = this
    const before = own.get()
    const action = cell.commit(own, transition, leaf.actions)
    this.committed = { action, patch: this.watching?.listener === undefined ? {} : diff(before, own.get()) }
    return action
  }

  // --- the loop --------------------------------------------------------------

  /**
   * Works through visits until a phase gives an Effect that has to be waited for.
   *
   * Plain values and successful Exits are taken right here and never enter the
   * fiber's run loop, so what a flow adds to its model calls is little more than
   * the calls of the phases. Each phase has lines of its own, since the engine
   * learns by the place what kinds of values come by there.
   */
  work(watching: boolean): Eff {
    for (let fuel = turn; watching ? this.watching !== undefined : this.running; fuel--) {
      if (fuel === 0) return breathing
      if (this.phase === "boundary") {
        if (this.budgets === 0 && !this.guarded) {
          this.begin()
        } else {
          const first = cross(this)
          if (first !== undefined) return first
          continue
        }
      }
      const leaf = this.leaf
      if (this.phase === "prep") {
        const snapshot = this.cell.get()
        const value = leaf.prep === undefined ? snapshot : leaf.prep(snapshot)
        if (!isEffect(value)) this.prepared(value)
        else if (isSuccess(value)) this.prepared(value.value)
        else return this.await(value)
      }
      if (this.phase === "exec") {
        const node = leaf as NodeStep
        const value = node.fan !== undefined ? node.fan(this.input, this) : node.exec!(this.input)
        if (!isEffect(value)) this.executed(value)
        else if (isSuccess(value)) this.executed(value.value)
        else return this.await(value)
      }
      if (this.phase === "post") {
        const value = leaf.post === undefined ? default_ : leaf.post(this.input, this.output)
        if (!isEffect(value)) this.answered(value)
        else if (isSuccess(value)) this.answered(value.value)
        else return this.await(value)
      }
    }
    return resting
  }

  private await(due: Eff): Eff {
    if (this.watched) {
      this.fiber.setContext(Context.add(this.fiber.context, Visit, this.visit))
    } else if (this.visit !== this.shown) {
      // Always upon the same context: one that was added to again and again would be copied now and then.
      this.shown = this.visit
      this.fiber.setContext(Context.add(this.context, Visit, this.visit))
    }
    return this.budgets > 0 ? withinBudgets(this, due) : due
  }

  // --- running ---------------------------------------------------------------

  /** Runs to where it stops: the end, a pause, or (`single`) after one visit. */
  get run(): Effect.Effect<void, any, any> {
    return Effect.withFiber((fiber) => {
      const outer = fiber.context
      const watched = Context.get(outer, Watched)
      const own = Context.add(Context.add(outer, Visit, 0), Attempt, 0)
      // Retries in here are not attempts of the visit around it.
      this.context = watched === undefined ? own : Context.add(own, Watched, { ...watched })
      this.fiber = fiber
      const { listener, maxSteps, pauseBefore } = this.options
      this.traced = fiber.cache.tracer !== undefined && fiber.cache.tracerEnabled
      this.watched = this.traced || listener !== undefined || this.recording !== undefined
      this.guarded = this.watched || this.single || maxSteps !== undefined || pauseBefore !== undefined
      fiber.setContext(this.context)
      return Effect.onExitPrimitive(this.attempt, () => {
        fiber.setContext(outer)
        return undefined
      })
    })
  }

  private get attempt(): Effect.Effect<void, any, any> {
    return Effect.catchCause(this.loop(false), (cause) => {
      const recovered = recover(this, cause)
      return recovered === undefined ? Effect.failCause(locate(this, cause)) : Effect.andThen(recovered, this.attempt)
    })
  }

  loop(watching: boolean): Effect.Effect<void, any, any> {
    return Effect.whileLoop({
      while: () => (watching ? this.watching !== undefined : this.running),
      body: () => this.work(watching),
      step: (value) => {
        if (value !== nothing) this.take(value)
      }
    })
  }

  /** Runs `step` on `own` as a part of this visit. */
  child(
    step: AnyStep,
    own: Cell,
    at: { readonly id?: string; readonly item?: number }
  ): Effect.Effect<Machine, any, any> {
    return Effect.suspend(() => {
      const { id, item = this.options.item } = at
      const machine = new Machine(own, { ...this.options, pauseBefore: undefined, parent: this, id, item })
      machine.enter(step)
      // Deep nesting must not become a deep stack: neither on the way in nor on the way out.
      if (machine.depth % 64 > 0) return Effect.as(machine.run, machine)
      return Effect.yieldNow.pipe(
        Effect.andThen(Effect.exit(Effect.as(machine.run, machine))),
        Effect.flatMap((exit) => Effect.andThen(Effect.yieldNow, exit))
      )
    })
  }
}
