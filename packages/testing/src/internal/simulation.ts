/**
 * A world of fibers whose order and whose time are decided by a seed: a
 * scheduler and a clock that belong together.
 *
 * Of all tasks that are ready the seed picks the next one, and it tells fibers
 * to yield in between. When nothing is ready, time moves to the next sleeper.
 *
 * @internal
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Scheduler from "effect/Scheduler"

type Task = () => void

interface Sleeper {
  readonly until: number
  readonly wake: Task
}

const { setImmediate } = new Scheduler.MixedScheduler()

/**
 * How often a fiber is made to yield, by operations. A schedule has one of
 * these: some bugs need many switches, and some need long stretches without.
 */
const rates = [0, 0.05, 0.2, 0.5] as const

const randomOf = (seed: number | string): Random.Random => Effect.runSync(Random.withSeed(Random.Random, seed))

/** How many tasks may run before the event loop has its turn. */
const turn = 4096

/** After how many such turns in which something was always ready time goes on all the same: about a million tasks. */
const busy = 256

export class Simulation implements Scheduler.Scheduler {
  readonly executionMode = "async"
  readonly clock: Clock.Clock
  readonly random: Random.Random
  /** How much has happened: tasks that were scheduled, and operations of fibers. */
  activity = 0
  /** Called whenever there is nothing left to run, and nobody sleeps. */
  readonly onIdle: () => void

  private readonly next: () => number
  private readonly rate: number
  private readonly ready = new Map<number, Array<Task>>()
  private readonly sleepers = new Set<Sleeper>()
  private now = 0
  private pumping = false
  private turns = 0
  private ended = false

  constructor(seed: number, onIdle: () => void) {
    const random = randomOf(seed)
    this.next = () => random.nextDoubleUnsafe()
    // The same whatever the schedule: else another number would look like a race.
    this.random = randomOf("the program's")
    this.rate = rates[this.indexIn(rates.length)]!
    this.onIdle = onIdle
    this.clock = this.makeClock()
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    this.activity++
    // The first two operations are what is left of the last yield, and what was put off by it: there has to be progress.
    const { currentOpCount } = fiber
    return currentOpCount >= fiber.cache.maxOpsBeforeYield || (currentOpCount > 2 && this.next() < this.rate)
  }

  /** All fibers share one pool of tasks, so all of them compete. */
  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return {
      scheduleTask: (task, priority) => this.add(task, priority),
      flush: () => {
        for (let task = this.take(); task !== undefined; task = this.take()) task()
      }
    }
  }

  private indexIn(length: number): number {
    return Math.floor(this.next() * length)
  }

  private add(task: Task, priority: number): void {
    this.activity++
    const tasks = this.ready.get(priority)
    if (tasks === undefined) this.ready.set(priority, [task])
    else tasks.push(task)
    this.start()
  }

  /** Time stops: what goes on in the background would never leave the event loop in peace. */
  end(): void {
    this.ended = true
    this.sleepers.clear()
  }

  /** Lets things happen, or finds that nothing does. */
  start(): void {
    if (this.pumping) return
    this.pumping = true
    setImmediate(this.pump)
  }

  /** One of the tasks that are ready, of those with the lowest priority number; or with the highest. */
  private take(of: "lowest" | "highest" = "lowest"): Task | undefined {
    if (this.ready.size === 0) return undefined
    const pick = of === "lowest" ? Math.min : Math.max
    const priority = this.ready.size === 1 ? this.ready.keys().next().value! : pick(...this.ready.keys())
    const tasks = this.ready.get(priority)!
    const index = this.indexIn(tasks.length)
    const task = tasks[index]!
    const last = tasks.pop()!
    if (index < tasks.length) tasks[index] = last
    if (tasks.length === 0) this.ready.delete(priority)
    return task
  }

  private readonly pump = (): void => {
    for (let fuel = turn; fuel > 0; fuel--) {
      const task = this.take()
      if (task === undefined) break
      task()
    }
    // Promises that have settled go first; they take no virtual time.
    if (this.ready.size === 0) return void setImmediate(this.rest)
    // What never rests must not hold up for ever what comes after it, nor time.
    this.take("highest")?.()
    if (++this.turns % busy === 0) this.tick()
    setImmediate(this.pump)
  }

  /** Nothing was ready; if that is still so, time goes on. */
  private readonly rest = (): void => {
    if (this.ready.size === 0 && !this.tick()) {
      this.pumping = false
      return this.onIdle()
    }
    return this.pump()
  }

  /** Moves time to the next sleeper, if there is one. */
  private tick(): boolean {
    this.turns = 0
    let until = Infinity
    for (const sleeper of this.sleepers) until = Math.min(until, sleeper.until)
    if (until === Infinity) return false
    this.now = until
    for (const sleeper of this.sleepers) {
      if (sleeper.until === until) this.add(sleeper.wake, 0)
    }
    return true
  }

  private makeClock(): Clock.Clock {
    const millis = () => this.now
    const nanos = () => BigInt(Math.round(this.now * 1_000_000))
    return {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: nanos,
      monotonicTimeNanos: Effect.sync(nanos),
      sleep: (duration) =>
        Effect.callback<void>((resume) => {
          const sleeper: Sleeper = {
            until: this.now + Math.max(0, Duration.toMillis(duration)),
            wake: () => {
              if (this.sleepers.delete(sleeper)) resume(Effect.void)
            }
          }
          if (!this.ended) this.sleepers.add(sleeper)
          // No time has to go by for that.
          if (sleeper.until === this.now) this.add(sleeper.wake, 0)
          this.start()
          return Effect.sync(() => void this.sleepers.delete(sleeper))
        })
    }
  }
}
