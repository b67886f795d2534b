/** The flow of `article`, and then an editor, who may take weeks: nothing is published before. */
import { Durable } from "@effect-pocketflow/durable"
import { Effect, Schema } from "effect"
import { AiError } from "effect/ai"
import { Flow, Node } from "effect-pocketflow"
import { article, Article } from "../article/flow.ts"
import { NothingKnown, Unfounded } from "../article/sections.ts"
import { SearchFailed } from "../shared/library.ts"
import { Press, PressFailed } from "./press.ts"

/** What the editor makes of an article. */
export const verdict = Durable.signal("verdict", Schema.Literals(["publish", "drop"]))

const review = Durable.approval(Article, {
  signal: verdict,
  post: (verdict) => (verdict === "publish" ? Article.to("accepted") : Article.to("dropped")),
  actions: ["accepted", "dropped"]
})

const publish = Node.make(Article, {
  prep: ({ text = "" }) => text,
  exec: (text) => Effect.flatMap(Durable.IdempotencyKey, (key) => Press.use(({ print }) => print(key, text))),
  post: () => Article.to("published"),
  actions: ["published"]
})

export const edition = Flow.make(Article, {
  start: "write",
  nodes: { write: article, review, publish },
  edges: { write: { complete: "review", partial: "review" }, review: { accepted: "publish" } }
})

/** One run for each topic. A run that fails is kept as it is, to be gone on with when what was wrong is right. */
export const Edition = Durable.workflow(edition, {
  name: "edition",
  version: "1",
  idempotencyKey: ({ topic }) => topic,
  error: Schema.Union([AiError.AiError, NothingKnown, PressFailed, SearchFailed, Unfounded]),
  suspendOnFailure: true
})
