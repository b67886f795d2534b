/** A tutorial of a code base: what there is, how it belongs together, in which order to tell it, chapter by chapter. */
import { Retry, Structured } from "@effect-pocketflow/ai"
import { Flow, Node } from "effect-pocketflow"
import { combine as toPages } from "./pages.ts"
import * as Prompts from "./prompts.ts"
import { Sources } from "./sources.ts"
import { Tutorial } from "./Tutorial.ts"

const read = Node.make(Tutorial, {
  exec: () => Sources.use(({ read }) => read),
  post: (_store, { files, skipped }) => Tutorial.next({ files, skipped }),
  actions: ["default"]
}).pipe(Node.timeout("5 minutes"))

/** The model reads much, and may be shown its mistakes twice: a minute would be short. */
const identify = Node.make(Tutorial, {
  prep: Prompts.identify,
  exec: ({ messages, schema }) => Structured.generate(schema, messages),
  post: ({ cuts }, abstractions) => Tutorial.next({ abstractions, cuts }),
  actions: ["default"]
}).pipe(Node.timeout("3 minutes"), Node.retry(Retry.schedule()))

const relate = Node.make(Tutorial, {
  prep: Prompts.relate,
  exec: ({ messages, schema }) => Structured.generate(schema, messages),
  post: ({ cuts }, { relationships, summary }) =>
    Tutorial.next((s) => ({ relationships, summary, cuts: [...s.cuts, ...cuts] })),
  actions: ["default"]
}).pipe(Node.timeout("3 minutes"), Node.retry(Retry.schedule()))

const order = Node.make(Tutorial, {
  prep: Prompts.order,
  exec: ({ messages, schema }) => Structured.generate(schema, messages),
  post: (_prompt, order) => Tutorial.next({ order }),
  actions: ["default"]
}).pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule()))

/**
 * The next chapters, as many at a time as `concurrency` says. Each visit is a step, so a run can be resumed after it; and
 * each chapter knows what those of earlier visits say.
 */
const write = (concurrency: number) =>
  Node.batch(Tutorial, {
    prep: (s) =>
      s.order
        .slice(s.chapters.length, s.chapters.length + concurrency)
        .map((name) => ({ name, ...Prompts.chapter(s, name) })),
    exec: ({ messages, schema }) => Structured.generate(schema, messages),
    post: (asked, replies) => {
      const chapters = replies.map((reply, i) => ({ name: asked[i]!.name, ...reply }))
      const cuts = asked.flatMap(({ cuts }) => cuts)
      return Tutorial.decide((s) => [
        s.chapters.length + chapters.length < s.order.length ? "more" : "written",
        { chapters: [...s.chapters, ...chapters], cuts: [...s.cuts, ...cuts] }
      ])
    },
    concurrency,
    actions: ["more", "written"]
  }).pipe(Node.timeout("5 minutes"), Node.retry(Retry.schedule()))

const combine = Node.make(Tutorial, {
  post: (s) => Tutorial.to("complete", { pages: toPages(s) }),
  actions: ["complete"]
})

/** With `concurrency: 1` it is a fold: each chapter is told what all before it say. */
export const tutorial = ({ concurrency }: { readonly concurrency: number }) =>
  Flow.make(Tutorial, {
    start: "read",
    nodes: { read, identify, relate, order, write: write(concurrency), combine },
    edges: {
      read: { default: "identify" },
      identify: { default: "relate" },
      relate: { default: "order" },
      order: { default: "write" },
      write: { more: "write", written: "combine" }
    }
  })
