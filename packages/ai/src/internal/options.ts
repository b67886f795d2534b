/** What is wrong with limits is a mistake in the program: one that allows nothing looks like a model that never replies. */
export const checkLimits = (
  where: string,
  limits: { readonly [name: string]: number | undefined },
  least = 1
): void => {
  for (const [name, limit] of Object.entries(limits)) {
    if (limit !== undefined && !(limit >= least)) {
      throw new RangeError(`${where}: ${name} must be at least ${least}, and is ${limit}`)
    }
  }
}
