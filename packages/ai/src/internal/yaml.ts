/**
 * Reads YAML into nodes that know where they are, and scalars that know how they were written: what a scalar means is
 * for the schema to say.
 *
 * JSON is read as YAML, of which it is a part. Anchors, aliases and tags are refused: replies have no use for them, an
 * alias bomb needs them, and a text that begins with `&`, `*` or `!` would lose its first word.
 */
import { type Event, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from "js-yaml"
import type { Block } from "./fence.ts"
import { cut, Problem } from "./problem.ts"

export type Node = Scalar | List | Dict

/** `at` is an offset in the reply. */
export interface Scalar {
  readonly _tag: "Scalar"
  readonly at: number
  readonly text: string
  /** Neither quoted nor a block, so that it may be something else than a text. */
  readonly plain: boolean
}

export interface List {
  readonly _tag: "List"
  readonly at: number
  items: Array<Node>
}

export interface Dict {
  readonly _tag: "Dict"
  readonly at: number
  readonly entries: { [key: string]: Node }
}

/** What is in a block of the reply, or else a `Problem` is thrown. */
export const readYaml = (reply: string, { end, start }: Block, maxDepth: number): Node => {
  const source = reply.slice(start, end)
  /** What is open, and the key that waits for its value there, if it is a map. */
  const open: Array<List | Dict> = []
  const keys: Array<string | undefined> = []
  let root: Node | undefined
  let at = start
  const add = (node: Node) => {
    const last = open.length - 1
    const parent = open[last]
    if (parent === undefined) root = node
    else if (parent._tag === "List") {
      // An array that grows out of nothing takes room for 17.
      if (parent.items.length === 0) parent.items = [node]
      else parent.items.push(node)
    } else {
      const key = keys[last]
      if (key === undefined) keys[last] = keyOf(node, parent)
      else {
        parent.entries[key] = node
        keys[last] = undefined
      }
    }
  }
  for (const event of eventsOf(source, start, maxDepth)) {
    if (event.type === EVENT_ID.POP) {
      open.pop()
    } else if (event.type === EVENT_ID.DOCUMENT) {
      if (root !== undefined) throw new Problem("Syntax", "the block has more than one document", at)
    } else if (event.anchorStart >= 0) {
      const what = "anchors and aliases are not allowed; quote a text that begins with & or *"
      throw new Problem("Alias", what, start + event.anchorStart - 1)
    } else if (event.type !== EVENT_ID.ALIAS) {
      if (event.tagStart >= 0) {
        throw new Problem("Syntax", "tags are not allowed; quote a text that begins with !", start + event.tagStart)
      }
      if (event.type === EVENT_ID.SCALAR) {
        // An empty scalar has no place: it is behind what comes before it.
        if (event.valueStart >= 0) at = start + event.valueStart
        const plain = event.style === SCALAR_STYLE.PLAIN
        add({ _tag: "Scalar", at, text: getScalarValue(source, event), plain })
      } else {
        at = start + event.start
        const node: List | Dict =
          event.type === EVENT_ID.SEQUENCE ? { _tag: "List", at, items: [] } : { _tag: "Dict", at, entries: {} }
        if (open.length >= maxDepth) throw tooDeep(maxDepth, at)
        add(node)
        open.push(node)
        keys[open.length - 1] = undefined
      }
    }
  }
  if (root === undefined) throw new Problem("Syntax", "the block is empty", start)
  return root
}

// internal

const eventsOf = (source: string, start: number, maxDepth: number): ReadonlyArray<Event> => {
  try {
    // What the parser counts are its calls: in what may be a key, and in the deepest collection, there is one more.
    return parseEvents(source, { maxDepth: maxDepth + 3 })
  } catch (thrown) {
    const { mark, reason } = thrown instanceof YAMLException ? thrown : { mark: undefined, reason: String(thrown) }
    const at = mark && start + mark.position
    if (reason.startsWith("nesting exceeded")) throw tooDeep(maxDepth, at)
    throw new Problem("Syntax", `the block is not YAML: ${cut(reason, 200)}`, at)
  }
}

const tooDeep = (maxDepth: number, at: number | undefined): Problem =>
  new Problem("TooDeep", `the block is nested deeper than ${maxDepth} levels`, at)

const keyOf = (node: Node, { entries }: Dict): string => {
  if (node._tag !== "Scalar") throw new Problem("Syntax", "a key has to be a text", node.at)
  const key = node.text
  if (key === "__proto__") throw new Problem("ForbiddenKey", `the key "${key}" is not allowed`, node.at)
  if (Object.hasOwn(entries, key)) {
    throw new Problem("DuplicateKey", `the key ${cut(JSON.stringify(key), 100)} is there twice`, node.at)
  }
  return key
}
