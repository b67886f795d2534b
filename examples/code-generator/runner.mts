/**
 * What runs in the sandbox: one call of `solve`, from standard input to standard output.
 *
 * The code gets a realm of its own that knows the language and nothing of Node: no `process`, `require`, `fetch` or timers. What
 * goes in and comes out is text, so that no object of this realm gets into that one.
 */
import { readFileSync } from "node:fs"
import { types } from "node:util"
import vm from "node:vm"

// A promise that the code leaves behind is none of our business.
process.on("unhandledRejection", () => {})

// Memory that the limit of the heap does not count.
const buffers =
  "ArrayBuffer Atomics BigInt64Array BigUint64Array DataView Float16Array Float32Array Float64Array Int16Array Int32Array Int8Array " +
  "SharedArrayBuffer Uint16Array Uint32Array Uint8Array Uint8ClampedArray WebAssembly"

const { code, input }: { readonly code: string; readonly input: ReadonlyArray<unknown> } = JSON.parse(
  readFileSync(0, "utf8")
)

const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, {
  codeGeneration: { strings: false, wasm: false },
  microtaskMode: "afterEvaluate"
})

// To show where an error comes from, its stack would be read, which takes as long as the code wants.
const run = (source: string): unknown =>
  vm.runInContext(source, context, { filename: "solution.js", timeout: 1000, displayErrors: false })

const attempt = (): unknown => {
  try {
    run(`for (const name of "${buffers}".split(" ")) delete globalThis[name]`)
    run(code)
    return run(`
      "use strict";
      ((stringify) => {
        const check = (key, value) => {
          if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError("The result has " + value + " in it")
          if (typeof value === "object" && value instanceof Promise) throw new TypeError("The result is a promise")
          return value
        }
        try {
          const value = stringify(solve(...${JSON.stringify(input)}), check)
          return value === undefined ? "!The result is nothing that JSON has" : "=" + value
        } catch (error) {
          return "!" + error
        }
      })(JSON.stringify)`)
  } catch (error) {
    return describe(error)
  }
}

/** What is thrown may be an object of that realm, and its text the work of its code: nothing of it is touched in this one. */
const describe = (error: unknown): unknown => {
  if (types.isNativeError(error) && !types.isProxy(error)) {
    const code: unknown = Object.getOwnPropertyDescriptor(error, "code")?.value
    if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return "!Error: Script execution timed out after 1000ms"
    if (Object.getPrototypeOf(error) === SyntaxError.prototype) return `!${error}`
  }
  try {
    Object.defineProperty(context, "thrown", { value: error })
    return run(`"!" + thrown`)
  } catch {
    return "!The code has thrown something that says nothing"
  }
}

const said = attempt()
process.stdout.write(typeof said === "string" ? said : "!The result is hidden", () => process.exit())
