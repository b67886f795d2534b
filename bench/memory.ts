/** What runs take of memory, each measured in a process of its own. */
import { runJson } from "./child.ts"
import { table } from "./report.ts"
import { format } from "./statistics.ts"
import type { Subject } from "./subjects.ts"
import { itemsOf } from "./workloads.ts"

export interface Task {
  readonly module: string
  readonly variant: unknown
  readonly task: "steps" | "items" | "history"
  readonly size: number
}

export interface Memory {
  readonly subject: string
  readonly task: Task["task"]
  readonly size: number
  /** Bytes of the heap, and of buffers outside of it, that are in use afterwards and were not before. */
  readonly grown: number
  /** The most bytes that the process had at a time, with the engine and the system's code. */
  readonly peak: number
}

/** Documents of 200 KB, none of them like another. */
export const documentsOf = (): ReadonlyArray<string> =>
  itemsOf(20).map((document) =>
    Buffer.from(Uint8Array.from({ length: 10_240 }, (_, at) => 97 + ((at * (document + 7)) % 26))).toString("latin1")
  )

const sizes = { steps: 10_000_000, items: 100_000, history: 300 } as const

/** What each can do; those that are slow, or quadratic in the number of items, do less or none. */
const plan: Readonly<Record<string, { readonly [T in Task["task"]]?: number }>> = {
  loop: sizes,
  "bare-promise": { steps: sizes.steps, items: sizes.items },
  "bare-succeed": { steps: sizes.steps },
  "ours-promise": sizes,
  "ours-succeed": { steps: sizes.steps },
  pocketflow: { steps: sizes.steps, items: sizes.items },
  xstate: { steps: 100_000 },
  mastra: { steps: 100_000 },
  langgraph: { steps: 10_000, history: sizes.history }
}

export const measureMemory = async (
  subjects: ReadonlyArray<Subject>,
  progress: (line: string) => void
): Promise<ReadonlyArray<Memory>> => {
  const measured: Array<Memory> = []
  for (const { id, label, module, variant } of subjects) {
    for (const [task, size] of Object.entries(plan[id] ?? {}) as Array<[Task["task"], number]>) {
      progress(`  ${label}: ${task}`)
      const job: Task = { module, variant, task, size }
      const { grown, peak } = await runJson<{ readonly grown: number; readonly peak: number }>(
        process.execPath,
        ["--expose-gc", "memory-worker.ts", JSON.stringify(job)],
        600
      )
      measured.push({ subject: id, task, size, grown, peak })
    }
  }
  return measured
}

const titles = {
  steps: "one run of a self-loop (W2)",
  items: "items that sleep at the same time (W4u)",
  history: "steps over 200 KB of documents, each state kept"
} as const

const megabytes = (bytes: number): string => format(Math.max(0, bytes) / 1024 / 1024)

export const memoryTables = (subjects: ReadonlyArray<Subject>, measured: ReadonlyArray<Memory>): string =>
  (Object.keys(titles) as Array<Task["task"]>)
    .map((task) =>
      table(
        [titles[task], "how many", "peak RSS, MB", "retained, MB"],
        measured
          .filter((memory) => memory.task === task)
          .map(({ grown, peak, size, subject }) => [
            subjects.find(({ id }) => id === subject)?.label,
            size.toLocaleString("en-US"),
            megabytes(peak),
            megabytes(grown)
          ])
      )
    )
    .join("\n\n")
