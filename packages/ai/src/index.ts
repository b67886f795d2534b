/**
 * What an LLM flow needs around `effect/ai`: models of OpenAI and compatible
 * servers, one without a network, values and tokens out of replies, tools, and
 * limits.
 *
 * @since 0.1.0
 */
export * as Budget from "./Budget.ts"
export * as Limits from "./Limits.ts"
export * as OfflineModel from "./OfflineModel.ts"
export * as OpenAi from "./OpenAi.ts"
export * as OpenAiEmbedding from "./OpenAiEmbedding.ts"
export * as ReplyCache from "./ReplyCache.ts"
export * as Retry from "./Retry.ts"
export * as Structured from "./Structured.ts"
export * as TextStream from "./TextStream.ts"
export * as ToolLoop from "./ToolLoop.ts"
