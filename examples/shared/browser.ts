/** For the tests of pages: a headless Chromium, or the browser that `CHROME_PATH` names. */
import chromium from "@sparticuz/chromium"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { chromium as playwright } from "playwright-core"

const launch = async () =>
  playwright.launch({ executablePath: process.env["CHROME_PATH"] ?? (await chromium.executablePath()) })

const reason = await launch().then(
  (browser) => browser.close().then(() => undefined),
  (cause: unknown) => String(cause).split("\n")[0]
)
const isNeeded = (process.env["CI"] ?? "") !== ""
if (reason !== undefined && !isNeeded) console.warn(`The pages are not tested: ${reason}`)

/** A test with a browser. Where none can be started it is skipped, with a notice; where CI is set it fails. */
export const itInBrowser = reason === undefined || isNeeded ? it.live : it.live.skip

/** A page in a browser of its own, and what goes wrong in it: errors of scripts, and what its policy forbids. */
export const openPage = Effect.fnUntraced(function* (url: string) {
  const browser = yield* Effect.acquireRelease(Effect.promise(launch), (browser) =>
    Effect.promise(() => browser.close())
  )
  const page = yield* Effect.promise(() => browser.newPage({ viewport: { width: 900, height: 700 } }))
  page.setDefaultTimeout(10_000)
  const problems: Array<string> = []
  page.on("pageerror", ({ message }) => problems.push(message))
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()))
  yield* Effect.promise(() => page.goto(url))
  return { page, problems }
})
