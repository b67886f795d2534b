/** The little statistics that a benchmark needs. */

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly samples: number
}

export const median = (samples: ReadonlyArray<number>): number => {
  if (samples.length === 0) throw new RangeError("no samples have no median")
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export const summarize = (samples: ReadonlyArray<number>): Summary => ({
  median: median(samples),
  min: Math.min(...samples),
  max: Math.max(...samples),
  samples: samples.length
})

/** The same elements, beginning `by` places later. */
export const rotate = <A>(all: ReadonlyArray<A>, by: number): ReadonlyArray<A> => {
  const at = all.length === 0 ? 0 : by % all.length
  return [...all.slice(at), ...all.slice(0, at)]
}

/** Three digits that count: 0.0537, 1.23, 48.2, 1,234. */
export const format = (n: number): string =>
  n >= 1000
    ? Math.round(n).toLocaleString("en-US")
    : n === 0
      ? "0"
      : n.toFixed(Math.min(4, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(n))))))
