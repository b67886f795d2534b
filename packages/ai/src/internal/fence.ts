/**
 * Finds the block of a reply that is to be read.
 *
 * A line that begins with three or more backticks or tildes opens a block; one with at least as many of the same and
 * nothing behind them closes it. The closing fence is not indented deeper than the opening one, so that fences within
 * block scalars belong to the content. Every line is looked at once.
 */
import { Problem } from "./problem.ts"

/** Offsets in the reply. */
export interface Block {
  readonly start: number
  readonly end: number
}

interface Fence {
  readonly mark: string
  readonly length: number
  readonly indent: number
  readonly info: string
  /** Where its line begins, and the one after it. */
  readonly at: number
  readonly next: number
}

interface Candidate extends Block {
  readonly fence: Fence
  readonly closed: boolean
  readonly rank: number
}

/** The block, or else a `Problem` is thrown. */
export const findBlock = (reply: string): Block => {
  const best = bestOf(reply)
  if (best !== undefined && best.rank >= named.none) {
    if (best.closed) return best
  } else if (isJson(reply.trim())) {
    return { start: 0, end: reply.length }
  }
  throw best === undefined || best.closed
    ? new Problem("NoBlock", "the reply has no YAML or JSON block in a fence")
    : new Problem("NoBlock", "the reply ends before its block is closed by a fence", best.fence.at)
}

// internal

/** Prose can be YAML, and never is JSON. */
const isJson = (text: string): boolean =>
  (text.startsWith("{") && text.endsWith("}")) || (text.startsWith("[") && text.endsWith("]"))

/** How well the name of a block fits. A fence too many at the end opens nothing. */
const named = { nothing: 0, other: 1, none: 2, fitting: 3 }

const rankOf = (info: string): number => {
  if (/^(?:ya?ml|json)(?!\S)/i.test(info)) return named.fitting
  return info === "" ? named.none : named.other
}

/** Models draft before they answer, so the last of the blocks that fit best is the answer. */
const bestOf = (reply: string): Candidate | undefined => {
  let best: Candidate | undefined
  let open: Fence | undefined
  const offer = (fence: Fence, end: number, closed: boolean) => {
    const isEmpty = !closed && reply.slice(fence.next, end).trim() === ""
    const rank = isEmpty ? named.nothing : rankOf(fence.info)
    if (best === undefined || rank >= best.rank) best = { fence, start: fence.next, end, closed, rank }
  }
  for (let at = 0, next = 0; at < reply.length; at = next) {
    next = reply.indexOf("\n", at) + 1 || reply.length
    const fence = fenceAt(reply, at, next)
    if (fence === undefined) continue
    if (open === undefined) {
      // What has backticks behind it is code within a line.
      if (!fence.info.includes("`")) open = fence
    } else if (closes(fence, open)) {
      offer(open, at, true)
      open = undefined
    }
  }
  if (open !== undefined) offer(open, reply.length, false)
  return best
}

const fenceAt = (reply: string, at: number, next: number): Fence | undefined => {
  let begin = at
  while (reply[begin] === " " || reply[begin] === "\t" || reply[begin] === "\uFEFF") begin++
  const mark = reply[begin]
  if (mark !== "`" && mark !== "~") return undefined
  let end = begin
  while (reply[end] === mark) end++
  const length = end - begin
  return length < 3 ? undefined : { mark, length, indent: begin - at, info: reply.slice(end, next).trim(), at, next }
}

const closes = (fence: Fence, open: Fence): boolean =>
  fence.info === "" && fence.mark === open.mark && fence.length >= open.length && fence.indent <= open.indent
