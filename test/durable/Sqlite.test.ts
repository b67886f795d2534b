import { assert, it } from "@effect/vitest"
import { Sqlite } from "@effect-pocketflow/durable"
import { Effect } from "effect"
import * as SqlClient from "effect/sql/SqlClient"

it.effect("a COMMIT that fails leaves no transaction open", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`PRAGMA foreign_keys = ON`
    yield* sql`CREATE TABLE authors (id INTEGER PRIMARY KEY)`
    yield* sql`CREATE TABLE books (author INTEGER REFERENCES authors (id) DEFERRABLE INITIALLY DEFERRED)`
    // The key is looked at only by the COMMIT.
    const refused = yield* Effect.flip(sql.withTransaction(sql`INSERT INTO books ${sql.insert([{ author: 1 }])}`))
    assert.strictEqual(refused._tag, "SqlError")
    yield* sql.withTransaction(
      Effect.andThen(
        sql`INSERT INTO authors ${sql.insert([{ id: 2 }])}`,
        sql`INSERT INTO books ${sql.insert([{ author: 2 }])}`
      )
    )
    assert.deepStrictEqual(
      (yield* sql<{ readonly author: number }>`SELECT author FROM books`).map(({ author }) => author),
      [2]
    )
  }).pipe(Effect.provide(Sqlite.layer({ filename: ":memory:" })))
)

it.effect("what is rolled back takes nothing of others along", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE words (word TEXT)`
    const undone = sql.withTransaction(
      Effect.andThen(sql`INSERT INTO words VALUES ('undone')`, Effect.andThen(Effect.yieldNow, Effect.fail("undone")))
    )
    const said = sql`INSERT INTO words VALUES ('said')`
    const many = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? Effect.ignore(undone) : said))
    yield* Effect.all(many, { concurrency: "unbounded" })
    assert.deepStrictEqual(yield* sql`SELECT word, count(*) AS n FROM words GROUP BY word`, [{ word: "said", n: 100 }])
  }).pipe(Effect.provide(Sqlite.layer({ filename: ":memory:" })))
)
