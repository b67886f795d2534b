/** Puts every filter on every image: one small flow, run once for each pair, all on one store. */
import { Context, Effect, Schema } from "effect"
import { Flow, Node, Store } from "effect-pocketflow"
import { listFiles } from "../shared/files.ts"
import { writeAtomically } from "../shared/output.ts"
import { distinct, Filter, isNewer, jobsOf, render, writeSheet } from "./images.ts"

const Result = Schema.Struct({
  image: Schema.String,
  filter: Filter,
  target: Schema.String,
  outcome: Schema.Literals(["rendered", "fresh", "unreadable"])
})

const Album = Store.make("Album", {
  /** Files and folders. */
  paths: Schema.Array(Schema.String),
  filters: Schema.Array(Filter),
  /** The folder to write to. */
  output: Schema.String,
  images: Schema.Array(Schema.String).pipe(Store.withInitial([])),
  results: Schema.Array(Result).pipe(Store.withInitial([])),
  bytes: Schema.Int.pipe(Store.withInitial(0)),
  problems: Schema.Array(Schema.String).pipe(Store.withInitial([]))
})

// -----------------------------------------------------------------------------
// One image with one filter
// -----------------------------------------------------------------------------

/** What a run of the flow below is about. */
class Job extends Context.Service<Job, { readonly image: string; readonly filter: Filter; readonly target: string }>()(
  "examples/batch-flow/Job"
) {}

/** Work that was done by an earlier run need not be done again. */
const compare = Node.make(Album, {
  prep: () => Job,
  exec: ({ image, target }) => isNewer(target, image),
  post: (_job, newer) => Album.to(newer ? "fresh" : "stale"),
  actions: ["fresh", "stale"]
})

const draw = Node.make(Album, {
  prep: () => Job,
  exec: ({ filter, image, target }) => Effect.tap(render(image, filter), (picture) => writeAtomically(target, picture)),
  // A function of the store as it is then: runs at the same time lose no update.
  post: (_job, { length }) => Album.to("rendered", ({ bytes }) => ({ bytes: bytes + length })),
  actions: ["rendered"]
})

const one = Flow.make(Album, {
  start: "compare",
  nodes: { compare, draw },
  edges: { compare: { stale: "draw" } }
}).pipe(
  Flow.catchTag("UnreadableImage", ({ message }) =>
    Album.to("unreadable", ({ problems }) => ({ problems: Array.from(new Set([...problems, message])).toSorted() }))
  )
)

// -----------------------------------------------------------------------------
// All of them
// -----------------------------------------------------------------------------

const list = Node.make(Album, {
  prep: ({ paths }) => paths,
  exec: (paths) => Effect.flatMap(listFiles(paths, ["jpg", "jpeg", "png", "webp"]), distinct),
  post: (_paths, images) => Album.next({ images }),
  actions: ["default"]
})

const each = (concurrency: number) =>
  Flow.forEach(one, {
    params: Job,
    prep: ({ filters, images, output }) => jobsOf(output, images, filters),
    post: (jobs, outcomes) => Album.next({ results: jobs.map((job, i) => ({ ...job, outcome: outcomes[i]! })) }),
    concurrency,
    actions: ["default"]
  })

/** A picture of all: an image a row, first as it was. */
const sheet = Node.make(Album, {
  prep: ({ images, output, results }) => ({
    output,
    rows: images.flatMap((image) => {
      const drawn = results.filter((result) => result.image === image && result.outcome !== "unreadable")
      return drawn.length === 0 ? [] : [[image, ...drawn.map(({ target }) => target)]]
    })
  }),
  exec: ({ output, rows }) => (rows.length === 0 ? Effect.succeed(false) : Effect.as(writeSheet(output, rows), true)),
  post: (_sheet, drawn) => Album.to(drawn ? "done" : "nothing"),
  actions: ["done", "nothing"]
})

export const album = ({ concurrency }: { readonly concurrency: number }) =>
  Flow.sequence(Album, { list, each: each(concurrency), sheet })
