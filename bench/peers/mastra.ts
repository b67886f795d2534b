/** Mastra: a workflow of steps with schemas; loops are `dountil`, choices `branch`, items `foreach`. */
import { createStep, createWorkflow } from "@mastra/core/workflows"
import { z } from "zod"
import type { Workloads } from "../workloads.ts"
import { add, itemsOf, limit, slowWork, work } from "../workloads.ts"

const Counter = z.object({ n: z.number() })

const count = (id: string) =>
  createStep({
    id,
    inputSchema: Counter,
    outputSchema: Counter,
    execute: async ({ inputData }) => ({ n: await work(inputData.n) })
  })

/** What is run: a committed workflow. */
interface Runnable<I, O> {
  readonly createRun: () => Promise<{
    readonly start: (options: { readonly inputData: I }) => Promise<{ readonly status: string; readonly result?: O }>
  }>
}

const result = async <I, O>(workflow: Runnable<I, O>, inputData: I): Promise<O> => {
  const run = await workflow.createRun()
  const ended = await run.start({ inputData })
  if (ended.status !== "success" || ended.result === undefined) throw new Error(JSON.stringify(ended))
  return ended.result
}

const workflow = (id: string) => createWorkflow({ id, inputSchema: Counter, outputSchema: Counter })

const counted = (workflow: Runnable<{ n: number }, { n: number }>) => async () => (await result(workflow, { n: 0 })).n

const chain = (size: number) => {
  let flow = workflow("chain").then(count("n0"))
  for (let index = 1; index < size; index++) flow = flow.then(count(`n${index}`))
  return counted(flow.commit())
}

const nested = (size: number) => {
  let flow = workflow("level1").then(count("work")).commit()
  for (let level = 2; level <= size; level++) {
    flow = workflow(`level${level}`).then(count("work")).then(flow).commit()
  }
  return counted(flow)
}

const parallel = (size: number, f: (n: number) => Promise<number>, concurrency: number) => {
  const items = itemsOf(size)
  const flow = createWorkflow({ id: "items", inputSchema: z.array(z.number()), outputSchema: z.array(z.number()) })
    .foreach(
      createStep({
        id: "item",
        inputSchema: z.number(),
        outputSchema: z.number(),
        execute: ({ inputData }) => f(inputData)
      }),
      { concurrency }
    )
    .commit()
  return async () => add(await result(flow, [...items]))
}

const Agent = z.object({ decisions: z.number(), found: z.number(), answer: z.number() })
type Agent = z.infer<typeof Agent>

const agentStep = (id: string, execute: (state: Agent) => Promise<Agent>) =>
  createStep({ id, inputSchema: Agent, outputSchema: Agent, execute: ({ inputData }) => execute(inputData) })

export const workloads = (): Workloads => ({
  W1: chain,
  W2: (size) =>
    counted(
      workflow("loop")
        .dountil(count("count"), async ({ inputData }) => inputData.n >= size)
        .commit()
    ),
  W3: (size) => {
    const Branched = z.object({ search: Agent.optional(), answer: Agent.optional() })
    const turn = createWorkflow({ id: "turn", inputSchema: Agent, outputSchema: Agent })
      .then(agentStep("decide", async (state) => ({ ...state, decisions: await work(state.decisions) })))
      .branch([
        [
          async ({ inputData }) => inputData.decisions < size,
          agentStep("search", async (state) => ({ ...state, found: await work(state.found) }))
        ],
        [
          async ({ inputData }) => inputData.decisions >= size,
          agentStep("answer", async (state) => ({ ...state, answer: await work(state.found - 1) }))
        ]
      ])
      .then(
        createStep({
          id: "join",
          inputSchema: Branched,
          outputSchema: Agent,
          execute: async ({ inputData }) => inputData.search ?? inputData.answer!
        })
      )
      .commit()
    const flow = createWorkflow({ id: "agent", inputSchema: Agent, outputSchema: Agent })
      .dountil(turn, async ({ inputData }) => inputData.decisions >= size)
      .commit()
    return async () => (await result(flow, { decisions: 0, found: 0, answer: 0 })).answer
  },
  W4u: (size) => parallel(size, slowWork, size),
  W4l: (size) => parallel(size, slowWork, limit),
  W5: nested,
  W6: chain,
  W7: (size) => parallel(size, work, size)
})
