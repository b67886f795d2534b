/** Whether a reply is any good, as far as the one who asks can tell: what is not is asked for again, and never kept. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

export const ReplyCheck = Context.Reference<((text: string) => Effect.Effect<boolean>) | undefined>(
  "@effect-pocketflow/ai/ReplyCheck",
  { defaultValue: () => undefined }
)
