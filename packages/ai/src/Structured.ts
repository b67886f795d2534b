/**
 * Values in the replies of a model: one fenced block of YAML or JSON, read by a
 * Schema.
 *
 * This is PocketFlow's idiom, made safe: `instructions` say what to write,
 * `decode` reads what the model wrote, whatever that is, and `generate` does both
 * and asks again when a reply cannot be used. The model needs no support for
 * structured output.
 *
 * @since 0.1.0
 */
import type * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { findBlock } from "./internal/fence.ts"
import { mismatch } from "./internal/mismatch.ts"
import { once } from "./internal/once.ts"
import { cut, placeOf, Problem, reasons } from "./internal/problem.ts"
import { ReplyCheck } from "./internal/replyCheck.ts"
import { shapeOf } from "./internal/shape.ts"
import { toJson, toYaml } from "./internal/skeleton.ts"
import { type Notes, toValue } from "./internal/wanted.ts"
import { readYaml } from "./internal/yaml.ts"

/**
 * What may be read at all.
 *
 * **Details**
 *
 * - `maxBytes`: of the reply, in UTF-8; 1 MiB (1,048,576) by default.
 * - `maxDepth`: of lists and maps within each other; 64 by default, and never
 *   more than 256, since a schema decodes what is within on the stack.
 *
 * @category models
 * @since 0.1.0
 */
export interface Limits {
  readonly maxBytes?: number | undefined
  readonly maxDepth?: number | undefined
}

/**
 * A reply that cannot be used: why, and where.
 *
 * **Details**
 *
 * `message` is in words that a model understands, too, and never longer than
 * 3000 characters. The `reason` is
 *
 * - `NoBlock`: no block, or one that is not closed, as in a reply that was cut off
 * - `TooLarge`, `TooDeep`: beyond the limits
 * - `Syntax`: neither YAML nor JSON, or YAML that is more than data: tags,
 *   several documents, keys that are no texts
 * - `Alias`: an anchor or an alias
 * - `DuplicateKey`; `ForbiddenKey`, which is `__proto__`
 * - `Mismatch`: not what the schema asks for
 *
 * `reply` is what the model wrote, cut after 8000 characters; `line` and `column`
 * are places in the whole of it, from 1. A mismatch has the `path` of the first
 * value that does not fit, such as `jobs[0].title`.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidReply extends Schema.TaggedError<InvalidReply>()("InvalidReply", {
  reason: Schema.Literals(reasons),
  message: Schema.String,
  line: Schema.optionalKey(Schema.Int),
  column: Schema.optionalKey(Schema.Int),
  path: Schema.optionalKey(Schema.String),
  reply: Schema.String
}) {}

/**
 * Reads a value out of a reply.
 *
 * **When to use**
 *
 * Use where the call of the model is your own, or there is none; `generate` is
 * the whole of it.
 *
 * **Details**
 *
 * The block:
 *
 * - It stands between two lines of three or more backticks or tildes. The first
 *   may name it `yaml`, `yml` or `json`.
 * - Of several, the last one with such a name counts, else the last without any:
 *   models draft before they answer. Blocks of other languages are passed over.
 * - If it is not closed, the reply was cut off, and nothing is read.
 * - A closing fence is not indented deeper than the opening one, so that a block
 *   of text in it may have fences.
 * - Without a fence, a reply that is JSON and nothing else is read as well. YAML
 *   is not, since all prose is YAML.
 *
 * The value:
 *
 * - JSON is read as the YAML it is. Keys have to be different, and none is
 *   `__proto__`. Anchors, aliases and tags are errors.
 * - The schema decides what a plain scalar is. `phone: 0555` is the text `0555`
 *   for `Schema.String` and the number 555 for `Schema.Number`. What is in quotes
 *   is a text.
 * - `null` is never a text. For a key that may be left out and cannot be `null`,
 *   it leaves the key out.
 * - Dates and times are ISO 8601 only, one day or one moment: `2026-01-31` or
 *   `2026-01-31T12:00:00Z`. What else JavaScript takes for a date is none.
 * - It is then decoded by `Schema.toCodecJson(schema)`, so that dates, bigints,
 *   options and classes work. The message has the first five things that do not
 *   fit; of a reply longer than 65,536 characters, the first.
 *
 * The time is linear in the length of the reply: some tenths of a second for 1 MB.
 *
 * **Errors**
 *
 * `InvalidReply`, for every reply that does not give a value.
 *
 * **Gotchas**
 *
 * A declaration without a JSON form, as by `Schema.instanceOf(File)`, is asked for
 * as anything, and no reply fits it: annotate it with `toCodecJson`.
 *
 * **Example** (A reply with more than the answer)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Structured } from "@effect-pocketflow/ai"
 *
 * const Contact = Schema.Struct({ name: Schema.String, phone: Schema.NullOr(Schema.String) })
 *
 * const reply = "Here you are:\n\n```yaml\nname: Ada\nphone: 0555\n```\n\nAnything else?"
 *
 * await Effect.runPromise(Structured.decode(Contact)(reply)) // => { name: "Ada", phone: "0555" }
 * ```
 *
 * @see {@link generate}
 * @category reading
 * @since 0.1.0
 */
