import { OfflineModel } from "@effect-pocketflow/ai"
import { ScriptedModel } from "@effect-pocketflow/testing"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { AiError } from "effect/ai"
import { Flow } from "effect-pocketflow"
import { runExample } from "../shared/testing.ts"
import { readOrder, refused } from "./flow.ts"
import { program } from "./program.ts"
import { rules } from "./rules.ts"

const offline = Layer.merge(OfflineModel.layer(rules), NodeServices.layer)

/** How the mail of a file is read, and what was refused on the way. */
const readMail = Effect.fnUntraced(function* (name: string) {
  const text = yield* FileSystem.FileSystem.use((fs) => fs.readFileString(`${import.meta.dirname}/data/${name}.txt`))
  const complaints: Array<string> = []
  const { outcome, store } = yield* Flow.runForEach(
    readOrder({ repairs: 2 }),
    { text },
    (event) => Effect.sync(() => event._tag === "Emitted" && complaints.push(event.value)),
    { channels: [refused] }
  )
  return { outcome, order: store.order, noOrder: store.noOrder, complaints }
})

/** An order as YAML, in which a part may be wrong. */
const reply = ({ deliverOn = "2025-03-15", quantity = "2", product = "BRIO-400" }) =>
  `\`\`\`yaml\ncustomer: Ada\nemail: ada@example.org\ndeliverOn: ${deliverOn}\nitems:\n  - product: ${product}\n    quantity: ${quantity}\nwishes: []\n\`\`\``

const read = (repairs: number) => Flow.run(readOrder({ repairs }), { text: "Two brioches, please. Ada" })

describe("structured output", () => {
  it.effect("reads what the mail orders, and not what it quotes; words for numbers are mended", () =>
    Effect.gen(function* () {
      const { complaints, ...result } = yield* readMail("cafe-lumen")
      assert.deepStrictEqual(result, {
        outcome: "read",
        noOrder: undefined,
        order: {
          customer: "Café Lumen",
          email: "marta@cafe-lumen.example",
          phone: "0555 010 7788",
          deliverOn: new Date("2025-03-15"),
          items: [
            { product: "CROI-080", quantity: 24 },
            { product: "CINN-100", quantity: 12 },
            { product: "SOUR-800", quantity: 6 },
            { product: "RYE-1000", quantity: 1 }
          ],
          wishes: [
            "Please use the back door, the front is still being painted.",
            "Call me if the oven is acting up again - 0555 010 7788."
          ]
        }
      })
      assert.lengthOf(complaints, 1)
      assert.deepStrictEqual(
        Array.from(complaints[0]!.matchAll(/\S+(?= \(line)/g), ([path]) => path),
        ["deliverOn", "items[0].quantity", "items[2].quantity", "items[3].quantity"]
      )
    }).pipe(Effect.provide(offline))
  )

  it.effect("reads a table", () =>
    Effect.gen(function* () {
      const { order } = yield* readMail("harbour-school")
      assert.deepStrictEqual(order, {
        customer: "Harbour School",
        email: "office@harbour-school.example",
        phone: "+49 555 0199",
        deliverOn: new Date("2025-03-21"),
        items: [
          { product: "BAGU-250", quantity: 150 },
          { product: "CINN-100", quantity: 80 },
          { product: "BRIO-400", quantity: 20 },
          { product: "RYE-1000", quantity: 36 }
        ],
        wishes: ["Please send the invoice to this address."]
      })
    }).pipe(Effect.provide(offline))
  )

  it.effect("says what a mail is that orders nothing", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* readMail("newsletter"), {
        outcome: "noOrder",
        order: undefined,
        noOrder: "What is new in baking this spring",
        complaints: []
      })
    }).pipe(Effect.provide(offline))
  )

  it.effect.each([
    { wrong: { quantity: "0" }, path: "items[0].quantity", says: "between 1 and 500" },
    { wrong: { quantity: "two" }, path: "items[0].quantity", says: "Expected number" },
    { wrong: { product: "CAKE-001" }, path: "items[0].product", says: '"BRIO-400"' },
    { wrong: { deliverOn: "2025-02-30" }, path: "deliverOn", says: "ISO 8601" }
  ])("fails with the field that is wrong to the last: $path $wrong", ({ path, says, wrong }) =>
    Effect.gen(function* () {
      const model = yield* ScriptedModel.ScriptedModel
      const error = yield* Effect.flip(read(2))
      assert.strictEqual(error._tag === "InvalidReply" && error.path, path)
      assert.include(error.message, `${path} (line`)
      assert.include(error.message, says)
      const calls = yield* model.calls
      assert.deepStrictEqual(
        calls.map(({ prompt }) => prompt.split("Your reply cannot be used").length - 1),
        [0, 1, 2]
      )
    }).pipe(Effect.provide(ScriptedModel.layer({ rules: [{ when: () => true, reply: reply(wrong) }] })))
  )

  it.effect("asks again where a reply is no block at all", () =>
    Effect.gen(function* () {
      const { store } = yield* read(1)
      assert.deepStrictEqual(store.order?.items, [{ product: "BRIO-400", quantity: 2 }])
    }).pipe(Effect.provide(ScriptedModel.layer({ replies: ["Gladly! Two brioches for Ada.", reply({})] })))
  )

  it.effect("fails as the model does", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read(2))
      assert.strictEqual(error._tag === "AiError" && error.reason._tag, "ContentPolicyError")
    }).pipe(
      Effect.provide(ScriptedModel.layer({ faults: { 0: new AiError.ContentPolicyError({ description: "no" }) } }))
    )
  )

  it.effect("is a command that prints the invoice", () =>
    Effect.gen(function* () {
      const { err, ok, out } = yield* runExample(program)
      assert.deepStrictEqual([ok, err.split("\n").length], [true, 2])
      assert.strictEqual(
        out,
        `Café Lumen <marta@cafe-lumen.example> 0555 010 7788
for 2025-03-15
   24  CROI-080  butter croissant      38.40
   12  CINN-100  cinnamon roll         26.40
    6  SOUR-800  sourdough loaf        28.80
    1  RYE-1000  rye loaf               5.60
                 total                 99.20
- Please use the back door, the front is still being painted.
- Call me if the oven is acting up again - 0555 010 7788.`
      )
    })
  )

  it.effect("is a command that says which field is wrong", () =>
    Effect.gen(function* () {
      const { err, ok, out } = yield* runExample(program, "--repairs", "0")
      assert.deepStrictEqual([ok, out], [false, ""])
      assert.match(err, /^error: the reply does not fit: deliverOn \(line 5\): Expected a date/m)
    })
  )
})
