/** What a fault does to a reply, which its public type does not tell. */
import type * as Effect from "effect/Effect"
import type { OpenAiFault } from "../../OpenAiFault.ts"
import type * as Wire from "./wire.ts"

export interface Fault extends OpenAiFault {
  readonly change: (reply: Effect.Effect<Wire.Steps>) => Effect.Effect<Wire.Steps>
}

export const apply = (fault: OpenAiFault, reply: Effect.Effect<Wire.Steps>): Effect.Effect<Wire.Steps> =>
  // `OpenAiFault` makes no other.
  (fault as Fault).change(reply)
