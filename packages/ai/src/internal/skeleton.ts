/** Draws a shape as YAML or as JSON, with the words for each part as comments. */
import type { Either, Shape } from "./shape.ts"

type Lines = ReadonlyArray<string>

export const toYaml = (shape: Shape): string => [...headOf("#", shape), ...yaml(shape)].join("\n")

export const toJson = (shape: Shape): string => [...headOf("//", shape), ...json(shape)].join("\n")

// internal

const commentOf = (mark: string, { words }: Shape): string => (words === "" ? "" : ` ${mark} ${words}`)
const headOf = (mark: string, shape: Shape): Lines => (shape.words === "" ? [] : [commentOf(mark, shape).trim()])
const indent = (lines: Lines): Lines => lines.map((line) => `  ${line}`)

const either = (mark: string, { shapes }: Either, draw: (shape: Shape) => Lines): Lines =>
  shapes.flatMap((shape, index) => [
    `${mark} ${index === 0 ? "either" : "or"}${shape.words === "" ? "" : `: ${shape.words}`}`,
    ...draw(shape)
  ])

/** Without its own words: where they stand depends on what is around it. */
const yaml = (shape: Shape): Lines => {
  switch (shape._tag) {
    case "Inline":
      return [shape.texts.join(" | ")]
    case "Fields":
      return shape.fields.flatMap(({ name, shape }) => {
        const [key, words] = [`${yamlKey(name)}:`, commentOf("#", shape)]
        const lines = yaml(shape)
        return shape._tag === "Inline" ? [`${key} ${lines[0]}${words}`] : [`${key}${words}`, ...indent(lines)]
      })
    case "Items":
      return shape.items.flatMap((item) => {
        const words = commentOf("#", item)
        const [first = "", ...rest] = yaml(item)
        if (item._tag === "Inline") return [`- ${first}${words}`]
        return words === "" ? [`- ${first}`, ...indent(rest)] : [`-${words}`, ...indent([first, ...rest])]
      })
    case "Either":
      return either("#", shape, yaml)
  }
}

const yamlKey = (name: string): string => (/^(?:[A-Za-z_][\w-]*|<\w+>)$/.test(name) ? name : JSON.stringify(name))

const json = (shape: Shape): Lines => {
  switch (shape._tag) {
    case "Inline":
      return [shape.texts.join(" | ")]
    case "Fields": {
      const { fields } = shape
      const parts = fields.map(({ name, shape }, i) =>
        jsonPart(`${JSON.stringify(name)}: `, shape, i < fields.length - 1)
      )
      return ["{", ...indent(parts.flat()), "}"]
    }
    case "Items": {
      const { items } = shape
      return ["[", ...indent(items.flatMap((item, i) => jsonPart("", item, i < items.length - 1))), "]"]
    }
    case "Either":
      return either("//", shape, json)
  }
}

const jsonPart = (key: string, shape: Shape, more: boolean): Lines => {
  const [words, comma] = [commentOf("//", shape), more ? "," : ""]
  const lines = json(shape)
  if (lines.length === 1) return [`${key}${lines[0]}${comma}${words}`]
  const last = `${lines.at(-1)}${comma}`
  if (shape._tag !== "Either") return [`${key}${lines[0]}${words}`, ...lines.slice(1, -1), last]
  const head = `${key.trimEnd()}${words}`.trim()
  return head === "" ? [...lines.slice(0, -1), last] : [head, ...indent([...lines.slice(0, -1), last])]
}
