/** How an example answers on the command line: with help on request, and in one line where something is wrong. */
import { Config, Console, Context, Effect, Layer } from "effect"
import { CliConfig, CliError, CliOutput, GlobalFlag } from "effect/cli"

/** Replaces the page of help that `Command.run` shows for a mistake by one line on stderr, with `--help` to ask for. */
export const oneLineErrors: Layer.Layer<never> = Layer.suspend(() => {
  const formatter = CliOutput.defaultFormatter()
  return Layer.mergeAll(
    CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Completions] }),
    CliOutput.layer({ ...formatter, formatError: ({ message }) => `error: ${oneLine(message)}` }),
    CliOutput.layerPresenter({
      present: (event) =>
        event._tag === "InvalidInvocation"
          ? Console.error(`error: ${event.errors.map(({ message }) => mistake(message)).join("; ")} (see --help)`)
          : CliOutput.defaultPresenter.present(event)
    })
  )
})

/** What is wrong with an argument, and what was perhaps meant. */
const mistake = (message: string): string =>
  oneLine(
    message
      .replace(/\s*Did you mean this\?\s*(.*)$/s, (_, meant: string) => `; did you mean "${meant.trim()}"?`)
      .replace(/Invalid value for (.*): "(.*)"\. Expected: Path does not exist: .*/s, "$1: $2: no such file or folder")
  )

/** An error whose message is for the user; it ends the program with exit code 1. */
export const userError = (cause: { readonly message: string }): CliError.UserError =>
  new CliError.UserError({ cause, userMessage: messageFor(cause) })

const messageFor = (cause: { readonly message: string }): string => {
  if (cause instanceof Config.ConfigError) return setting(cause.cause.message)
  const [, rules] = /^OfflineModel\..*No rule of the offline model applies\. Tried: (.*)$/s.exec(cause.message) ?? []
  return rules === undefined
    ? cause.message
    : `offline, this is not understood (only: ${rules}); a real model is needed`
}

/** `["BACKEND"]["CALLS"]` is the variable `BACKEND_CALLS`. */
const setting = (message: string): string =>
  message.replace(/^(.*)\s+at ((?:\["\w+"\])+)$/s, (_, problem: string, path: string) => {
    return `${Array.from(path.matchAll(/\w+/g), ([part]) => part).join("_")}: ${problem}`
  })

/** Text for a terminal: without line breaks and other control characters. */
export const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, " ").trim()

/** Text for a terminal, with its lines: without what moves the cursor, changes colours or hides something. */
export const printable = (text: string): string => text.replace(/(?![\n\t])\p{Cc}/gu, "")

/** A console that shows texts as they are: they come from models, files and other people. */
export const plainConsole = Layer.effectContext(
  Effect.map(Console.Console, (console) => {
    const shown = (args: ReadonlyArray<unknown>) => args.map((arg) => (typeof arg === "string" ? printable(arg) : arg))
    return Context.make(Console.Console, {
      ...console,
      log: (...args) => console.log(...shown(args)),
      error: (...args) => console.error(...shown(args))
    })
  })
)
