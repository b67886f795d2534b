/**
 * Language models for `effect/ai`: OpenAI and compatible servers, and an offline one.
 *
 * @since 0.1.0
 */
export * as OfflineModel from "./OfflineModel.ts"
export * as OpenAi from "./OpenAi.ts"
export * as TextStream from "./TextStream.ts"
export * as ToolLoop from "./ToolLoop.ts"
