/** Results as a chart: a small panel for each workload, a dot for each system, on one logarithmic scale. */
import type { Result } from "./report.ts"
import { format } from "./statistics.ts"
import type { Subject } from "./subjects.ts"
import type { WorkloadId } from "./workloads.ts"
import { workloadIds, workloads } from "./workloads.ts"

export const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const row = 19
const width = 1110
const columns = 2
const gap = 40
const label = 262
const value = 54
const panelWidth = (width - gap * (columns + 1)) / columns
const plot = panelWidth - label - value

/** The powers of ten around all values. */
export const decades = (values: ReadonlyArray<number>): readonly [number, number] => [
  Math.floor(Math.log10(Math.min(...values))),
  Math.ceil(Math.log10(Math.max(...values)))
]

/** A power of ten in little space. */
const short = (power: number): string =>
  power >= 1e6 ? `${power / 1e6}M` : power >= 1000 ? `${power / 1000}k` : String(Number(power.toPrecision(1)))

const round = (n: number): string => n.toFixed(1).replace(/\.0$/, "")

const style = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .workload { font-weight: 600 }
  .quiet { fill: #59636e }
  .tick { font-size: 9px; fill: #59636e }
  .ours { font-weight: 600 }
  .grid { stroke: #d1d9e0 }
  .range { stroke: #818b98; stroke-width: 3; stroke-linecap: round; opacity: 0.5 }
  .dot { fill: #59636e }
  .ours-dot { fill: #0969da }
  .base-dot { fill: none; stroke: #59636e; stroke-width: 2 }
  .page { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .quiet, .tick { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .range { stroke: #9198a1 }
    .dot { fill: #9198a1 }
    .ours-dot { fill: #4493f8 }
    .base-dot { stroke: #9198a1 }
    .page { fill: #0d1117 }
  }`

const kindOf = ({ id }: Subject): string =>
  id.startsWith("ours") ? "ours" : id === "loop" || id.startsWith("bare") ? "base" : "peer"

const dots: Readonly<Record<string, string>> = { ours: "ours-dot", base: "base-dot", peer: "dot" }

export const chart = (subjects: ReadonlyArray<Subject>, results: ReadonlyArray<Result>, note: string): string => {
  const [from, to] = decades(results.flatMap(({ max, min }) => [min, max]))
  const x = (microseconds: number): number => label + ((Math.log10(microseconds) - from) / (to - from)) * plot
  const powers = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index))

  const panel = (id: WorkloadId): { readonly body: string; readonly height: number } => {
    const shown = subjects.flatMap((subject) => {
      const result = results.find(({ subject: of, workload }) => of === subject.id && workload === id)
      return result === undefined ? [] : [{ subject, result }]
    })
    const bottom = 30 + shown.length * row
    const grid = powers.map(
      (power) =>
        `<line class="grid" x1="${round(x(power))}" x2="${round(x(power))}" y1="24" y2="${bottom - 4}"/>` +
        `<text class="tick" x="${round(x(power))}" y="${bottom + 8}" text-anchor="middle">${short(power)}</text>`
    )
    const rows = shown.map(({ result, subject }, index) => {
      const y = 30 + index * row + row / 2
      const kind = kindOf(subject)
      const text = kind === "ours" ? ' class="ours"' : ""
      return (
        `<text${text} x="${label - 10}" y="${y + 4}" text-anchor="end">${escape(subject.label)}</text>` +
        `<line class="range" x1="${round(x(result.min))}" x2="${round(x(result.max))}" y1="${y}" y2="${y}"/>` +
        `<circle class="${dots[kind]}" cx="${round(x(result.median))}" cy="${y}" r="4.5"/>` +
        `<text${text} x="${round(panelWidth)}" y="${y + 4}" text-anchor="end">${escape(format(result.median))}</text>`
      )
    })
    const { title, unit } = workloads[id]
    const head =
      `<text class="workload" x="0" y="14">${escape(`${id}  ${title}`)}</text>` +
      `<text class="quiet" x="${round(panelWidth)}" y="14" text-anchor="end">${escape(`µs a ${unit}`)}</text>`
    return { body: [head, ...grid, ...rows].join("\n"), height: bottom + 34 }
  }

  const tops: Array<number> = Array.from({ length: columns }, () => 78)
  const panels = workloadIds
    .filter((id) => results.some(({ workload }) => workload === id))
    .map((id) => {
      const column = tops.indexOf(Math.min(...tops))
      const { body, height } = panel(id)
      const at = `translate(${round(gap + column * (panelWidth + gap))} ${tops[column]})`
      tops[column]! += height
      return `<g transform="${at}">\n${body}\n</g>`
    })
  const height = Math.max(...tops)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">Microseconds that each system takes, by workload</title>
<style>${style}
</style>
<rect class="page" width="${width}" height="${height}" rx="6"/>
<text class="title" x="${gap}" y="36">What a step costs, without its work</text>
<text class="quiet" x="${gap}" y="56">${escape(note)}</text>
${panels.join("\n")}
</svg>
`
}
