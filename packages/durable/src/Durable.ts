/**
 * Flows whose runs outlive their process: recorded visit by visit, gone on with
 * after a crash, on another machine, or after a human has answered.
 *
 * @since 0.1.0
 */
export { compensate, transactional } from "./Compensate.ts"
export { client, cluster, embedded, failover, memory, postgres } from "./Engine.ts"
export type { Engine } from "./Engine.ts"
export { BadRecord, NotRecordable, OtherGraph, RunSuspended, WrongToken } from "./errors.ts"
export type { Refusal } from "./errors.ts"
export { changes, fork, steps, storeAfter, waiting } from "./Steps.ts"
export type { Step, Waiting } from "./Steps.ts"
export { answered, approval, IdempotencyKey, signal, sleep, Waits } from "./Waits.ts"
export type { Signal, Token } from "./Waits.ts"
export { make as workflow } from "./Workflow.ts"
export type { Halted, Migration, Options, Status, Workflow } from "./Workflow.ts"
