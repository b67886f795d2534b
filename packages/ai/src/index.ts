/**
 * Language models for `effect/ai`: OpenAI and compatible servers, an offline one, and values in their replies.
 *
 * @since 0.1.0
 */
export * as OfflineModel from "./OfflineModel.ts"
export * as OpenAi from "./OpenAi.ts"
export * as Structured from "./Structured.ts"
