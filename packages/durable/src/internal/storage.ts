/**
 * The messages of the engine in a database that may not answer for a while.
 *
 * The engine gives up on a reply after a second, and holds the visit for one that goes
 * on: its run would stand still until the process is begun anew.
 *
 * @internal
 */
import * as MessageStorage from "effect/cluster/MessageStorage"
import * as SqlMessageStorage from "effect/cluster/SqlMessageStorage"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import { patient } from "./patient.ts"

const make = Effect.gen(function* () {
  const storage = yield* MessageStorage.MessageStorage
  const sql = yield* SqlClient.SqlClient
  /** What is part of a transaction fails with it. */
  const again = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.serviceOption(sql.transactionService), (open) =>
      Option.isSome(open) ? effect : patient(effect)
    )
  return MessageStorage.MessageStorage.of({
    ...storage,
    saveRequest: (message) => again(storage.saveRequest(message)),
    saveEnvelope: (message) => again(storage.saveEnvelope(message)),
    saveReply: (reply) => again(storage.saveReply(reply)),
    clearReplies: (request, options) => again(storage.clearReplies(request, options)),
    repliesForUnfiltered: (requests) => again(storage.repliesForUnfiltered(requests)),
    requestIdForPrimaryKey: (key) => again(storage.requestIdForPrimaryKey(key)),
    unprocessedMessagesById: (ids) => again(storage.unprocessedMessagesById(ids))
  })
})

export const layer = Layer.effect(MessageStorage.MessageStorage, make).pipe(Layer.provide(SqlMessageStorage.layer))
