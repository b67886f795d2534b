/** For the tests: sources in memory, and the rules as a model that counts, fails and hangs where a test says. */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { ScriptedModel } from "@effect-pocketflow/testing"
import { Effect, Layer } from "effect"
import { rules } from "./rules.ts"
import { Sources } from "./sources.ts"

/** A small code base: a shop whose three modules build on each other. */
export const shop = {
  "README.md": "# Shop\n\nThe shop sells things: an order takes goods from the stock.\n\n## Use\n\nNone.\n",
  "src/stock.ts": `/**
 * What there is to sell.
 */
/** Takes goods out of the stock. */
export const take = (name: string): number => 1
`,
  "src/order.ts": `/**
 * What somebody buys.
 */
import { take } from "./stock.ts"

/**
 * Orders goods.
 *
 * **Example** (One apple)
 *
 * \`\`\`ts
 * order("apple") // => 1
 * \`\`\`
 */
export const order = (name: string): number => take(name)
`,
  "src/bill.ts": `/**
 * What it costs.
 */
import { order } from "./order.ts"

/** Writes a bill. */
export const bill = (name: string): string => \`\${order(name)}\`
`
}

export const sourcesOf = (files: Readonly<Record<string, string>>) =>
  Layer.succeed(Sources, {
    read: Effect.sync(() => ({
      files: Object.entries(files).map(([path, text]) => ({ path, text })),
      skipped: [{ path: "logo.png", reason: "no source, by its name" }]
    }))
  })

/** What a run begins with. */
export const begin = { name: "shop", address: null, language: "English", maxAbstractions: 10, promptTokens: 32_000 }

/** The rules, with other replies for some calls, by their numbers. */
export const model = (
  replies: { readonly [call: number]: ScriptedModel.Reply } = {}
): ReturnType<typeof ScriptedModel.layer> => {
  let calls = 0
  return ScriptedModel.layer({
    rules: [{ when: () => true, reply: ({ prompt }) => replies[calls++] ?? replyOf(prompt) }]
  })
}

/** What the rules say to a prompt, of which all messages are one text. */
export const replyOf = (prompt: string): string => {
  const text: OfflineModel.PromptText = {
    system: prompt,
    user: prompt,
    text: prompt,
    history: [{ role: "user", text: prompt }],
    tools: [],
    results: []
  }
  const rule = rules.find(({ when }) => (typeof when === "function" ? when(text) : when.test(prompt)))
  return String(rule?.reply(text) ?? "")
}
