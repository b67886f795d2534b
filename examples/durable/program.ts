/** Writes articles that survive their process: `npm run example -- durable --help`. */
import { Command } from "effect/cli"
import * as Example from "../shared/example.ts"
import { client } from "./client.ts"
import { demonstrate } from "./demo.ts"
import { edition } from "./flow.ts"
import { worker } from "./worker.ts"

const { command, ...page } = Example.make({
  name: "durable",
  description:
    "Writes articles in runs that outlive their process. Alone it shows a crash, an approval and a fork; else see below.",
  level: "systems",
  teaches: "a flow as it is, recorded visit by visit: workers that are killed, an editor who takes weeks, a fork",
  counterpart: "pocketflow-workflow",
  flows: [edition],
  options: {},
  run: () => demonstrate
})

export const program = { ...page, command: command.pipe(Command.withSubcommands([worker, client])) }
