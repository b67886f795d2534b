/**
 * Property tests for flows: random flows and a reference model of them, laws,
 * interleavings that replay from a seed, virtual time, scripted models
 * and a fake server of OpenAI's protocol.
 *
 * @since 0.1.0
 */
export * as Arbitraries from "./Arbitraries.ts"
export * as FakeOpenAi from "./FakeOpenAi.ts"
export * as Laws from "./Laws.ts"
export * as Model from "./Model.ts"
export * as OpenAiFault from "./OpenAiFault.ts"
export * as Property from "./Property.ts"
export * as ScriptedModel from "./ScriptedModel.ts"
export { exploreInterleavings, replayInterleaving } from "./SeededScheduler.ts"
export * as SeededScheduler from "./SeededScheduler.ts"
export * as Spec from "./Spec.ts"
export * as VirtualTime from "./VirtualTime.ts"
