/**
 * The numbers that the nodes of a spec compute, and the lines that they leave in
 * a trace: what the built flow and the reference model have in common.
 *
 * @internal
 */
import type { Post } from "../Spec.ts"
import type { Sample } from "./sample.ts"

/** A small number in which the order of its arguments counts. */
export const mix = (...numbers: ReadonlyArray<number>): number =>
  numbers.reduce((sum, n) => (sum * 31 + n + 7) % 997, 0)

/** What a fallback gives, and what stands for an item that failed. */
export const fallbackNumber = 900
export const failureNumber = 901

/** The output of a node that works on items. */
export const resultOf = (results: ReadonlyArray<number>): number => mix(...results)

export const joinMap = (a: number, runs: ReadonlyArray<{ readonly store: Sample; readonly steps: number }>): number =>
  mix(a, ...runs.flatMap((run) => [run.store.a, run.store.b, run.steps]))

/** The transition of a post, for the output of its node. */
export const choose = ({ actions = ["default"], by = "function", key = "a", plus = 0 }: Post = {}, output: number) => {
  const nth = (n: number) => actions[n % actions.length]!
  const changed = (n: number): Partial<Sample> => (key === "a" ? { a: n } : { b: n })
  return {
    action: by === "add" ? nth(0) : nth(output),
    value: by === "value" ? changed(mix(output, plus)) : undefined,
    update: (s: Sample) => changed(by === "add" ? (s[key] + plus) % 997 : mix(s[key], output, plus)),
    decide: by === "decide" ? (s: Sample) => nth(s.a + s.b) : undefined
  }
}

export const lines = {
  visit: (path: ReadonlyArray<string>): string => `/${path.join("/")} visited`,
  attempt: (
    path: ReadonlyArray<string>,
    at: { readonly attempt: number; readonly visit: number; readonly item: number | undefined }
  ): string =>
    `/${path.join("/")} visit ${at.visit}, ${at.item === undefined ? "" : `item ${at.item}, `}attempt ${at.attempt}`
}
