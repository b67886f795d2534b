/**
 * What a reply has to look like: the encoded side of a JSON codec, with the words that its schema has for each part.
 */
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { dateWords, isDate, isOptional } from "./encoded.ts"
import { cut } from "./problem.ts"

interface Words {
  /** Descriptions, constraints and examples, in one line. */
  readonly words: string
}

/** A value in one line: a type, a literal, or one of several. */
export interface Inline extends Words {
  readonly _tag: "Inline"
  readonly texts: ReadonlyArray<string>
}

export interface Fields extends Words {
  readonly _tag: "Fields"
  readonly fields: ReadonlyArray<{ readonly name: string; readonly shape: Shape }>
}

export interface Items extends Words {
  readonly _tag: "Items"
  readonly items: ReadonlyArray<Shape>
}

/** Alternatives that do not fit in a line. */
export interface Either extends Words {
  readonly _tag: "Either"
  readonly shapes: ReadonlyArray<Shape>
}

export type Shape = Inline | Fields | Items | Either

const root = "the whole"

/** The shape of what `ast` is decoded from. */
export const shapeOf = (ast: SchemaAST.AST): Shape => toShape(ast, root, new Map())

// internal

/** What is drawn already, or being drawn, and where. */
type Drawn = Map<SchemaAST.AST, Drawing>

interface Drawing {
  readonly path: string
  /** Not yet, if it is being drawn. */
  body: Shape | undefined
  isWithinItself: boolean
}

/** What takes no more lines than this is drawn wherever it is; all else once, or schemas with each other have no end. */
const short = 8

const toShape = (ast: SchemaAST.AST, path: string, drawn: Drawn): Shape => {
  const steps = stepsOf(ast)
  const body = bodyOnce(steps.at(-1)!, path, drawn)
  return withWords(body, ...wordsOf(steps), body.words, ...examplesOf(ast))
}

const bodyOnce = (ast: SchemaAST.AST, path: string, drawn: Drawn): Shape => {
  const before = drawn.get(ast)
  if (before === undefined) {
    const now: Drawing = { path, body: undefined, isWithinItself: false }
    drawn.set(ast, now)
    return (now.body = bodyOf(ast, path, drawn))
  }
  if (before.body === undefined) before.isWithinItself = true
  else if (!before.isWithinItself && linesOf(before.body) <= short) return before.body
  return inline(`<like ${before.path}>`)
}

const linesOf = (shape: Shape): number => {
  if (shape._tag === "Inline") return 1
  const parts =
    shape._tag === "Fields"
      ? shape.fields.map(({ shape }) => shape)
      : shape._tag === "Items"
        ? shape.items
        : shape.shapes
  return parts.reduce((sum, part) => sum + linesOf(part), 1)
}

const withWords = <S extends Shape>(shape: S, ...words: ReadonlyArray<string>): S => {
  const said = words.map((text) => text.trim().replace(/\s*[\r\n]\s*/g, " ")).filter((text) => text !== "")
  return { ...shape, words: [...new Set(said)].join("; ") }
}

/** From the decoded side to the encoded one. */
const stepsOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  if (SchemaAST.isSuspend(ast)) return [ast, ...stepsOf(ast.thunk())]
  const links = ast.encoding ?? []
  return [ast, ...links.flatMap(({ to }, index) => (index < links.length - 1 ? [to] : stepsOf(to)))]
}

const optional = <S extends Shape>(shape: S): S => withWords(shape, "optional", shape.words)

const inline = (...texts: ReadonlyArray<string>): Inline => ({ _tag: "Inline", texts, words: "" })

const bodyOf = (ast: SchemaAST.AST, path: string, drawn: Drawn): Shape => {
  switch (ast._tag) {
    case "String":
      return inline("string")
    case "Number":
      return inline(expectedOf(ast).includes(integer) ? "integer" : "number")
    case "Boolean":
      return inline("true", "false")
    case "Null":
      return inline("null")
    case "Literal":
      return inline(JSON.stringify(ast.literal))
    case "Enum":
      return inline(...ast.enums.map(([, literal]) => JSON.stringify(literal)))
    case "TemplateLiteral":
      return inline(JSON.stringify(textOf(ast)))
    case "Never":
      return inline("nothing")
    case "Objects":
      return fieldsOf(ast, path, drawn)
    case "Arrays":
      return itemsOf(ast, path, drawn)
    case "Union":
      return eitherOf(ast, path, drawn)
    default:
      return inline("anything")
  }
}

/** `v<number>.<string>` */
const textOf = ({ parts }: SchemaAST.TemplateLiteral): string =>
  parts.map((part) => (SchemaAST.isLiteral(part) ? part.literal : `<${part._tag.toLowerCase()}>`)).join("")

const fieldsOf = ({ indexSignatures, propertySignatures }: SchemaAST.Objects, path: string, drawn: Drawn): Shape => {
  const within = (key: string) => (path === root ? key : `${path}.${key}`)
  const fields = propertySignatures.map(({ name, type }) => {
    const key = String(name)
    const shape = toShape(type, within(key), drawn)
    return { name: key, shape: isOptional(type) ? optional(shape) : shape }
  })
  const records = indexSignatures.map(({ parameter, type }) => {
    const shape = toShape(type, within("<key>"), drawn)
    const name = SchemaAST.isTemplateLiteral(parameter) ? textOf(parameter) : "<key>"
    return { name, shape: withWords(shape, "any number of keys", ...wordsOf([parameter]), shape.words) }
  })
  const all = [...fields, ...records]
  return all.length === 0 ? inline("{}") : { _tag: "Fields", fields: all, words: "" }
}

