/** Options of the command line that more than one example has. */
import { Argument, Flag } from "effect/cli"

/** A whole number within limits; the description says what it is by default. */
export const int = (
  name: string,
  options: {
    readonly description: string
    readonly default: number
    readonly min: number
    readonly max?: number
    readonly metavar?: string
  }
) => {
  const { max = Number.MAX_SAFE_INTEGER, min } = options
  return Flag.Int(name).pipe(
    Flag.withMetavar(options.metavar ?? "number"),
    Flag.withDescription(`${options.description} (${options.default})`),
    Flag.filter(
      (n) => n >= min && n <= max,
      () => (options.max === undefined ? `at least ${min}` : `from ${min} to ${max}`)
    ),
    Flag.withDefault(options.default)
  )
}

/** How many things to do at the same time. */
export const concurrency = (description: string) =>
  int("concurrency", { description, default: 4, min: 1 }).pipe(Flag.withAlias("c"))

/** Where to write. */
export const output = (metavar: "file" | "folder", path: string) =>
  Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar(metavar),
    Flag.withDescription(`The ${metavar} to write${metavar === "folder" ? " to" : ""} (${path})`),
    Flag.filter(
      (path) => path !== "",
      () => "a path"
    ),
    Flag.withDefault(path)
  )

/** A question, a problem: something is asked. */
export const text = (name: string, options: { readonly description: string; readonly default: string }) =>
  Argument.String(name).pipe(
    Argument.withDescription(options.description),
    Argument.filter(
      (text) => text.trim() !== "",
      () => "more than nothing"
    ),
    Argument.withDefault(options.default)
  )
