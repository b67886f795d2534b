import { assert, describe, it } from "@effect/vitest"
import { Model } from "@effect-pocketflow/testing"
import { endOf, expectations, m } from "./expectations.ts"

it("the number of everything, by hand", () => {
  // 0, then (0 * 31 + 1 + 7) = 8, then (8 * 31 + 2 + 7) = 257.
  assert.deepStrictEqual([m(), m(1), m(1, 2)], [0, 8, 257])
  // 257 * 31 + 7 = 7974 = 7 * 997 + 995; 995 * 31 + 7 = 30852 = 30 * 997 + 942; 942 * 31 + 7 = 29209 = 29 * 997 + 296.
  assert.strictEqual(m(1, 2, 0, 0, 0), 296)
})

for (const [title, rows] of Object.entries(expectations)) {
  describe(title, () => {
    for (const { end, init, name, possible, spec, store, trace } of rows) {
      it(name, () => {
        const expected = Model.run(spec, init)
        assert.deepStrictEqual({ ...expected, end: endOf(expected.end) }, { end, store, trace, possible })
      })
    }
  })
}

describe("the model", () => {
  it("leaves the spec and the state as they are, and has no memory", () => {
    const rows = Object.values(expectations).flat()
    for (const { init, spec } of rows) {
      const before = JSON.stringify([spec, init])
      const once = Model.run(spec, init)
      assert.deepStrictEqual(Model.run(spec, init), once)
      assert.strictEqual(JSON.stringify([spec, init]), before)
    }
  })
})
