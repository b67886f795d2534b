/** Runs code that nobody has read, in a process that can do little else than compute. */
import { Context, Effect, Layer, Schema, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"

/** What came of a call: its result as JSON, or why there is none. */
export const Outcome = Schema.Union([
  Schema.TaggedStruct("Returned", { json: Schema.String }),
  Schema.TaggedStruct("Failed", { message: Schema.String })
])

export class SandboxError extends Schema.TaggedError<SandboxError>()("SandboxError", { cause: Schema.Defect() }) {
  override readonly message = `The sandbox cannot be started: ${this.cause}`
}

export class Sandbox extends Context.Service<
  Sandbox,
  {
    /** Calls the function `solve`, which `code` defines, with some arguments. */
    readonly call: (code: string, input: ReadonlyArray<Schema.Json>) => Effect.Effect<typeof Outcome.Type, SandboxError>
  }
>()("examples/code-generator/Sandbox") {
  /** A new process for each call, with no more rights, time and memory than it needs. The README says what that is worth. */
  static readonly layer = Layer.effect(
    Sandbox,
    Effect.map(ChildProcessSpawner.ChildProcessSpawner, (spawner) => ({
      call: (code, input) =>
        spawner.spawn(command(JSON.stringify({ code, input }))).pipe(
          Effect.mapError((cause) => new SandboxError({ cause })),
          Effect.flatMap(({ stdout }) =>
            stdout.pipe(
              Stream.mapError(({ message }) => message),
              Stream.limitBytes("64 KiB", () => Stream.fail("The result is too long")),
              Stream.decodeText(),
              Stream.mkString,
              Effect.match({ onFailure: failed, onSuccess: toOutcome })
            )
          ),
          Effect.scoped, // Whatever is left of the process is killed here.
          Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.succeed(failed("It takes too long")) })
        )
    }))
  )
}

// internal

const runner = `${import.meta.dirname}/runner.mts`

/** Nothing but what Windows needs to start a program. */
const env = { SystemRoot: process.env["SystemRoot"] }

const command = (call: string) =>
  ChildProcess.make(
    process.execPath,
    [
      "--permission",
      `--allow-fs-read=${runner}`,
      "--disallow-code-generation-from-strings",
      "--max-old-space-size=64",
      runner
    ],
    { env, stdin: Stream.encodeText(Stream.make(call)), stderr: "ignore", killSignal: "SIGKILL" }
  )

const failed = (message: string): typeof Outcome.Type => ({ _tag: "Failed", message })

/** The runner writes `=` and a result, or `!` and what went wrong. Where it writes nothing, it did not survive. */
const toOutcome = (said: string): typeof Outcome.Type => {
  if (said.startsWith("=")) return { _tag: "Returned", json: said.slice(1) }
  return failed(
    said.startsWith("!") ? said.slice(1) : "The process has ended without a result; perhaps it used too much memory"
  )
}
