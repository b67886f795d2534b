/** Bugs to plant in `Structured`: where a reply could do harm, be taken for another, or cost too much. */
import type { Mutant } from "../../scripts/mutants.ts"

const ai = (file: string) => `packages/ai/src/${file}.ts`
const tests = ["test/ai/Structured.test.ts", "test/ai/structured/"]

const bugs: ReadonlyArray<Omit<Mutant, "tests">> = [
  {
    name: "Structured: the first block counts",
    file: ai("internal/fence"),
    find: "rank >= best.rank",
    replace: "rank > best.rank",
    breaks: "models draft before they answer: the last block counts"
  },
  {
    name: "Structured: a shorter fence closes a block",
    file: ai("internal/fence"),
    find: " && fence.length >= open.length",
    replace: "",
    breaks: "a closing fence is at least as long as the opening one"
  },
  {
    name: "Structured: a fence in a text closes the block",
    file: ai("internal/fence"),
    find: " && fence.indent <= open.indent",
    replace: "",
    breaks: "what is indented deeper belongs to the content"
  },
  {
    name: "Structured: a block that was cut off is read",
    file: ai("internal/fence"),
    find: "if (best.closed) return best",
    replace: "return best",
    breaks: "a part of a reply is never a success"
  },
  {
    name: "Structured: __proto__ is a key",
    file: ai("internal/yaml"),
    find: 'if (key === "__proto__") throw',
    replace: 'if (key === "__proto") throw',
    breaks: "no reply sets a prototype"
  },
  {
    name: "Structured: the last of two equal keys wins",
    file: ai("internal/yaml"),
    find: "if (Object.hasOwn(entries, key)) {",
    replace: "if (Object.hasOwn(entries, key) && false) {",
    breaks: "a key is there once"
  },
  {
    name: "Structured: inherited keys are there twice",
    file: ai("internal/yaml"),
    find: "if (Object.hasOwn(entries, key)) {",
    replace: "if (key in entries) {",
    breaks: "keys that objects have by themselves are keys like others"
  },
  {
    name: "Structured: one level deeper",
    file: ai("internal/yaml"),
    find: "if (open.length >= maxDepth)",
    replace: "if (open.length > maxDepth)",
    breaks: "nothing is deeper than maxDepth"
  },
  {
    name: "Structured: one level less deep",
    file: ai("internal/yaml"),
    find: "maxDepth: maxDepth + 3",
    replace: "maxDepth: maxDepth + 1",
    breaks: "what is not deeper than maxDepth is read"
  },
  {
    name: "Structured: anchors are passed over",
    file: ai("internal/yaml"),
    find: "} else if (event.anchorStart >= 0) {",
    replace: "} else if (event.anchorStart >= 0 && event.type === EVENT_ID.ALIAS) {",
    breaks: "no text that begins with & loses its first word"
  },
  {
    name: "Structured: tags are passed over",
    file: ai("internal/yaml"),
    find: "if (event.tagStart >= 0) {",
    replace: "if (event.tagStart > 1_000_000) {",
    breaks: "no text that begins with ! loses its first word"
  },
  {
    name: "Structured: the last document counts",
    file: ai("internal/yaml"),
    find: 'if (root !== undefined) throw new Problem("Syntax"',
    replace: 'if (root === null) throw new Problem("Syntax"',
    breaks: "a block is one document"
  },
  {
    name: "Structured: places are those of the block",
    file: ai("internal/yaml"),
    find: "if (event.valueStart >= 0) at = start + event.valueStart",
    replace: "if (event.valueStart >= 0) at = event.valueStart",
    breaks: "an error names the line of the reply"
  },
  {
    name: "Structured: quotes make no difference",
    file: ai("internal/yaml"),
    find: "const plain = event.style === SCALAR_STYLE.PLAIN",
    replace: "const plain = event.style !== SCALAR_STYLE.LITERAL_BLOCK",
    breaks: "what is in quotes is a text"
  },
  {
    name: "Structured: a text wins over a number",
    file: ai("internal/wanted"),
    find: "const readings = [value, scalar.text, String(value)]",
    replace: "const readings = [scalar.text, value, String(value)]",
    breaks: "where the schema takes the type that YAML gives, it is that"
  },
  {
    name: "Structured: a text is what a number looks like in JavaScript",
    file: ai("internal/wanted"),
    find: "const readings = [value, scalar.text, String(value)]",
    replace: "const readings = [value, String(value), scalar.text]",
    breaks: "numbers and dates stay as they are written"
  },
  {
    name: "Structured: null is a text",
    file: ai("internal/wanted"),
    find: "value === null || anything.length > 0",
    replace: "anything.length > 0",
    breaks: "null is never a text"
  },
  {
    name: "Structured: a union is not told apart",
    file: ai("internal/wanted"),
    find: "return found.length === 0 ? objects : found",
    replace: "return objects",
    breaks: "a literal says which member of a union it is"
  },
  {
    name: "Structured: items of a tuple are like the rest",
    file: ai("internal/wanted"),
    find: "index < fixed ? itemOf(wanted, index) : rest",
    replace: "index < 0 ? itemOf(wanted, index) : rest",
    breaks: "each item has the type that the schema has for it"
  },
  {
    name: "Structured: a date is what JavaScript takes for one",
    file: ai("internal/wanted"),
    find: "if (isIso8601(scalar.text)) return",
    replace: "if (!Number.isNaN(Date.parse(scalar.text))) return",
    breaks: "a date is ISO 8601: no number, no text and no American order becomes one"
  },
  {
    name: "Structured: there is a 31st of February",
    file: ai("internal/encoded"),
    find: " && date.toISOString().startsWith(day)",
    replace: "",
    breaks: "a date is one that there is"
  },
  {
    name: "Structured: a key that may be left out is null",
    file: ai("internal/wanted"),
    find: "if (isLeftOut(entry, types, type)) continue",
    replace: "",
    breaks: "null leaves out what may be left out"
  },
  {
    name: "Structured: null always leaves out",
    file: ai("internal/wanted"),
    find: "  types.every(isOptional) &&\n",
    replace: "",
    breaks: "null leaves out only what may be left out"
  },
  {
    name: "Structured: unions forget",
    file: ai("internal/once"),
    find: "known.set(input, found)",
    replace: "void found",
    breaks: "the time of unions within each other is linear"
  },
  {
    name: "Structured: what takes time takes it again",
    file: ai("internal/once"),
    find: "if (!Exit.hasInterrupts(exit)) known = exit",
    replace: "void exit",
    breaks: "each part is decoded once, also where that is asynchronous"
  },
  {
    name: "Structured: all members of a union are told",
    file: ai("internal/mismatch"),
    find: "if (!nearest.every(isWhole)) return tell(nearest[0]!, root, keys)",
    replace: "if (!nearest.every(isWhole)) return issues.flatMap((issue) => tell(issue, root, keys))",
    breaks: "of a union, what is wrong with the nearest member is told, and soon"
  },
  {
    name: "Structured: the reply is repeated whole",
    file: ai("Structured"),
    find: "const reply = cut(text, longestRepeated)",
    replace: "const reply = text",
    breaks: "an error and a question hold at most some thousand characters of a reply"
  },
  {
    name: "Structured: bytes are characters",
    file: ai("Structured"),
    find: " || (text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes)",
    replace: "",
    breaks: "the limit is one of bytes"
  },
  {
    name: "Structured: only the first thing that is wrong is told",
    file: ai("Structured"),
    find: 'const errors = reply.length > 65_536 ? "first" : "all"',
    replace: 'const errors = "first"',
    breaks: "the model is told all that is wrong"
  },
  {
    name: "Structured: messages of any length",
    file: ai("internal/mismatch"),
    find: "${cut(notes.get(node) ?? message, longest)}",
    replace: "${notes.get(node) ?? message}",
    breaks: "a message is at most 3000 characters"
  },
  {
    name: "Structured: half a character",
    file: ai("internal/problem"),
    find: "? length - 1 : length",
    replace: "? length : length",
    breaks: "what is cut is cut between characters"
  },
  {
    name: "Structured: asked once too often",
    file: ai("Structured"),
    find: "times > 0 ? ask(",
    replace: "times >= 0 ? ask(",
    breaks: "the model is asked at most `times` more"
  },
  {
    name: "Structured: the conversation begins anew",
    file: ai("Structured"),
    find: "ask(withCorrection(prompt, error), times - 1)",
    replace: "ask(withCorrection(Prompt.make(text), error), times - 1)",
    breaks: "the model sees what it was asked, and each of its replies"
  },
  {
    name: "Structured: replies are not checked for who keeps them",
    file: ai("Structured"),
    find: "Effect.provideService(ReplyCheck, check)",
    replace: "Effect.provideService(ReplyCheck, undefined)",
    breaks: "a reply that failed validation is never kept"
  },
  {
    name: "Structured: optional keys look required",
    file: ai("internal/shape"),
    find: "isOptional(type) ? optional(shape) : shape",
    replace: "shape",
    breaks: "the instructions say what may be left out"
  },
  {
    name: "Structured: what is long is drawn again and again",
    file: ai("internal/shape"),
    find: "linesOf(before.body) <= short",
    replace: "linesOf(before.body) > 0",
    breaks: "the instructions are as long as the schema"
  },
  {
    name: "Structured: examples are of the decoded side",
    file: ai("internal/shape"),
    find: ".map((example) => encode(example))",
    replace: ".map((example) => Exit.succeed(example))",
    breaks: "an example of the instructions is accepted"
  }
]

export const structured: ReadonlyArray<Mutant> = bugs.map((bug) => ({ ...bug, tests }))
