/**
 * LLM flows as immutable values on Effect: a typed `Store`, `Node`s that read,
 * work and answer with a transition, and `Flow`s that wire them as data.
 *
 * @since 0.1.0
 */
export * as Flow from "./Flow.ts"
export * as Node from "./Node.ts"
export * as Store from "./Store.ts"
