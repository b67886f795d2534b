/**
 * What a node of a durable run can be told besides: how it is undone, and that it
 * writes to the database of the engine.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type { Flow, Node, Store } from "effect-pocketflow"
import * as Recorder from "effect-pocketflow/Recorder"
import { Compensation, Transactional } from "./internal/traits.ts"
import type { IdempotencyKey, Waits } from "./Waits.ts"

/**
 * Has a visit undone, if the run fails or is interrupted after it: a saga.
 *
 * **Details**
 *
 * `undo` gets the store as it was right after the visit. The last visit is undone
 * first. It is recorded, so it is not run again once it has been done; like an
 * `exec`, it happens at least once. Each visit of a node in a loop is undone.
 *
 * In memory it does nothing: it is for durable runs.
 *
 * **Example** (A room that is given back)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { Flow, Node, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Trip = Store.make("Trip", { city: Schema.String, room: Schema.optionalKey(Schema.Number) })
 * const undone: Array<unknown> = []
 * const room = Node.make(Trip, {
 *   exec: () => Effect.succeed(101),
 *   post: (_trip, room) => Trip.next({ room })
 * }).pipe(Durable.compensate(({ room }) => Effect.sync(() => undone.push(room))))
 * const flight = Node.make(Trip, {
 *   exec: (): Effect.Effect<number, "sold out"> => Effect.fail("sold out"),
 *   post: () => Trip.next()
 * })
 *
 * const trips = Durable.workflow(Flow.sequence(Trip, { room, flight }), {
 *   name: "trips",
 *   version: "1",
 *   idempotencyKey: ({ city }) => city,
 *   error: Schema.Literal("sold out")
 * })
 * const worker = trips.layer.pipe(Layer.provideMerge(Durable.memory))
 *
 * await Effect.runPromise(Effect.flip(trips.execute({ city: "Oslo" })).pipe(Effect.provide(worker))) // => "sold out"
 * undone // => [101]
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const compensate: {
  <S extends Store.Any, R2 = never>(
    undo: (store: Store.Type<S>) => Effect.Effect<unknown, never, R2>
  ): <I, O, A extends string, E, R, P, W extends string>(
    self: Node.Node<S, I, O, A, E, R, P, W>
  ) => Node.Node<S, I, O, A, E, R | Exclude<R2, IdempotencyKey | Waits>, P, W>
  <S extends Store.Any, I, O, A extends string, E, R, P, W extends string, R2 = never>(
    self: Node.Node<S, I, O, A, E, R, P, W>,
    undo: (store: Store.Type<S>) => Effect.Effect<unknown, never, R2>
  ): Node.Node<S, I, O, A, E, R | Exclude<R2, IdempotencyKey | Waits>, P, W>
} = dual(2, (self: Flow.Step<any, string, any, any>, undo: (store: any) => Effect.Effect<unknown>) =>
  Recorder.annotate(self, Compensation, undo)
)

/**
 * Has a visit recorded in the same transaction as what it writes with the
 * `SqlClient` of the engine: both happen, or none, exactly once.
 *
 * **Details**
 *
 * The engines `embedded`, `postgres` and `cluster` give that client. The transaction is open
 * while the visit goes on: keep it short. A node that waits (`approval`, `sleep`) does not
 * compile here: nothing else could be written meanwhile, its answer neither.
 *
 * **Example** (A row for each visit, and no other)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import * as SqlClient from "effect/sql/SqlClient"
 * import { Node, Store } from "effect-pocketflow"
 * import { Durable } from "@effect-pocketflow/durable"
 *
 * const Order = Store.make("Order", { id: Schema.String })
 * const book = Node.make(Order, {
 *   exec: ({ id }) =>
 *     Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO bookings ${sql.insert([{ id }])}`).pipe(Effect.orDie),
 *   post: () => Order.to("booked")
 * }).pipe(Durable.transactional)
 *
 * const orders = Durable.workflow(book, { name: "orders", version: "1", idempotencyKey: ({ id }) => id })
 * const worker = orders.layer.pipe(Layer.provideMerge(Durable.embedded({ filename: ":memory:" })))
 * const program = Effect.gen(function*() {
 *   const sql = yield* SqlClient.SqlClient
 *   yield* sql`CREATE TABLE bookings (id TEXT)`
 *   yield* orders.execute({ id: "o-1" })
 *   return yield* sql`SELECT id FROM bookings`
 * })
 *
 * const rows = await Effect.runPromise(Effect.provide(program, worker))
 * rows.map((row) => row["id"]) // => ["o-1"]
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const transactional = <S extends Store.Any, I, O, A extends string, E, R, P, W extends string>(
  self: Node.Node<S, I, O, A, E, R, P, W> &
    ([Extract<R, Waits>] extends [never]
      ? unknown
      : { readonly mistake: "a node that waits keeps no transaction open" })
): Node.Node<S, I, O, A, E, R, P, W> => Recorder.annotate(self, Transactional, true)
