/** The spans of what ran as a tree, with their times: what a backend of traces shows, for a terminal. */
import { Effect, Exit, Option, Tracer } from "effect"

/** A tracer, and what it has recorded so far. */
export const recordSpans = Effect.sync(() => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return { tracer, tree: Effect.sync(() => treeOf(spans)) }
})

// internal

const treeOf = (spans: ReadonlyArray<Tracer.NativeSpan>): string => {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const parentOf = ({ parent }: Tracer.NativeSpan) => Option.getOrUndefined(Option.map(parent, ({ spanId }) => spanId))
  const below = (parent: string | undefined, depth: number): ReadonlyArray<string> =>
    spans
      .filter((span) => {
        const own = parentOf(span)
        return parent === undefined ? own === undefined || !known.has(own) : own === parent
      })
      .flatMap((span) => [`${"  ".repeat(depth)}${lineOf(span)}`, ...below(span.spanId, depth + 1)])
  return below(undefined, 0).join("\n")
}

const lineOf = ({ attributes, name, startTime, status }: Tracer.NativeSpan): string => {
  const route = attributes.get("http.route")
  const subject = route === undefined ? name : `${name} ${String(route)}`
  if (status._tag === "Started") return `${subject}  ...`
  const end = attributes.get("flow.action") ?? attributes.get("http.response.status_code")
  const took = `${(Number(status.endTime - startTime) / 1e6).toFixed(1)} ms`
  return [
    subject,
    took,
    ...(end === undefined ? [] : [`-> ${String(end)}`]),
    ...(Exit.isFailure(status.exit) ? ["failed"] : [])
  ].join("  ")
}