export const decode = <S extends Schema.Constraint>(
  schema: S,
  limits: Limits = {}
): ((reply: string) => Effect.Effect<S["Type"], InvalidReply, S["DecodingServices"]>) => {
  const codec = Schema.toCodecJson(schema)
  const decodeValue = Schema.decodeUnknownEffect(Schema.make<typeof codec>(once(codec.ast)))
  const maxBytes = limits.maxBytes ?? 1_048_576
  const maxDepth = Math.min(limits.maxDepth ?? 64, 256)
  return (reply) =>
    Effect.suspend(() => {
      try {
        if (isLarger(reply, maxBytes)) throw new Problem("TooLarge", `the reply is larger than ${maxBytes} bytes`)
        const node = readYaml(reply, findBlock(reply), maxDepth)
        // Hundreds of thousands of issues take longer than all else, and nobody would read them.
        const errors = reply.length > 65_536 ? "first" : "all"
        const notes: Notes = new Map()
        return Effect.mapError(decodeValue(toValue(node, codec.ast, notes), { errors }), ({ issue }) =>
          toInvalidReply(reply, mismatch(reply, node, issue, notes))
        )
      } catch (thrown) {
        if (thrown instanceof Problem) return Effect.fail(toInvalidReply(reply, thrown))
        throw thrown
      }
    })
}

/**
 * What to tell a model, so that it replies with a value that `decode` accepts.
 *
 * **Details**
 *
 * After a sentence comes a skeleton of the value, drawn from what `decode` reads:
 * keys and types, which keys are optional, lists, records, alternatives. What it
 * cannot show stands in comments: titles, descriptions, constraints and examples
 * of the schema.
 *
 * `format` is `"yaml"` by default: models make fewer mistakes in it where values
 * are long texts. Both are read, whichever was asked for.
 *
 * **Example** (A skeleton)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Structured } from "@effect-pocketflow/ai"
 *
 * const Review = Schema.Struct({
 *   score: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })),
 *   author: Schema.optionalKey(Schema.String)
 * })
 *
 * const skeleton = Structured.instructions(Review).split("\n").slice(4, -1)
 * skeleton // => ["score: integer # a value between 1 and 5", "author: string # optional"]
 * ```
 *
 * @category prompting
 * @since 0.1.0
 */
export const instructions = (
  schema: Schema.Constraint,
  { format = "yaml" }: { readonly format?: "yaml" | "json" | undefined } = {}
): string => {
  const shape = shapeOf(Schema.toCodecJson(schema).ast)
  return format === "yaml"
    ? `Reply with one YAML block in a fence and nothing else. It has this form; comments (#) explain it and are left out.
Quote texts that have ": " or " #" in them, or begin with a special character.

\`\`\`yaml
${toYaml(shape)}
\`\`\``
    : `Reply with one JSON block in a fence and nothing else. It has this form; comments (//) explain it and are left out.

\`\`\`json
${toJson(shape)}
\`\`\``
}

