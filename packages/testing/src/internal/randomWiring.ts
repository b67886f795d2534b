/**
 * Random wirings that are broken.
 *
 * @internal
 */
import { Node } from "effect-pocketflow"
import type { Flow } from "effect-pocketflow"
import * as fc from "fast-check"
import { Sample } from "./sample.ts"

/**
 * A wiring with something wrong, and what that is.
 *
 * **Details**
 *
 * `registry` has the steps `"one"` and `"other"`, with the actions `"default"` and
 * `"left"`. Each of `problems` has the path that an `InvalidFlow` has to name, and
 * a text that its reason has to contain.
 *
 * @category models
 * @since 0.1.0
 */
export interface Broken {
  readonly json: unknown
  readonly registry: Readonly<Record<string, Flow.Step<typeof Sample, "default" | "left">>>
  readonly problems: ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly about: string }>
}

const step = Node.make(Sample, {
  post: () => Sample.decide((s) => (s.a > 0 ? "default" : "left")),
  actions: ["default", "left"]
})
const registry = { one: step, other: step }

interface Wiring {
  start: string
  nodes: Record<string, unknown>
  edges: Record<string, Record<string, unknown>>
}

/** Sets an own property, whatever its name. */
const put = (record: object, key: string, value: unknown) =>
  void Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true })

/** Breaks `wiring` at the node `id`, and tells how: the path inside of it, and what the reason has to say. */
type Break = (wiring: Wiring, id: string, name: string) => readonly [path: ReadonlyArray<string>, about: string]

const breaks: Readonly<Record<string, Break>> = {
  "unknown target": (wiring, id, name) => {
    put((wiring.edges[id] ??= {}), "left", name)
    return [[id], quoted(name)]
  },
  "unknown start": (wiring, _id, name) => {
    wiring.start = name
    return [[], quoted(name)]
  },
  "unknown step": (wiring, id, name) => {
    wiring.nodes[id] = name
    return [[id], quoted(name)]
  },
  "unknown action": (wiring, id, name) => {
    // A step that is not known, or a flow, has actions of its own.
    wiring.nodes[id] = "one"
    put((wiring.edges[id] ??= {}), name, id)
    return [[id], quoted(name)]
  },
  "edges from nowhere": (wiring, id, name) => {
    put(wiring.edges, name, { default: id })
    return [[name], quoted(name)]
  },
  "an action without a name": (wiring, id) => {
    put((wiring.edges[id] ??= {}), "", id)
    return [[id], "not empty"]
  },
  "a node without an id": (wiring) => {
    put(wiring.nodes, "", "one")
    return [[""], "not empty"]
  },
  "a target that is no text": (wiring, id) => {
    put(wiring.edges, id, { default: 1 })
    return [[id], "edges are an object"]
  },
  "no wiring": (wiring, id) => {
    wiring.nodes[id] = 42
    return [[id], "a flow is an object"]
  },
  "a flow in itself": (wiring, id) => {
    wiring.nodes[id] = wiring
    return [[id], "cannot contain itself"]
  }
}

/** As messages quote a name: long ones are cut. */
const quoted = (name: string): string => JSON.stringify(name).slice(0, 70)

/** Names that are in no wiring, some of which objects have by themselves. */
const name = fc.oneof(
  fc.constantFrom("nowhere", "__proto__", "constructor", "toString", "hasOwnProperty", " ", "\u0000", "a/b", "~"),
  fc.string({ minLength: 1, maxLength: 8 }).map((text) => `?${text}`),
  fc.integer({ min: 100, max: 10_000 }).map((length) => "?".repeat(length))
)

const ids = ["n0", "n1", "n2"]

/** A wiring that is whole; some of its nodes are flows. */
const { wiring } = fc.letrec<{ wiring: Wiring }>((tie) => ({
  wiring: fc
    .record({
      nodes: fc.array(
        fc.oneof({ maxDepth: 2, withCrossShrink: true }, fc.constantFrom("one", "other"), tie("wiring")),
        { minLength: 1, maxLength: 3 }
      ),
      targets: fc.array(fc.tuple(fc.nat({ max: 2 }), fc.constantFrom("default", "left"), fc.nat({ max: 2 })), {
        maxLength: 3
      })
    })
    .map(({ nodes, targets }) => {
      const known = ids.slice(0, nodes.length)
      const wiring: Wiring = {
        start: "n0",
        nodes: Object.fromEntries(nodes.map((node, i) => [known[i]!, node])),
        edges: {}
      }
      for (const [from, action, to] of targets) {
        const id = known[from % known.length]!
        // Which actions a flow has is not known here.
        if (typeof wiring.nodes[id] === "string") (wiring.edges[id] ??= {})[action] = known[to % known.length]!
      }
      return wiring
    })
}))

/** The wirings in a wiring, with their paths. */
const within = (
  wiring: Wiring,
  path: ReadonlyArray<string>
): ReadonlyArray<readonly [Wiring, ReadonlyArray<string>]> => [
  [wiring, path],
  ...Object.entries(wiring.nodes).flatMap(([id, node]) =>
    typeof node === "object" ? within(node as Wiring, [...path, id]) : []
  )
]

/** What is broken in one of the wirings. A node that is replaced must be none with wirings in it, which may be broken, too. */
const breakOne = (
  [wiring, path]: readonly [Wiring, ReadonlyArray<string>],
  kind: string,
  which: number,
  name: string
) => {
  const ids = Object.keys(wiring.nodes).filter((id) => typeof wiring.nodes[id] === "string")
  const id = ids[which % ids.length]
  if (id === undefined) return []
  const [at, about] = breaks[kind]!(wiring, id, name)
  return [{ path: [...path, ...at], about }]
}

export const broken = (): fc.Arbitrary<Broken> =>
  fc
    .tuple(
      wiring,
      // One for each of the wirings, so that they do not hide each other.
      fc.array(fc.tuple(fc.constantFrom(...Object.keys(breaks)), fc.nat(), name), { minLength: 1, maxLength: 4 }),
      fc.nat()
    )
    .map(([whole, broken, first]) => {
      const json = structuredClone(whole)
      const places = within(json, [])
      const problems = broken
        .slice(0, places.length)
        .flatMap(([kind, which, name], i) => breakOne(places[(first + i) % places.length]!, kind, which, name))
      return { json, registry, problems }
    })
    .filter(({ problems }) => problems.length > 0)
