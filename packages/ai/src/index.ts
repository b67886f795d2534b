/**
 * Models for `effect/ai`: language and embeddings of OpenAI and compatible servers,
 * and a language model without a network.
 *
 * @since 0.1.0
 */
export * as OfflineModel from "./OfflineModel.ts"
export * as OpenAi from "./OpenAi.ts"
export * as OpenAiEmbedding from "./OpenAiEmbedding.ts"