/**
 * Asks the model for a value, and again when its reply cannot be used.
 *
 * **Details**
 *
 * - `prompt` is what `LanguageModel.generateText` takes. The instructions are
 *   added to its first system message, or are one before it: templates of many
 *   models know only one. Other messages stay as they are.
 * - After an `InvalidReply` the model sees its reply, cut where it is very long,
 *   and the message, and is asked again: at most `times` more, 2 by default.
 * - `onInvalid` is called with each `InvalidReply`, the last one included: for a
 *   log, a `Flow.Channel`, a count.
 * - Only an `InvalidReply` is asked about. Whether other errors are worth a
 *   further try is for `Effect.retry` and `Node.retry` to say.
 *
 * **Errors**
 *
 * - `AiError`, from any of the calls
 * - the last `InvalidReply`
 *
 * **Example** (A model that corrects itself)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { OfflineModel, Structured } from "@effect-pocketflow/ai"
 *
 * const Model = OfflineModel.layer([
 *   { name: "again", when: /age \(line 3\)/, reply: () => "```yaml\nname: Ada\nage: 36\n```" },
 *   { name: "first", when: /Ada/, reply: () => "```yaml\nname: Ada\nage: thirty-six\n```" }
 * ])
 *
 * const Person = Schema.Struct({ name: Schema.String, age: Schema.Int })
 * const program = Structured.generate(Person, "Who was Ada?").pipe(Effect.provide(Model))
 *
 * await Effect.runPromise(program) // => { name: "Ada", age: 36 }
 * ```
 *
 * @see {@link decode}
 * @category asking
 * @since 0.1.0
 */
export const generate = <S extends Schema.Constraint, R = never>(
  schema: S,
  prompt: Prompt.RawInput,
  options: Limits & {
    readonly format?: "yaml" | "json" | undefined
    readonly times?: number | undefined
    readonly onInvalid?: ((error: InvalidReply) => Effect.Effect<unknown, never, R>) | undefined
  } = {}
): Effect.Effect<S["Type"], AiError.AiError | InvalidReply, LanguageModel.LanguageModel | S["DecodingServices"] | R> =>
  Effect.contextWith((context: Context.Context<S["DecodingServices"]>) => {
    const read = decode(schema, options)
    const check = (text: string) => Effect.provide(Effect.isSuccess(read(text)), context)
    const refuse = (error: InvalidReply) =>
      Effect.andThen(options.onInvalid?.(error) ?? Effect.void, Effect.fail(error))
    const ask = (prompt: Prompt.Prompt, times: number): ReturnType<typeof generate<S, R>> =>
      LanguageModel.generateText({ prompt }).pipe(
        Effect.provideService(ReplyCheck, check),
        Effect.flatMap(({ text }) =>
          Effect.catch(Effect.catch(read(text), refuse), (error) =>
            times > 0 ? ask(withCorrection(prompt, error), times - 1) : Effect.fail(error)
          )
        )
      )
    return ask(withSystem(Prompt.make(prompt), instructions(schema, options)), options.times ?? 2)
  })

// internal

const isLarger = (text: string, bytes: number): boolean =>
  // A character takes one to three bytes; only what is between has to be counted.
  text.length > bytes || (text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes)

/** A text of a model that is repeated is cut here: it fills logs and the context of the model, and is paid for. */
const longestRepeated = 8000

const toInvalidReply = (text: string, { at, path, reason, what }: Problem): InvalidReply => {
  const reply = cut(text, longestRepeated)
  if (at === undefined) return new InvalidReply({ reason, message: what, reply })
  const place = placeOf(text, at)
  if (path !== undefined) return new InvalidReply({ reason, message: what, reply, ...place, path })
  const message = `${what} (line ${place.line}, column ${place.column})`
  return new InvalidReply({ reason, message, reply, ...place })
}

const withSystem = ({ content }: Prompt.Prompt, text: string): Prompt.Prompt => {
  const index = content.findIndex(({ role }) => role === "system")
  if (index < 0) return Prompt.fromMessages([Prompt.systemMessage({ content: text }), ...content])
  return Prompt.fromMessages(
    content.map((message, i) =>
      i === index && message.role === "system"
        ? Prompt.systemMessage({ ...message, content: `${message.content}\n\n${text}` })
        : message
    )
  )
}

const part = (text: string) => [Prompt.textPart({ text })]

const withCorrection = ({ content }: Prompt.Prompt, { message, reply }: InvalidReply): Prompt.Prompt => {
  const text = `Your reply cannot be used: ${message}. Reply again, with the whole block.`
  // Many servers refuse empty messages.
  const said = reply.trim() === "" ? [] : [Prompt.assistantMessage({ content: part(reply) })]
  return Prompt.fromMessages([...content, ...said, Prompt.userMessage({ content: part(text) })])
}
