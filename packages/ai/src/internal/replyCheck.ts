/** Whether the text of a reply is what the caller asked for: what keeps replies must not keep others. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

export const ReplyCheck = Context.Reference<((text: string) => Effect.Effect<boolean>) | undefined>(
  "@effect-pocketflow/ai/ReplyCheck",
  { defaultValue: () => undefined }
)
