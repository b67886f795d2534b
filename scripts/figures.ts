/**
 * Writes the figures of the tests into `test/README.md`, and what the rules come
 * to into `test/conformance/README.md`, between their marks.
 *
 * It runs `npm test` itself. The figures of the longer commands are those of
 * their last runs, which left them in `out`.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { resolve } from "node:path"

/** A rule of PocketFlow's core, and what happens here. */
export interface Rule {
  readonly id: `R${number}` | `R${number}b`
  /** What PocketFlow does. */
  readonly reference: string
  readonly verdict: "conforms" | "differs"
  /** What happens here; where it differs, why. */
  readonly ours: string
}

interface Test {
  readonly title: string
  readonly fullName: string
  readonly status: string
  /** How many there were of what: graphs, schedules. */
  readonly meta?: Readonly<Record<string, number>>
}

interface Report {
  readonly startTime: number
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly startTime: number
    readonly endTime: number
    readonly assertionResults: ReadonlyArray<Test>
  }>
}

const read = <A>(file: string): A => JSON.parse(readFileSync(file, "utf8"))

const number = (n: number): string => Math.round(n).toLocaleString("en-US")
const time = (millis: number): string =>
  millis < 120_000 ? `${number(millis / 1000)} s` : `${number(millis / 60_000)} min`

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")

/** The text of `file` with `content` between the marks of `name`. */
export const fill = (text: string, name: string, content: string, command = "npm run figures"): string => {
  const [begin, end] = [`<!-- ${name}: ${command} -->`, `<!-- /${name} -->`]
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`there are no marks ${begin} ... ${end}`)
  return `${before}${begin}\n\n${content}\n\n${end}${after}`
}

const suites = [
  ["test/core/", "the core, module by module"],
  ["test/conformance/python/", "PocketFlow's Python suite"],
  ["test/conformance/typescript/", "PocketFlow's TypeScript suite"],
  ["test/conformance/rules", "rule by rule"],
  ["test/oracle/", "beside npm `pocketflow`"],
  ["test/properties/", "laws on random flows"],
  ["test/faults/", "faults"],
  ["test/testing/", "the testing package"],
  ["test/ai/", "the model package"],
  ["test/durable/", "durable runs"],
  ["examples/", "the examples"]
] as const

/** A line for each suite: its tests, how long they took, and what they tried. */
const suiteRows = (report: Report): ReadonlyArray<ReadonlyArray<string>> =>
  suites.flatMap(([folder, about]) => {
    const files = report.testResults.filter(({ name }) => name.includes(`/${folder}`))
    const tests = files.flatMap((file) => file.assertionResults)
    if (tests.length === 0) return []
    const tried: Record<string, number> = {}
    for (const { meta = {} } of tests) {
      for (const [what, n] of Object.entries(meta))
        if (what !== "growth" && what !== "failover") tried[what] = (tried[what] ?? 0) + n
    }
    const millis = files.reduce((sum, { endTime, startTime }) => sum + endTime - startTime, 0)
    const counts = Object.entries(tried).map(([what, n]) => `${number(n)} ${what}`)
    return [[`\`${folder}\``, about, number(tests.length), counts.join(", ") || "-", time(millis)]]
  })

const reportTable = (file: string): string =>
  table(["suite", "about", "tests", "tried", "time"], suiteRows(read<Report>(file)))

interface Mutants {
  readonly mutants: ReadonlyArray<{ readonly name: string; readonly caughtBy: string | null; readonly seconds: number }>
  readonly seconds: number
}

interface Stryker {
  readonly mutants: number
  readonly killed: number
  readonly timeout: number
  readonly survived: number
  readonly noCoverage: number
  readonly score: number
  readonly seconds: number
}

const mutantsText = ({ mutants, seconds }: Mutants): string => {
  const caught = mutants.filter(({ caughtBy }) => caughtBy !== null)
  const rows = mutants.map(({ caughtBy, name }) => [name, caughtBy?.split(": ")[0] ?? "**nothing**"])
  const sum = `${caught.length} of ${mutants.length} planted bugs are caught, in ${time(seconds * 1000)}.`
  return `${sum}\n\n${table(["planted bug", "caught first by"], rows)}`
}

const strykerText = ({ killed, mutants, noCoverage, score, seconds, survived, timeout }: Stryker): string =>
  `Stryker on the heart (\`machine.ts\`): ${number(mutants)} mutants, ${number(killed)} killed, ${number(timeout)} timed ` +
  `out, ${number(survived)} survived, ${number(noCoverage)} not covered: a score of ${score.toFixed(1)} %, in ` +
  `${time(seconds * 1000)}.`

/** What the last run of a longer command left, or how to run it. */
const last = <A>(file: string, command: string, show: (report: A) => string): string =>
  existsSync(file) ? show(read<A>(file)) : `Not run here: \`${command}\`.`

/** The rules, each with how many tests name it. */
const ruleRows = (report: Report, rules: ReadonlyArray<Rule>): ReadonlyArray<ReadonlyArray<string>> => {
  const named = new Map<string, number>()
  for (const { title } of report.testResults.flatMap((file) => file.assertionResults)) {
    const ids = /\[((?:R\d+b? ?)+)\]$/.exec(title)?.[1]?.split(" ") ?? []
    for (const id of ids) named.set(id, (named.get(id) ?? 0) + 1)
  }
  return rules.map(({ id, ours, reference, verdict }) => [
    id,
    reference,
    verdict === "conforms" ? "conforms" : "**differs**",
    ours,
    String(named.get(id) ?? 0)
  ])
}

const main = async () => {
  mkdirSync("out", { recursive: true })
  const args = ["run", "--config=vitest.workspace.ts", "--reporter=default", "--reporter=json"]
  const { status } = spawnSync("vitest", [...args, "--outputFile.json=out/test.json"], { stdio: "inherit" })
  if (status !== 0) throw new Error("figures are those of tests that pass")

  const report = read<Report>("out/test.json")
  const tests = report.testResults.flatMap((file) => file.assertionResults)
  const end = Math.max(...report.testResults.map(({ endTime }) => endTime))
  const { version } = read<{ readonly version: string }>("node_modules/effect/package.json")
  const where = `Node ${process.versions.node}, Effect ${version}, ${cpus().length} cores`
  const all = `${number(tests.length)} tests pass in ${time(end - report.startTime)} (${where}).`

  const figures = [
    `### \`npm test\`\n\n${all}\n\n${reportTable("out/test.json")}`,
    `### \`npm run test:soak\`\n\n${last("out/soak.json", "npm run test:soak", () => reportTable("out/soak.json"))}`,
    `### \`npm run test:mutants\`\n\n${last("out/mutants.json", "npm run test:mutants", mutantsText)}`,
    last("out/stryker.json", "npm run test:mutants:heart", strykerText)
  ]
  const page = "test/README.md"
  writeFileSync(page, fill(readFileSync(page, "utf8"), "figures", figures.join("\n\n")))

  const { rules }: { readonly rules: ReadonlyArray<Rule> } = await import(resolve("test/conformance/rules.ts"))
  const rows = ruleRows(report, rules)
  const conformance = "test/conformance/README.md"
  const head = ["rule", "PocketFlow", "", "here", "tests"]
  writeFileSync(conformance, fill(readFileSync(conformance, "utf8"), "rules", table(head, rows)))
}

if (import.meta.main) await main()
