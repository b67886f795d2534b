import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, PlatformError } from "effect"
import { ChildProcessSpawner } from "effect/process"
import { TestClock } from "effect/testing"
import { Sandbox } from "./sandbox.ts"

const call = (code: string, ...input: Parameters<Sandbox["Service"]["call"]>[1]) =>
  Sandbox.use((sandbox) => sandbox.call(code, input))
const real = Layer.provide(Sandbox.layer, NodeServices.layer)

describe("the sandbox", () => {
  it.live("calls the function with its arguments", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* call("const solve = (a, b) => ({ sum: a + b.n })", 1, { n: 2 }), {
        _tag: "Returned",
        json: '{"sum":3}'
      })
      const hostile = '"); process.exit(); //</script>\u2028'
      assert.deepStrictEqual(yield* call("function solve(text) { return text }", hostile), {
        _tag: "Returned",
        json: JSON.stringify(hostile)
      })
    }).pipe(Effect.provide(real))
  )

  it.live.each([
    { code: "const solve = () => undefined", says: "The result is nothing that JSON has" },
    { code: "const solve = () => [1 / 0]", says: "RangeError: The result has Infinity in it" },
    { code: "const solve = async () => 1", says: "TypeError: The result is a promise" },
    { code: "const solve = () => { throw new Error('no') }", says: "Error: no" },
    { code: "function solve( {", says: "SyntaxError: Unexpected end of input" },
    { code: "export const solve = () => 1", says: "SyntaxError: Unexpected token 'export'" },
    { code: "const answer = 42", says: "ReferenceError: solve is not defined" },
    { code: "const solve = () => solve()", says: "RangeError: Maximum call stack size exceeded" },
    { code: "const solve = () => 'x'.repeat(70_000)", says: "The result is too long" },
    { code: "for (;;);", says: "Error: Script execution timed out after 1000ms" },
    { code: "throw { toString() { for (;;); } }", says: "The code has thrown something that says nothing" },
    { code: "throw { toString() { throw 1 } }", says: "The code has thrown something that says nothing" },
    { code: "throw { toString: () => 'no' }", says: "no" },
    { code: "throw new Error('no')", says: "Error: no" },
    { code: "throw undefined", says: "undefined" },
    {
      code: "throw Object.defineProperty(new SyntaxError('a'), 'message', { get() { for (;;); } })",
      says: "The code has thrown something that says nothing"
    },
    {
      code: "throw new Proxy({}, { getPrototypeOf() { for (;;); }, get() { for (;;); } })",
      says: "The code has thrown something that says nothing"
    },
    {
      code: "const solve = () => { throw { toString() { for (;;); } } }",
      says: "Error: Script execution timed out after 1000ms"
    },
    {
      code: "Promise.resolve().then(() => { for (;;); }); const solve = () => 1",
      says: "Error: Script execution timed out after 1000ms"
    },
    {
      code: "const solve = () => { const all = []; for (;;) all.push(Array(1000).fill(1)) }",
      says: "The process has ended without a result; perhaps it used too much memory"
    },
    { code: "const solve = () => new Uint8Array(1e10)", says: "ReferenceError: Uint8Array is not defined" },
    { code: "const solve = () => process.env", says: "ReferenceError: process is not defined" },
    { code: "const solve = () => require('node:fs')", says: "ReferenceError: require is not defined" },
    { code: "const solve = () => fetch('http://127.0.0.1')", says: "ReferenceError: fetch is not defined" },
    { code: "const solve = () => import('node:fs')", says: "TypeError: The result is a promise" },
    {
      code: "const solve = () => globalThis.constructor.constructor('return process')()",
      says: "EvalError: Code generation from strings disallowed for this context"
    }
  ])("says why there is no result: $code", ({ code, says }) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* call(code, 1), { _tag: "Failed", message: says })
    }).pipe(Effect.provide(real))
  )

  it.live("lets the code spoil its own result, and no more", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* call("JSON.stringify = () => ({}); const solve = () => 1"), {
        _tag: "Returned",
        json: "[object Object]"
      })
    }).pipe(Effect.provide(real))
  )

  it.effect("kills a process that does not end", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(call("for (;;);"))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { _tag: "Failed", message: "It takes too long" })
    }).pipe(Effect.provide(real))
  )

  it.effect("says that it cannot be started", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(call("const solve = () => 1"))
      assert.match(error.message, /^The sandbox cannot be started: .*spawn/)
    }).pipe(
      Effect.provide(
        Layer.provide(
          Sandbox.layer,
          Layer.succeed(
            ChildProcessSpawner.ChildProcessSpawner,
            ChildProcessSpawner.make(() =>
              Effect.fail(PlatformError.systemError({ _tag: "NotFound", module: "ChildProcess", method: "spawn" }))
            )
          )
        )
      )
    )
  )
})
