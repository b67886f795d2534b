/**
 * XState: a state for each node, which invokes a promise; nested flows are
 * machines that are invoked; parallel items are spawned.
 */
import type { AnyActorLogic } from "xstate"
import { assign, createActor, fromPromise, setup, toPromise } from "xstate"
import type { Workloads } from "../workloads.ts"
import { itemsOf, slowWork, work } from "../workloads.ts"

const exec = fromPromise<number, number>(({ input }) => work(input))

const { createMachine } = setup({
  types: {} as { context: { n: number }; input: { n: number }; output: { n: number } },
  actors: { exec }
})

const initial = ({ input }: { readonly input: { readonly n: number } }) => ({ n: input.n })
const output = ({ context }: { readonly context: { readonly n: number } }) => ({ n: context.n })

const counted = (machine: AnyActorLogic) => async () => {
  const actor = createActor(machine, { input: { n: 0 } })
  const done = toPromise(actor)
  actor.start()
  return ((await done) as { n: number }).n
}

const chain = (size: number) =>
  counted(
    createMachine({
      context: initial,
      output,
      initial: "n0",
      states: {
        ...Object.fromEntries(
          itemsOf(size).map((index) => [
            `n${index}`,
            {
              invoke: {
                src: "exec",
                input: ({ context }) => context.n,
                onDone: {
                  target: index + 1 < size ? `n${index + 1}` : "done",
                  actions: assign({ n: ({ event }) => event.output })
                }
              }
            }
          ])
        ),
        done: { type: "final" }
      }
    })
  )

const nested = (size: number) => {
  const level = (inner: AnyActorLogic | undefined) =>
    setup({
      types: {} as { context: { n: number }; input: { n: number }; output: { n: number } },
      actors: { exec, inner: inner ?? exec }
    }).createMachine({
      context: initial,
      output,
      initial: "work",
      states: {
        work: {
          invoke: {
            src: "exec",
            input: ({ context }) => context.n,
            onDone: {
              target: inner === undefined ? "done" : "inner",
              actions: assign({ n: ({ event }) => event.output })
            }
          }
        },
        inner: {
          invoke: {
            src: "inner",
            input: output,
            onDone: { target: "done", actions: assign({ n: ({ event }) => event.output.n }) }
          }
        },
        done: { type: "final" }
      }
    })
  let machine: AnyActorLogic = level(undefined)
  for (let depth = 1; depth < size; depth++) machine = level(machine)
  return counted(machine)
}

const parallel = (size: number, f: (n: number) => Promise<number>) => {
  const items = itemsOf(size)
  return counted(
    setup({
      types: {} as { context: { n: number; left: number }; input: { n: number }; output: { n: number } },
      actors: { item: fromPromise<number, number>(({ input }) => f(input)) }
    }).createMachine({
      context: { n: 0, left: size },
      output,
      initial: "working",
      states: {
        working: {
          entry: assign(({ spawn }) => {
            for (const item of items) spawn("item", { id: `${item}`, input: item })
            return {}
          }),
          on: {
            "xstate.done.actor.*": {
              actions: assign({
                n: ({ context, event }) => context.n + event.output,
                left: ({ context }) => context.left - 1
              })
            }
          },
          always: { guard: ({ context }) => context.left === 0, target: "done" }
        },
        done: { type: "final" }
      }
    })
  )
}

export const workloads = (): Workloads => ({
  W1: chain,
  W2: (size) =>
    counted(
      createMachine({
        context: initial,
        output,
        initial: "count",
        states: {
          count: {
            invoke: {
              src: "exec",
              input: ({ context }) => context.n,
              onDone: [
                {
                  guard: ({ event }) => event.output < size,
                  target: "count",
                  reenter: true,
                  actions: assign({ n: ({ event }) => event.output })
                },
                { target: "done", actions: assign({ n: ({ event }) => event.output }) }
              ]
            }
          },
          done: { type: "final" }
        }
      })
    ),
  W3: (size) => {
    const machine = setup({
      types: {} as { context: { decisions: number; found: number; answer: number }; output: { n: number } },
      actors: { exec }
    }).createMachine({
      context: { decisions: 0, found: 0, answer: 0 },
      output: ({ context }) => ({ n: context.answer }),
      initial: "decide",
      states: {
        decide: {
          invoke: {
            src: "exec",
            input: ({ context }) => context.decisions,
            onDone: [
              {
                guard: ({ event }) => event.output < size,
                target: "search",
                actions: assign({ decisions: ({ event }) => event.output })
              },
              { target: "answer", actions: assign({ decisions: ({ event }) => event.output }) }
            ]
          }
        },
        search: {
          invoke: {
            src: "exec",
            input: ({ context }) => context.found,
            onDone: { target: "decide", actions: assign({ found: ({ event }) => event.output }) }
          }
        },
        answer: {
          invoke: {
            src: "exec",
            input: ({ context }) => context.found - 1,
            onDone: { target: "done", actions: assign({ answer: ({ event }) => event.output }) }
          }
        },
        done: { type: "final" }
      }
    })
    return counted(machine)
  },
  W4u: (size) => parallel(size, slowWork),
  W5: nested,
  W6: chain,
  W7: (size) => parallel(size, work)
})
