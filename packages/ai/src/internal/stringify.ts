/** The JSON text of a value; nothing for what has none, or is nested too deeply. */
export const stringify = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
