/** What the tests of model calls share. */
import type { OpenAi } from "../../../packages/ai/src/index.ts"
import { type calls, hello, streamed } from "../../ai/support.ts"

export type Form = "call" | "stream"
export const forms: Record<Form, (typeof calls)[number]> = { call: hello, stream: streamed }
export const both: ReadonlyArray<Form> = ["call", "stream"]

export const textOf = (parts: unknown): string =>
  Array.isArray(parts)
    ? parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join("")
    : (parts as { text: string }).text

// The limit that is not meant is far off, for slow machines.
export const short: Partial<OpenAi.Options> = { timeout: "300 millis", idleTimeout: "10 seconds" }
export const shortSilence: Partial<OpenAi.Options> = { timeout: "10 seconds", idleTimeout: "100 millis" }
