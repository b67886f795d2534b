/**
 * A tutorial without a model, out of what the files say about themselves: comments at their tops, docstrings and the
 * examples in them, what they export and import, READMEs.
 *
 * The rules quote and arrange; they understand nothing. So a code base that is well documented gives a tutorial worth
 * reading, and one without comments a list of names.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { excerptsIn } from "./budget.ts"
import { abstractionsOf } from "./rules/abstractions.ts"
import { chapterOf } from "./rules/chapter.ts"
import { paragraphsOf, shorten } from "./rules/prose.ts"
import { linesOf, orderOf, relationshipsOf } from "./rules/relationships.ts"

const rule = (name: string, begins: string, reply: (asked: string, system: string) => unknown): OfflineModel.Rule => ({
  name,
  when: ({ system }) => system.startsWith(begins),
  // What was asked is the first message: in a conversation about a reply that was refused, it is not the last.
  reply: ({ history, system }) => {
    const asked = history.find(({ role }) => role === "user")?.text ?? ""
    return `\`\`\`json\n${JSON.stringify(reply(asked, system))}\n\`\`\``
  }
})

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  rule("identify", "You find the abstractions", (asked) =>
    abstractionsOf(excerptsIn(asked), Number(/^At most (\d+)/m.exec(asked)?.[1] ?? 10))
  ),
  rule("relate", "You explain how the abstractions", (asked) => {
    const names = linesOf(asked, "Abstractions").map((line) => line.split(": ")[0]!)
    const readme = excerptsIn(asked).find(({ path }) => /^readme/i.test(path))
    const said = paragraphsOf(readme?.text.split(/^## /m)[0] ?? "").slice(0, 2)
    const [project = "The project"] = /(?<=^Project: ).*$/m.exec(asked) ?? []
    return {
      summary: shorten(said.join("\n\n") || `${project} consists of ${names.join(", ")}.`, 1400),
      relationships: relationshipsOf(names, linesOf(asked, "Imports between their files"))
    }
  }),
  rule("order", "You order the chapters", (asked) =>
    orderOf(linesOf(asked, "Abstractions"), linesOf(asked, "Relationships"), asked.split("\nAbstractions:")[0]!)
  ),
  rule("chapter", "You write one chapter", (asked, system) => chapterOf(asked, /^Write in (.*?);/m.exec(system)?.[1]))
]
