/**
 * Gives every scalar the type that the schema wants.
 *
 * A plain scalar of YAML is ambiguous: `0555` is a number and a telephone number, `1.10` a number and a version. Where
 * the schema takes the type that YAML's core schema gives it, it is that; else, where the schema takes a text, it is
 * the text as written. `null` (or nothing) never becomes a text: who writes it means that there is none.
 */
import * as SchemaAST from "effect/SchemaAST"
import { boolCoreTag, floatCoreTag, intCoreTag, NOT_RESOLVED, nullCoreTag } from "js-yaml"
import type { Dict, Node, Scalar } from "./yaml.ts"

/** The value of a node, as what the encoded side of a JSON codec accepts. */
export const toValue = (node: Node, ast: SchemaAST.AST): unknown => valueOf(node, wantedOf(ast))

// internal

/** What a value may be, each once, however often a recursive schema has it. */
interface Wanted {
  readonly all: ReadonlyArray<SchemaAST.AST>
  readonly arrays: ReadonlyArray<SchemaAST.Arrays>
  readonly objects: ReadonlyArray<SchemaAST.Objects>
  /** What takes everything, and so whatever is within it. */
  readonly anything: ReadonlyArray<SchemaAST.AST>
  /** If there is nothing else. */
  readonly literals: ReadonlyArray<SchemaAST.Literal> | undefined
}

const valueOf = (node: Node, wanted: Wanted): unknown => {
  if (node._tag === "Scalar") return scalarOf(node, wanted)
  if (node._tag === "List") {
    const fixed = Math.max(0, ...wanted.arrays.map(({ elements }) => elements.length))
    const rest = itemOf(wanted, fixed)
    return node.items.map((item, index) => valueOf(item, index < fixed ? itemOf(wanted, index) : rest))
  }
  const objects = fitting(node, wanted.objects)
  const value: Record<string, unknown> = {}
  for (const key of Object.keys(node.entries)) {
    const types = objects.flatMap((object) => typesOf(object, key))
    value[key] = valueOf(node.entries[key]!, oneOf([...wanted.anything, ...types]))
  }
  return value
}

const itemOf = ({ anything, arrays }: Wanted, index: number): Wanted =>
  oneOf([...anything, ...arrays.flatMap(({ elements, rest }) => elements[index] ?? rest)])

const scalarOf = (scalar: Scalar, { all, anything }: Wanted): unknown => {
  const value = coreValueOf(scalar)
  if (typeof value === "string" || value === null || anything.length > 0) return value
  // JSON has no number for infinity: its codec takes a text.
  const readings = [value, scalar.text, String(value)]
  return readings.find((reading) => all.some((ast) => accepts(ast, reading))) ?? value
}

const coreTags = [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag]

const coreValueOf = ({ plain, text }: Scalar): unknown => {
  for (const tag of plain ? coreTags : []) {
    const value = tag.resolve(text, false, tag.tagName)
    if (value !== NOT_RESOLVED) return value
  }
  return text
}

const accepts = (ast: SchemaAST.AST, value: unknown): boolean => {
  switch (ast._tag) {
    case "String":
    case "TemplateLiteral":
      return typeof value === "string"
    case "Number":
      return Number.isFinite(value)
    case "Boolean":
      return typeof value === "boolean"
    case "Literal":
      return ast.literal === value
    case "Enum":
      return ast.enums.some(([, literal]) => literal === value)
    default:
      return false
  }
}

/** A key that no property has belongs to a record. */
const typesOf = (object: SchemaAST.Objects, key: string): ReadonlyArray<SchemaAST.AST> => {
  const property = object.propertySignatures.find(({ name }) => name === key)
  return property === undefined ? object.indexSignatures.map(({ type }) => type) : [property.type]
}

/** The members of a union that have the literals that a node has, such as its `_tag`; all, if there are none. */
const fitting = (node: Dict, objects: ReadonlyArray<SchemaAST.Objects>): ReadonlyArray<SchemaAST.Objects> => {
  if (objects.length < 2) return objects
  const found = objects.filter(({ propertySignatures }) =>
    propertySignatures.every(({ name, type }) => {
      const { literals } = wantedOf(type)
      const entry = Object.hasOwn(node.entries, name) ? node.entries[name as string] : undefined
      if (literals === undefined || entry?._tag !== "Scalar") return true
      const value = coreValueOf(entry)
      return literals.some(({ literal }) => literal === value || literal === entry.text)
    })
  )
  return found.length === 0 ? objects : found
}

/** Few positions have several types: they are not worth being kept. */
const oneOf = (asts: ReadonlyArray<SchemaAST.AST>): Wanted => (asts.length === 1 ? wantedOf(asts[0]!) : collect(asts))

const known = new WeakMap<SchemaAST.AST, Wanted>()

const wantedOf = (ast: SchemaAST.AST): Wanted => {
  const found = known.get(ast) ?? collect([ast])
  known.set(ast, found)
  return found
}

const collect = (asts: ReadonlyArray<SchemaAST.AST>): Wanted => {
  const seen = new Set<SchemaAST.AST>()
  const visit = (ast: SchemaAST.AST): void => {
    if (seen.has(ast)) return
    seen.add(ast)
    if (SchemaAST.isUnion(ast)) ast.types.forEach(visit)
    else if (SchemaAST.isSuspend(ast)) visit(ast.thunk())
  }
  asts.forEach(visit)
  const all = [...seen].filter((ast) => !SchemaAST.isUnion(ast) && !SchemaAST.isSuspend(ast))
  return {
    all,
    arrays: all.filter(SchemaAST.isArrays),
    objects: all.filter(SchemaAST.isObjects),
    anything: all.filter((ast) => SchemaAST.isDeclaration(ast) || SchemaAST.isUnknown(ast) || SchemaAST.isAny(ast)),
    literals: all.every(SchemaAST.isLiteral) ? all : undefined
  }
}
