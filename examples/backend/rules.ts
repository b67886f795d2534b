/** Articles without a model: those of the example "article", and a tone that is put on by hand. */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { rules as article } from "../article/rules.ts"
import { sentencesOf } from "../shared/text.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "short",
    when: ({ system }) => system.startsWith("Rewrite") && system.includes("two sentences"),
    // The first sentence says what a section is about; the last one has its source.
    reply: ({ user }) =>
      eachSection(user, (sentences) => (sentences.length > 2 ? [sentences[0]!, sentences.at(-1)!] : sentences))
  },
  {
    name: "friendly",
    when: ({ system }) => system.startsWith("Rewrite") && system.includes("conversational"),
    reply: ({ user }) => eachSection(user, (sentences, title) => [`So what is the story of ${title}?`, ...sentences])
  },
  ...article
]

/** An article with the sentences of its sections changed; its title and its list of sources stay. */
const eachSection = (
  article: string,
  change: (sentences: ReadonlyArray<string>, title: string) => ReadonlyArray<string>
): string =>
  article.replace(/^## (?!Sources$)(.+)\n\n([^]*?)(?=\n\n## )/gm, (_section, title: string, text: string) => {
    const { body, source } = /^(?<body>[^]*?)(?<source>(?:\s*\[[\w-]+\])*)$/.exec(text)?.groups ?? {
      body: text,
      source: ""
    }
    return `## ${title}\n\n${change(sentencesOf(body ?? ""), title).join(" ")}${source}`
  })