const itemsOf = ({ elements, rest }: SchemaAST.Arrays, path: string, drawn: Drawn): Shape => {
  const shape = (ast: SchemaAST.AST) => toShape(ast, `${path}[]`, drawn)
  const first = elements.map((ast) => (isOptional(ast) ? optional(shape(ast)) : shape(ast)))
  // An array that is not empty has the same type for its first element and the rest.
  const [many, ...last] = rest
  if (many === undefined) return first.length === 0 ? inline("[]") : { _tag: "Items", items: first, words: "" }
  if (last.length === 0 && elements.every((ast) => ast === many)) {
    const least = elements.length === 0 ? "any number" : `at least ${elements.length}`
    return { _tag: "Items", items: [shape(many)], words: `${least} of these` }
  }
  const items = [...first, withWords(shape(many), "any number of these", shape(many).words), ...last.map(shape)]
  return { _tag: "Items", items, words: "" }
}

/** The numbers that JSON has no word for. Nobody needs to be told. */
const notInJson = new Set(["NaN", "Infinity", "-Infinity"].map((text) => JSON.stringify(text)))

const eitherOf = ({ types }: SchemaAST.Union, path: string, drawn: Drawn): Shape => {
  const shapes = types
    .map((type) => toShape(type, types.length === 1 ? path : memberOf(type, path), drawn))
    .flatMap((shape) => (shape._tag === "Either" && shape.words === "" ? shape.shapes : [shape]))
  const blocks = shapes.filter((shape) => shape._tag !== "Inline")
  const lines = shapes.filter((shape) => shape._tag === "Inline")
  const texts = new Set(lines.flatMap((line) => line.texts))
  if (texts.has("number")) notInJson.forEach((text) => texts.delete(text))
  const line = withWords(inline(...texts), ...lines.map(({ words }) => words))
  const all = lines.length === 0 ? blocks : [line, ...blocks]
  return all.length === 1 ? all[0]! : { _tag: "Either", shapes: all, words: "" }
}

/** `(jobs[] with _tag: "Cook")` */
const memberOf = (type: SchemaAST.AST, path: string): string => {
  const ast = stepsOf(type).at(-1)!
  if (SchemaAST.isArrays(ast)) return `(${path} as a list)`
  if (!SchemaAST.isObjects(ast)) return path
  const properties = ast.propertySignatures.map(({ name, type }) => ({
    name: String(name),
    ast: stepsOf(type).at(-1)!
  }))
  const tag = properties.find(({ ast }) => SchemaAST.isLiteral(ast))
  if (tag !== undefined) return `(${path} with ${tag.name}: ${JSON.stringify((tag.ast as SchemaAST.Literal).literal)})`
  return `(${path} with ${properties.length === 0 ? "any keys" : properties.map(({ name }) => name).join(", ")})`
}

// Words

type Annotations = { readonly [key: string]: unknown } | undefined

const integer = "an integer"
/** What the type says already. */
const implied = new Set([integer, "a finite number"])
/** `Schema.Trim` mends what it asks for, so nobody needs to be told. */
const trims = "a string that will be decoded as a trimmed string"
const trimmed = "a string with no leading or trailing whitespace"

const wordsOf = (steps: ReadonlyArray<SchemaAST.AST>): ReadonlyArray<string> => {
  const all = steps.flatMap((ast): ReadonlyArray<Annotations> => [ast.context?.annotations, ...annotationsOf(ast)])
  const descriptions = all.map((annotations) => wordOf(annotations?.["description"] ?? annotations?.["title"]))
  const constraints = steps.flatMap(expectedOf).filter((text) => !implied.has(text))
  // What a text is to be decoded as.
  const meaning = SchemaAST.isString(steps.at(-1)!) ? steps.findLast((ast) => ast.annotations?.["expected"]) : undefined
  const expected = steps.some(isDate) ? dateWords : meaning?.annotations?.["expected"]
  return expected === trims
    ? [...descriptions, ...constraints.filter((text) => text !== trimmed)]
    : [...descriptions, wordOf(expected), ...constraints]
}

const wordOf = (annotation: unknown): string => (typeof annotation === "string" ? annotation : "")

const checksOf = (checks: SchemaAST.Checks | undefined): ReadonlyArray<SchemaAST.Check<any>> => checks ?? []

const annotationsOf = (ast: SchemaAST.AST): ReadonlyArray<Annotations> => [
  ast.annotations,
  ...checksOf(ast.checks).map(({ annotations }) => annotations)
]

const expectedOf = ({ checks }: SchemaAST.AST): ReadonlyArray<string> => checksOf(checks).flatMap(constraintsOf)

const constraintsOf = (check: SchemaAST.Check<any>): ReadonlyArray<string> => {
  const text = wordOf(check.annotations?.["expected"])
  return text === "" && check._tag === "FilterGroup" ? check.checks.flatMap(constraintsOf) : [text]
}

/** Examples are of the decoded side. */
const examplesOf = (ast: SchemaAST.AST): ReadonlyArray<string> => {
  const encode = Schema.encodeUnknownExit(Schema.make<Schema.Codec<unknown, unknown>>(ast))
  const texts = annotationsOf(ast)
    .flatMap((annotations) => (annotations?.["examples"] ?? []) as ReadonlyArray<unknown>)
    .map((example) => encode(example))
    .filter(Exit.isSuccess)
    .map(({ value }) => JSON.stringify(value))
  return texts.length === 0 ? [] : [`e.g. ${cut(texts.join(", "), 200)}`]
}
