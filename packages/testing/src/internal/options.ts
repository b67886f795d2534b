/**
 * Numbers that callers give.
 *
 * @internal
 */

/** Throws, unless `n` is a number of runs: a check of nothing would pass. */
export const checkRuns = (n: number | undefined): void => {
  if (n === undefined || (Number.isSafeInteger(n) && n > 0)) return
  throw new RangeError(`"runs" has to be a whole number, at least 1, not ${n}`)
}

/** Throws, unless `n` is a seed. */
export const checkSeed = (n: number | undefined): void => {
  if (n === undefined || Number.isSafeInteger(n)) return
  throw new RangeError(`"seed" has to be a whole number, not ${n}`)
}
