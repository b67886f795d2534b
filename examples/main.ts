/** Lists and runs the examples: `npm run example -- <name> [options]`. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { catalog } from "./catalog.ts"
import { oneLineErrors } from "./shared/cli.ts"
import { levels } from "./shared/example.ts"

Command.make("example").pipe(
  Command.withDescription("The examples of effect-pocketflow. Without a key they run offline; see `<name> --help`."),
  Command.withSubcommands(
    levels.map((level) => ({
      group: level.toUpperCase(),
      commands: catalog.filter((example) => example.level === level).map(({ command }) => command)
    }))
  ),
  Command.run({ version: "0.1.0" }),
  Effect.provide(Layer.mergeAll(oneLineErrors, NodeServices.layer)),
  NodeRuntime.runMain
)
