import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref, Terminal } from "effect"
import { TerminalCapabilities } from "effect/cli"
import type { Progress } from "./flow.ts"
import { progressLine, toTable } from "./report.ts"
import type { Result } from "./Resume.ts"
import { anybody } from "./testing.ts"

describe("résumés: the terminal", () => {
  const file = (name: string): Result => ({ _tag: "Parsed", file: name, resume: anybody })
  const files = ["a.txt", "b\u001b[31m.txt"]
  const told: ReadonlyArray<Progress> = [
    { _tag: "Asking", file: files[0]!, attempt: 0 },
    { _tag: "Asking", file: files[1]!, attempt: 0 },
    file(files[1]!),
    { _tag: "Asking", file: files[0]!, attempt: 1 },
    { _tag: "Skipped", file: files[0]!, reason: "a poem" }
  ]
  const unused = Effect.die("unused")
  const shown = Effect.fn(function* (canAnimate: boolean) {
    const text = yield* Ref.make("")
    const terminal = Terminal.make({
      columns: Effect.succeed(24),
      rows: unused,
      size: unused,
      readInput: unused,
      readLine: unused,
      display: (part) => Ref.update(text, (before) => before + part)
    })
    yield* progressLine.pipe(
      Effect.flatMap(({ clear, show }) =>
        Effect.andThen(
          Effect.forEach(told, (event) => show(files.length, event)),
          clear
        )
      ),
      Effect.provideService(Terminal.Terminal, terminal),
      Effect.provideService(TerminalCapabilities.TerminalCapabilities, {
        canAnimate,
        canColor: false,
        canPrompt: false
      })
    )
    return yield* Ref.get(text)
  })

  it.effect("shows what is done, a line each, where lines cannot change", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* shown(false)).split("\n"), [
        "1/2  parsed     b [31m.txt",
        "1/2  attempt 2  a.txt",
        "2/2  skipped    a.txt",
        ""
      ])
    })
  )

  it.effect("shows one line that fits and goes away", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* shown(true)).split("\r\x1b[K"), [
        "",
        "0/2 asking a.txt",
        "0/2 asking b [31m.txt",
        "1/2 parsed b [31m.txt",
        "1/2 attempt 2 a.txt",
        "2/2 skipped a.txt",
        ""
      ])
    })
  )

  it("has a table of at most 80 columns, whatever people write", () => {
    const wide = { ...anybody, name: "漢".repeat(40), email: `${"x".repeat(60)}@example.com` }
    const poems = Array.from({ length: 5 }, (_, i): Result => ({ _tag: "Skipped", file: `${i}`, reason: "a\npoem" }))
    assert.deepStrictEqual(
      toTable([
        file("a"),
        ...poems,
        { _tag: "Parsed", file: "w", resume: wide },
        { _tag: "Failed", file: "f", reason: "?" }
      ]).split("\n"),
      [
        `Name${" ".repeat(24)}E-mail${" ".repeat(34)}Jobs  Skills`,
        `Somebody${" ".repeat(20)}-${" ".repeat(39)}   0       0`,
        `${"漢".repeat(12)}…   ${"x".repeat(37)}…     0       0`,
        "",
        "skipped: 0, 1, 2 and 2 more: a poem",
        "failed: f: ?"
      ]
    )
  })
})
