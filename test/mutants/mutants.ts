/**
 * Bugs to plant in the packages, each a small edit that somebody could make and
 * that breaks a promise. `npm run test:mutants` sees that the tests catch them.
 */
import type { Mutant } from "../../scripts/mutants.ts"
import { models } from "./models.ts"
import { structured } from "./structured.ts"

const core = (file: string) => `packages/core/src/${file}.ts`

export const mutants: ReadonlyArray<Mutant> = [
  // --- the store ---

  {
    name: "a commit is dropped",
    file: core("internal/cell"),
    find: "if (patch !== undefined) self.set(apply(store, patch))",
    replace: 'if (patch !== undefined && typeof transition.update !== "function") self.set(apply(store, patch))',
    breaks: "each transition is committed"
  },
  {
    name: "an update is computed from what prep saw",
    file: core("internal/machine"),
    find: "this.watching === undefined ? cell.commit(this.cell, transition, leaf.actions) : this.commit(transition)",
    replace: `cell.commit(
        leaf.prep === undefined
          ? { get: () => this.input, set: (next) => this.cell.set(next), log: this.cell.log }
          : this.cell,
        transition,
        leaf.actions
      )`,
    breaks: "an update is applied to the current store, so none is lost"
  },
  {
    name: "forEach: runs get the store, and set it later",
    file: core("flow/fan"),
    find: `machine.child(inner, machine.cell, { item: index }).pipe(
        Effect.map(({ outcome }) => outcome),`,
    replace: `machine.child(inner, cell.fromValue(machine.cell.get()), { item: index }).pipe(
        Effect.map(({ outcome, root }) => (machine.cell.set(root.get()), outcome)),`,
    breaks: "parallel runs on one store lose no update of each other"
  },
  {
    name: "focus: the rest of the store is from the time of entry",
    file: core("internal/cell"),
    find: `export const focus = (outer: Cell, lens: Optic.Lens<any, any>): Cell => ({
  get: () => lens.get(outer.get()),
  set: (store) => outer.set(lens.replace(store, outer.get())),`,
    replace: `export const focus = (outer: Cell, lens: Optic.Lens<any, any>, whole = outer.get()): Cell => ({
  get: () => lens.get(outer.get()),
  set: (store) => outer.set(lens.replace(store, whole)),`,
    breaks: "a step over a part leaves the rest of the store alone"
  },

  // --- the unit of work ---

  {
    name: "retry: one attempt too many",
    file: core("internal/unit"),
    find: "if (++attempt === 0) return Effect.failCause(cause)",
    replace: "attempt++",
    breaks: "n retries are at most n + 1 attempts"
  },
  {
    name: "retry: one attempt too few",
    file: core("internal/unit"),
    find: "if (++attempt === 0) return Effect.failCause(cause)",
    replace: "if (++attempt <= 1) return Effect.failCause(cause)",
    breaks: "n retries are n + 1 attempts, while it fails"
  },
  {
    name: "retry: of a defect",
    file: core("internal/unit"),
    find: "Effect.catchCause(first, (cause) => {",
    replace: "Effect.catchCause(Effect.catchDefect(first, Effect.fail), (cause) => {",
    breaks: "only typed errors are retried"
  },
  {
    name: "retry: parallel items share the counter of attempts",
    file: core("internal/unit"),
    find: `(unit: Unit, policy: RetryPolicy<any, any, any>): Unit =>
  (input, index) =>
    unlessDone(unit(input, index), (first) =>
      Effect.catchCause(first, (cause) => {
        if (Cause.hasDies(cause) || !Cause.hasFails(cause)) return Effect.failCause(cause)
        // The schedule starts here, with the failure that has just happened.
        let attempt = -1
`,
    replace: `(unit: Unit, policy: RetryPolicy<any, any, any>, attempt = -1): Unit =>
  (input, index) =>
    unlessDone(unit(input, index), (first) =>
      Effect.catchCause(first, (cause) => {
        if (Cause.hasDies(cause) || !Cause.hasFails(cause)) return Effect.failCause(cause)
`,
    breaks: "each item has attempts of its own (PocketFlow's bug)"
  },
  {
    name: "Node.Attempt: counts from one",
    file: core("internal/unit"),
    find: "Effect.provideService(unit(input, index), Attempt, attempt)",
    replace: "Effect.provideService(unit(input, index), Attempt, attempt + 1)",
    breaks: "Node.Attempt is the number of attempts before"
  },
  {
    name: "fallback: of a defect",
    file: core("internal/unit"),
    find: "Effect.catch(effect, (error) => f(error, input))",
    replace: "Effect.catch(Effect.catchDefect(effect, Effect.fail), (error) => f(error, input))",
    breaks: "a fallback sees typed errors only"
  },
  {
    name: "exec: the work is detached from the run",
    file: core("internal/machine"),
    find: "return this.budgets > 0 ? withinBudgets(this, due) : due",
    replace: `const joined = Effect.flatMap(Effect.forkDetach(due), (fiber) =>
      Effect.callback<any, any>((resume) => void fiber.addObserver((exit) => resume(exit)))
    )
    return this.budgets > 0 ? withinBudgets(this, joined) : joined`,
    breaks: "interrupting a run interrupts what is in flight, and its finalizers run"
  },

  // --- many at once ---

  {
    name: "batch: results in the order of completion",
    file: core("internal/unit"),
    find: "return (items: ReadonlyArray<any>): Eff => forEach(items, item, options.concurrency)",
    replace: `return (items: ReadonlyArray<any>): Eff => {
      const results: Array<unknown> = []
      const push: Unit = (input, index) => Effect.map(item(input, index), (result) => results.push(result))
      return Effect.as(forEach(items, push, options.concurrency), results)
    }`,
    breaks: "results are in the order of their items"
  },
  {
    name: "batch: no cap on concurrency",
    file: core("internal/unit"),
    find: "return (items: ReadonlyArray<any>): Eff => forEach(items, item, options.concurrency)",
    replace: 'return (items: ReadonlyArray<any>): Eff => forEach(items, item, options.concurrency && "unbounded")',
    breaks: "no more items at a time than asked for"
  },
  {
    name: "batch: siblings of a failed item go on",
    file: core("internal/unit"),
    find: "return (items: ReadonlyArray<any>): Eff => forEach(items, item, options.concurrency)",
    replace: `return (items: ReadonlyArray<any>): Eff =>
      Effect.flatMap(
        forEach(items, (input, index) => Effect.exit(item(input, index)), options.concurrency),
        (exits: ReadonlyArray<Eff>) => Effect.all(exits)
      )`,
    breaks: "the first failure interrupts the other items"
  },
  {
    name: "all: joined in the order of completion",
    file: core("flow/fan"),
    find: `              transitions: own.transitions
            }))
          }),
        options.concurrency ?? "unbounded"
      ).pipe(`,
    replace: `              transitions: own.transitions,
              at: performance.now()
            }))
          }),
        options.concurrency ?? "unbounded"
      ).pipe(
        Effect.map((done) => done.toSorted((a, b) => a.at - b.at)),`,
    breaks: "what Flow.all gives does not depend on scheduling"
  },
  {
    name: "all: a branch works on the store itself",
    file: core("flow/fan"),
    find: "const own = cell.branch(snapshot)",
    replace: "const own = { ...machine.cell, transitions: [] }",
    breaks: "a branch does not see what its siblings do"
  },
  {
    name: "all: no conflict between a whole and its part",
    file: core("internal/join"),
    find: "if (other !== id) return { path, branches: [other, id] }",
    replace: "",
    breaks: "two branches that set one thing by value are a WriteConflict"
  },
  {
    name: "all: a branch under a lens forgets what it did",
    file: core("internal/cell"),
    find: "log: outer.log && ((transition) => outer.log!(through(lens, transition, outer.get())))",
    replace: "log: undefined",
    breaks: "what a branch does is replayed at the join"
  },
  {
    name: "forEach and map: results in the order of completion",
    file: core("flow/fan"),
    find: "forEachItem(inputs, (input, index) => options.each(input, index, machine), options.concurrency)",
    replace: `Effect.suspend(() => {
        const results: Array<unknown> = []
        return Effect.as(
          forEachItem(
            inputs,
            (input, index) => Effect.map(options.each(input, index, machine), (result) => results.push(result)),
            options.concurrency
          ),
          results
        )
      })`,
    breaks: "post gets the outcomes in the order of the elements"
  },
  {
    name: "items: one that begins during an interruption goes on to its end",
    file: core("internal/concurrent"),
    find: "return isSuccess(effect) ? effect : restore(effect)",
    replace: "return effect",
    breaks: "an interruption reaches all that goes on",
    tests: ["test/faults/concurrency.test.ts"]
  },
  {
    name: "map: runs share one store",
    file: core("flow/fan"),
    find: "const own = cell.fromValue(input)",
    replace: "const own: cell.Cell = ((options as any).own ??= cell.fromValue(input))",
    breaks: "each run of Flow.map has a store of its own"
  },

  // --- the way through a flow ---

  {
    name: "an unknown action takes the default edge",
    file: core("internal/machine"),
    find: "const next = frame.at!.node.next.get(action)",
    replace: 'const next = frame.at!.node.next.get(action) ?? frame.at!.node.next.get("default")',
    breaks: "an action that is not wired ends the flow"
  },
  {
    name: "the end of an inner flow ends the outer one",
    file: core("internal/machine"),
    find: `          return this.enter(next.step, frame)
        }
`,
    replace: `          return this.enter(next.step, frame)
        }
        break
`,
    breaks: "the outcomes of a flow are its actions as a node"
  },
  {
    name: "an action that is not declared is taken",
    file: core("internal/cell"),
    find: "  check(action, actions, by)\n",
    replace: "",
    breaks: "a node takes the actions that it declares"
  },
  {
    name: "mapOutcome: ignored",
    file: core("internal/machine"),
    find: "action = step.outcomes.get(action) ?? action",
    replace: "",
    breaks: "mapOutcome renames outcomes"
  },
  {
    name: "Node.Visit: of another node",
    file: core("internal/machine"),
    find: "      this.shown = this.visit\n",
    replace: "",
    breaks: "Node.Visit is the number of earlier visits of this node"
  },

  // --- failures and limits ---

  {
    name: "an error edge catches defects",
    file: core("internal/failure"),
    find: `  if (Cause.hasDies(cause)) return undefined
  const found = Cause.findErrorOption(cause)
`,
    replace: `  const found = Cause.hasInterrupts(cause) ? Option.none() : Option.some<unknown>(Cause.squash(cause))
`,
    breaks: "an error edge catches typed errors only"
  },
  {
    name: "an error edge does not count the visit",
    file: core("internal/failure"),
    find: "  machine.made()\n",
    replace: "",
    breaks: "a visit that fails into an error edge counts as a step"
  },
  {
    name: "an error edge catches the limit of steps",
    file: core("internal/failure"),
    find: "if (Option.isNone(found) || found.value === machine.owner.refusal) return undefined",
    replace: "if (Option.isNone(found)) return undefined",
    breaks: "StepLimitExceeded ends the run"
  },
  {
    name: "maxSteps: one more",
    file: core("internal/guard"),
    find: "machine.steps >= maxSteps",
    replace: "machine.steps > maxSteps",
    breaks: "a run makes at most maxSteps visits"
  },
  {
    name: "budget: one more",
    file: core("internal/budget"),
    find: "if (steps <= 0 || millis <= 0)",
    replace: "if (steps < 0 || millis <= 0)",
    breaks: "a budget of n steps is n visits"
  },
  {
    name: "budget: counts what was before it",
    file: core("internal/machine"),
    find: "since: this.steps,",
    replace: "since: 0,",
    breaks: "each time control comes to a step, its budget is new"
  },

  {
    name: "budget: does not hold after an error edge",
    file: core("internal/machine"),
    find: '} else if (step.kind === "budget") {',
    replace: "} else {",
    breaks: "a budget is a limit wherever it stands"
  },

  // --- recorded runs ---

  {
    name: "recorded: commits to a shared store are made as they come",
    file: core("internal/follow"),
    find: "Effect.tap(Effect.andThen(turn, ending), () =>",
    replace: "Effect.tap(ending, () =>",
    breaks: "a run that is begun anew commits in the order in which it was",
    tests: ["test/core/Recorder.test.ts"]
  },
  {
    name: "recorded: a live commit does not wait for those that were made",
    file: core("internal/record"),
    find: "gate.after(recording.recorder.commits(gate.key)).pipe(",
    replace: "gate.after(0).pipe(",
    breaks: "no update is lost when a run is begun anew",
    tests: ["test/core/Recorder.test.ts"]
  },
  {
    name: "recorded: the function of a branch is forgotten",
    file: core("internal/record"),
    find: 'return { _tag: "Committed", action, patch, again }',
    replace: 'return { _tag: "Committed", action, patch }',
    breaks: "functions of branches compose at a join that is made anew",
    tests: ["test/core/Recorder.test.ts"]
  },
  {
    name: "recorded: what a forEach has set back is left out",
    file: core("internal/record"),
    find: "{ ...diff(before, after), ...diff(now, after) }",
    replace: "diff(before, after)",
    breaks: "the record of a fan leads to the store after it",
    tests: ["test/core/Recorder.test.ts"]
  },

  // --- positions ---

  {
    name: "resume: the visits are lost",
    file: core("internal/restore"),
    find: "found!.count = count",
    replace: "",
    breaks: "a run that is resumed goes on as if it had not been paused"
  },
  {
    name: "resume: a call begins with its first store again",
    file: core("internal/restore"),
    find: "cell.fromValue(state.success[1])",
    replace: "cell.fromValue(state.success[0])",
    breaks: "what was committed inside of a call is there after a pause"
  },
  {
    name: "resume: pauses at the same node again",
    file: core("internal/guard"),
    find: "pauseBefore !== undefined && !pass && isNamed",
    replace: "pauseBefore !== undefined && isNamed",
    breaks: "a run that is resumed visits the node that it was paused before"
  },
  {
    name: "the position of an event is that of when it is read",
    file: core("internal/position"),
    find: "noted = last.next; noted !== undefined",
    replace: "noted = last.next; noted !== noted",
    breaks: "a run goes on from the position of any event that has one"
  },
  {
    name: "a run that is watched from a position has no store of its own there",
    file: core("flow/stream"),
    find: "cell.fromValue(from === undefined ? initial(root.store, store) : store)",
    replace: "cell.fromValue(initial(root.store, store))",
    breaks: "a run that goes on has the store that it had there"
  },
  {
    name: "what watches fails as if it were the node",
    file: core("flow/stream"),
    find: "        failed = cause\n        return Effect.interrupt",
    replace: "        return Effect.failCause(cause) as never",
    breaks: "a failure of what watches a run is none of the flow"
  },
  {
    name: "a path ends at a call",
    file: core("internal/machine"),
    find: "for (; frame !== undefined; frame = frame.parent) {\n        if",
    replace: 'for (; frame !== undefined; frame = frame.step.kind === "call" ? undefined : frame.parent) {\n        if',
    breaks: "a path leads from the outermost flow to the node"
  },

  // --- sizes ---

  {
    name: "a long loop keeps its turn",
    file: core("internal/machine"),
    find: "const turn = 2048",
    replace: "const turn = 2_048_000",
    breaks: "an endless loop lets other fibers have their turns",
    tests: ["test/core/limits.test.ts"]
  },
  {
    name: "deep nesting is a deep stack",
    file: core("internal/machine"),
    find: "if (machine.depth % 64 > 0) return",
    replace: "if (machine.depth >= 0) return",
    breaks: "flows may be nested 10,000 deep",
    tests: ["test/core/limits.test.ts"]
  },

  // --- models, and values in their replies ---

  ...models,
  ...structured
]
