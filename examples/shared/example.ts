/** What an example is: a command with its options, and what the page of the examples and its README say of it. */
import type { NodeServices } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import type { Flow } from "effect-pocketflow"
import { plainConsole, userError } from "./cli.ts"

/** Where an example stands on the page: what is new in one builds on those before. */
export const levels = ["first steps", "patterns", "systems"] as const

export interface Example<C extends Command.Command.Any = Command.Command.Any> {
  readonly command: C
  readonly level: (typeof levels)[number]
  /** What a reader learns, in one line. */
  readonly teaches: string
  /** The folder of the same program in PocketFlow's cookbook, or the name of its repository. */
  readonly counterpart: string
  /** What is drawn in the README, in this order. */
  readonly flows: ReadonlyArray<Parameters<typeof Flow.toMermaid>[0]>
}

/**
 * An example, whose name is the name of its folder and whose output goes to `out/<name>/`. A failure of `run` is shown
 * by its message alone, and ends the program with exit code 1.
 */
export const make = <
  const Name extends string,
  const Options extends Command.Command.Config,
  E extends { readonly message: string },
  R extends NodeServices.NodeServices
>({
  description,
  name,
  options,
  run,
  ...page
}: Omit<Example, "command"> & CommandOf<Name, Options, E, R>) => ({
  ...page,
  command: command({ description, name, options, run })
})

/** The same for a command of an example that has several. */
export const command = <
  const Name extends string,
  const Options extends Command.Command.Config,
  E extends { readonly message: string },
  R
>({
  description,
  name,
  options,
  run
}: CommandOf<Name, Options, E, R>) =>
  Command.make(name, options, (input) =>
    run(input).pipe(
      Effect.onInterrupt(() => Console.error("\ninterrupted")),
      Effect.mapError(userError),
      Effect.provide(plainConsole)
    )
  ).pipe(Command.withDescription(description))

interface CommandOf<Name extends string, Options extends Command.Command.Config, E, R> {
  readonly name: Name
  readonly description: string
  readonly options: Options
  readonly run: (options: Command.Command.Config.Infer<Options>) => Effect.Effect<void, E, R>
}
