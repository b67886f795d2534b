/** Which abstraction uses which, and the order that follows from it. */

/** The items of a list in a prompt. */
export const linesOf = (prompt: string, title: string): ReadonlyArray<string> => {
  const lines = prompt.split("\n")
  const start = lines.indexOf(`${title}:`) + 1
  const end = lines.findIndex((line, i) => i >= start && !line.startsWith("- "))
  return start === 0 ? [] : lines.slice(start, end < 0 ? undefined : end).map((line) => line.slice(2))
}

interface Relationship {
  readonly from: string
  readonly to: string
  readonly label: string
}

/**
 * For each abstraction the three that it imports most of; of two that import each other, the one that imports more. Whoever
 * is left alone is shown beside the first.
 */
export const relationshipsOf = (
  names: ReadonlyArray<string>,
  imports: ReadonlyArray<string>
): ReadonlyArray<Relationship> => {
  const found = imports.flatMap((line) => {
    const [, from = "", to = "", what = ""] = /^(.*?) -> (.*?): (.*)$/.exec(line) ?? []
    const used = Array.from(what.matchAll(/([\w$]+) \((\d+)\)/g), ([, name = "", count]) => ({
      name,
      count: Number(count)
    }))
    const weight = used.reduce((sum, { count }) => sum + count, 1)
    const label =
      used.length === 0
        ? "uses"
        : `uses ${used
            .slice(0, 2)
            .map(({ name }) => name)
            .join(", ")}`
    return names.includes(from) && names.includes(to) ? [{ from, to, weight, label: label.slice(0, 40) }] : []
  })
  const oneWay = found.filter(
    ({ from, to, weight }, i) =>
      !found.some(
        (other, j) =>
          other.from === to && other.to === from && (other.weight > weight || (other.weight === weight && j < i))
      )
  )
  const heaviest = names.flatMap((name) =>
    oneWay
      .filter(({ from }) => from === name)
      .toSorted((a, b) => b.weight - a.weight)
      .slice(0, 3)
      .map(({ from, label, to }) => ({ from, to, label }))
  )
  const linked = new Set(heaviest.flatMap(({ from, to }) => [from, to]))
  const [first, second] = names
  const alone = names.filter((name) => !linked.has(name) && name !== first)
  const beside = alone.map((name) => ({ from: name, to: first!, label: "stands beside" }))
  return second !== undefined && first !== undefined && !linked.has(first) && alone.length === 0
    ? [...heaviest, { from: first, to: second, label: "stands beside" }]
    : [...heaviest, ...beside]
}

/**
 * What the summary of the project calls by its name comes first, in that order; then what it means by a common word. Of
 * these and of the others, what needs the least of what was not told yet is next.
 */
export const orderOf = (
  names: ReadonlyArray<string>,
  relationships: ReadonlyArray<string>,
  summary: string
): ReadonlyArray<string> => {
  const uses = relationships.flatMap((line) => {
    const [, from = "", to = "", label = ""] = /^(.*?) -> (.*?): (.*)$/.exec(line) ?? []
    return label === "stands beside" ? [] : [{ from, to }]
  })
  // Two that use each other say nothing of an order.
  const needs = uses.filter(({ from, to }) => !uses.some((other) => other.from === to && other.to === from))
  const words: ReadonlyArray<string> = summary.match(/[\p{L}\d]+/gu) ?? []
  const order: Array<string> = []
  const missing = (name: string) => needs.filter(({ from, to }) => from === name && !order.includes(to)).length
  const distance = (name: string) => {
    const called = words.findIndex((word) => word === name || word === `${name}s`)
    if (called >= 0) return called / words.length
    const isMeant = words.some((word) => word.toLowerCase().replace(/s$/, "") === name.toLowerCase())
    return 1 + missing(name) + (isMeant ? 0 : names.length)
  }
  while (order.length < names.length) {
    const rest = names.filter((name) => !order.includes(name))
    order.push(rest.reduce((best, next) => (distance(next) < distance(best) ? next : best)))
  }
  return order
}
