/**
 * Language models for `effect/ai`: OpenAI and compatible servers, an offline one, and values in their replies.
 *
 * @since 0.1.0
 */
export * as Budget from "./Budget.ts"
export * as Limits from "./Limits.ts"
export * as OfflineModel from "./OfflineModel.ts"
export * as OpenAi from "./OpenAi.ts"
export * as ReplyCache from "./ReplyCache.ts"
export * as Retry from "./Retry.ts"
export * as Structured from "./Structured.ts"
export * as TextStream from "./TextStream.ts"
export * as ToolLoop from "./ToolLoop.ts"
