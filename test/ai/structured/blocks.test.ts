/** Which block of a reply is read. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { fenced, read } from "./support.ts"

const cutOff = (at: string) => {
  const [line, column] = at.split(":")
  const message = `the reply ends before its block is closed by a fence (line ${line}, column ${column})`
  return { reason: "NoBlock", message, at }
}
const none = { reason: "NoBlock", message: "the reply has no YAML or JSON block in a fence" }
const value = (value: unknown) => ({ value })

describe("Structured: the block", () => {
  it.effect.each([
    ["yaml", fenced("a: 1"), value({ a: 1 })],
    ["yml", fenced("a: 1", "yml"), value({ a: 1 })],
    ["json", fenced('{"a": 1}', "json"), value({ a: 1 })],
    ["no name", fenced("a: 1", ""), value({ a: 1 })],
    ["a name in capitals, a space and more behind it", fenced("a: 1", " YAML title=x "), value({ a: 1 })],
    ["tildes", "~~~yaml\na: 1\n~~~", value({ a: 1 })],
    ["prose around it", `Sure!\n\n${fenced("a: 1")}\n\nAnything else?`, value({ a: 1 })],
    ["CRLF", "Sure!\r\n```yaml\r\na: 1\r\nb: |\r\n  x\r\n  y\r\n```\r\n", value({ a: 1, b: "x\ny\n" })],
    ["indented, as in a list", "- so:\n  ```yaml\n  a: 1\n  b: 2\n  ```\n", value({ a: 1, b: 2 })],
    ["spaces behind the fences", "```yaml  \na: 1\n```  ", value({ a: 1 })],
    ["a byte order mark", `\uFEFF${fenced("a: 1")}`, value({ a: 1 })],
    ["the last of several", [fenced("a: 1"), "or", fenced("a: 2")].join("\n"), value({ a: 2 })],
    ["the last, in JSON", [fenced("a: 1"), fenced('{"a": 2}', "json")].join("\n"), value({ a: 2 })],
    ["the one with a name", [fenced("a: 1"), fenced("a: 2", "")].join("\n"), value({ a: 1 })],
    ["the last without a name", [fenced("a: 1", ""), fenced("a: 2", "")].join("\n"), value({ a: 2 })],
    ["none of another language", [fenced("a: 1"), fenced("ls", "bash")].join("\n"), value({ a: 1 })],
    ["no block in a block of another language", `~~~markdown\n${fenced("a: 1")}\n~~~`, none],
    ["only another language", fenced("ls", "bash"), none],
    ["a language that begins like one of them", fenced("a: 1", "yamlish"), none],
    ["a fence too many", `${fenced("a: 1", "")}\n\`\`\`\n`, value({ a: 1 })],
    ["a longer fence", "`````yaml\na: |\n  x\n  ```\n  ````\n`````", value({ a: "x\n```\n````\n" })],
    [
      "a longer fence, with a shorter one in JSON",
      "````json\n[\n```\n]\n````",
      {
        reason: "Syntax",
        message: "the block is not YAML: missed comma between flow collection entries (line 3, column 1)",
        at: "3:1"
      }
    ],
    ["a longer closing fence", "```yaml\na: 1\n`````", value({ a: 1 })],
    ["tildes in backticks", "```yaml\na: |\n  ~~~\n```", value({ a: "~~~\n" })],
    [
      "a fence in a block of text",
      "```yaml\na: |\n  ```js\n  1\n  ```\nb: 2\n```",
      value({ a: "```js\n1\n```\n", b: 2 })
    ],
    ["code within a line", "```yaml``` is what I use\n" + fenced("a: 1"), value({ a: 1 })],
    ["two backticks", "``\na: 1\n``", none],
    ["nothing", "", none],
    ["prose", "I cannot do that.", none],
    ["bare YAML", "a: 1", none],
    ["a fence that is not at the beginning of a line", "so: ```yaml\na: 1\n```", cutOff("3:1")],
    ["a reply that is cut off", "```yaml\na: 1\nb: [", cutOff("1:1")],
    ["a reply that is cut off at once", "Sure!\n  ```yaml\n", cutOff("2:1")],
    ["a second block that is cut off", `${fenced("a: 1")}\n\`\`\`yaml\na: 2`, cutOff("4:1")],
    ["a shorter closing fence", "````yaml\na: 1\n```", cutOff("1:1")],
    ["a closing fence of the other kind", "```yaml\na: 1\n~~~", cutOff("1:1")],
    ["a closing fence with a name", "```yaml\na: 1\n``` end", cutOff("1:1")],
    ["a closing fence that is deeper", "```yaml\na: 1\n  ```", cutOff("1:1")],
    ["bare JSON", ' {"a": [1]}\n', value({ a: [1] })],
    ["a bare list of JSON", "\n[1, 2]", value([1, 2])],
    ["bare JSON and prose", '{"a": 1} is it', none],
    ["bare JSON that is cut off", '{"a": [1, 2', none],
    ["bare JSON and a block", `[\n${fenced("a: 1")}\n]`, value({ a: 1 })],
    ["bare JSON around another language", `["\n${fenced("ls", "bash")}\n"]`, value([" ```bash ls ``` "])]
  ] as const)("%s", ([_name, reply, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(Schema.Json, reply), expected)
    })
  )
})
