/** One tool call of a model, and what it is told of it. */
import * as AiError from "effect/ai/AiError"
import * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { isDeep, maxDepth } from "./deep.ts"

/** What a call may do, and how; the names are checked by the types of `ToolLoop`. */
export interface Options {
  readonly toolkit: Toolkit.WithHandler<Record<string, Tool.Any>>
  readonly allow?: ReadonlyArray<string> | undefined
  readonly failureMode?: Tool.FailureMode | undefined
  readonly approve?: ((call: Prompt.ToolCallPart) => Effect.Effect<boolean, any, any>) | undefined
  /** What has been decided on this call before; a no counts also where no approval is needed. */
  readonly approved?: boolean | undefined
}

/** The toolkit with the allowed tools only. The names of MCP's tools are not known to the types, so they are checked. */
export const allowed = ({ allow, toolkit }: Options): Effect.Effect<Options["toolkit"], AiError.AiError> => {
  const tools = Object.entries(toolkit.tools).filter(([name]) => allow?.includes(name) !== false)
  const toolName = allow?.find((name) => !Object.hasOwn(toolkit.tools, name))
  if (toolName === undefined) return Effect.succeed({ ...toolkit, tools: Object.fromEntries(tools) })
  const description = `It is allowed, but not in the toolkit, which has: ${Object.keys(toolkit.tools).join(", ")}`
  return Effect.fail(failure(new AiError.ToolConfigurationError({ toolName, description })))
}

/**
 * The result of a call. One that may not be made, or cannot, has a failed result
 * that says why, so that the model can do better, or without.
 */
export const run = (
  call: Prompt.ToolCallPart,
  history: Prompt.Prompt,
  { allow, approved, failureMode, toolkit, ...options }: Options
): Effect.Effect<Prompt.ToolResultPart, any, any> => {
  const tool = Object.hasOwn(toolkit.tools, call.name) ? toolkit.tools[call.name] : undefined
  if (tool === undefined) return refused(call, `There is no tool "${call.name}"`)
  if (allow?.includes(call.name) === false) return refused(call, `The tool "${call.name}" may not be used here`)
  if (approved === false) return refused(call, "It was not approved")
  const approve = approved === undefined ? options.approve : () => Effect.succeed(approved)
  return Effect.gen(function* () {
    if (yield* needsApproval(tool, call, history)) {
      if (approve === undefined) return yield* refused(call, "It needs an approval, and nobody is there to give it")
      if (!(yield* approve(call))) return yield* refused(call, "It was not approved")
    }
    // Only parameters that do not fit fail here; what the tool itself fails with is in the stream.
    return yield* toolkit.handle(call.name, call.params as never, call.id).pipe(
      Effect.matchEffect({
        onFailure: ({ reason }) => refused(call, reason.message),
        onSuccess: (results) => {
          const result = handled(tool, call, results)
          const told =
            failureMode === "return"
              ? Effect.catchIf(result, isOfHandler, (error) => toResult(tool, call, { result: error, isFailure: true }))
              : result
          return Effect.catchDefect(told, (defect) => (isOverflow(defect) ? overflowed(tool) : Effect.die(defect)))
        }
      })
    )
  })
}

// internal

const handled = (tool: Tool.Any, call: Prompt.ToolCallPart, results: Stream.Stream<Handled, unknown, unknown>) =>
  results.pipe(
    // What comes before is preliminary.
    Stream.runLast,
    Effect.flatMap(
      Option.match({
        onNone: () => Effect.die(new Error(`The tool "${tool.name}" gave no result`)),
        onSome: (last) => toResult(tool, call, last)
      })
    )
  )

const needsApproval = (
  { needsApproval, parametersSchema }: Tool.Any,
  call: Prompt.ToolCallPart,
  history: Prompt.Prompt
): Effect.Effect<boolean, never, unknown> => {
  if (typeof needsApproval !== "function") return Effect.succeed(needsApproval === true)
  return Effect.matchEffect(Schema.decodeUnknownEffect(parametersSchema)(call.params), {
    // The toolkit refuses such parameters, and calls nothing.
    onFailure: () => Effect.succeed(false),
    onSuccess: (params) => {
      const needed = needsApproval(params, { toolCallId: call.id, messages: history.content })
      return Effect.isEffect(needed) ? needed : Effect.succeed(needed)
    }
  })
}

type Handled = Pick<Tool.HandlerResult<Tool.Any>, "modelOutput" | "isFailure"> & { readonly result: unknown }

/** Encoded as JSON, so that the conversation can be stored: what the toolkit encodes may hold dates, or be undefined. */
const toResult = (
  tool: Tool.Any,
  call: Prompt.ToolCallPart,
  { isFailure, modelOutput, result }: Handled
): Effect.Effect<Prompt.ToolResultPart, AiError.AiError, unknown> =>
  Schema.encodeUnknownEffect(Schema.toCodecJson(isFailure ? Tool.failureResultSchema(tool) : tool.successSchema))(
    result
  ).pipe(
    Effect.mapBoth({
      onSuccess: (json) =>
        isDeep(json)
          ? part(call, `The tool was run, but its result is nested more than ${maxDepth} deep`, true)
          : part(call, json, isFailure, modelOutput),
      onFailure: ({ message }) =>
        failure(new AiError.ToolResultEncodingError({ toolName: tool.name, toolResult: result, description: message }))
    })
  )

/** A result that does not fit its schema is a fault of the program, which a model cannot mend. */
const isOfHandler = (error: unknown): boolean =>
  !AiError.isAiError(error) || error.reason._tag !== "ToolResultEncodingError"

/** Schemas that contain themselves are walked by recursion. The stack does not tell their overflow from the tool's own. */
const isOverflow = (defect: unknown): boolean =>
  defect instanceof RangeError && defect.message === "Maximum call stack size exceeded"

const overflowed = ({ name: toolName }: Tool.Any) => {
  const description = "The stack is too short for it: the result is nested too deep, or the tool calls itself"
  return Effect.fail(failure(new AiError.ToolResultEncodingError({ toolName, toolResult: undefined, description })))
}

const refused = (call: Prompt.ToolCallPart, reason: string): Effect.Effect<Prompt.ToolResultPart> =>
  Effect.succeed(part(call, { type: "execution-denied", reason } satisfies typeof Tool.ExecutionFailure.Type, true))

const part = (
  { id, name }: Prompt.ToolCallPart,
  result: unknown,
  isFailure: boolean,
  modelOutput?: Handled["modelOutput"]
): Prompt.ToolResultPart =>
  Prompt.toolResultPart({ id, name, isFailure, result, providerExecuted: false, ...(modelOutput && { modelOutput }) })

const failure = (reason: AiError.AiErrorReason) => AiError.make({ module: "ToolLoop", method: "call", reason })
