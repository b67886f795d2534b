import { Effect, Schema } from "effect"
import { mkdtempSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Durable } from "@effect-pocketflow/durable"
import { Store } from "effect-pocketflow"

export const Log = Store.make("Log", { lines: Schema.Array(Schema.String), n: Schema.Number })

/** A file that does not exist yet, in a folder of its own. */
export const file = (): string => join(mkdtempSync(join(tmpdir(), "durable-")), "runs.db")

/** The engine on a file, which is the same database when it is built again. */
export const embedded = (filename = file()) => Durable.embedded({ filename, poll: "50 millis", grace: "50 millis" })

/** Waits until something is so. */
export const when = <E, R>(condition: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  Effect.flatMap(condition, (is) => (is ? Effect.void : Effect.andThen(Effect.sleep(10), when(condition))))

/** A port that nobody listens on. */
export const freePort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed((address as { readonly port: number }).port)))
  })
})
