/**
 * Gives every scalar the type that the schema wants.
 *
 * A plain scalar of YAML is ambiguous: `0555` is a number and a telephone number, `1.10` a number and a version. Where
 * the schema takes the type that YAML's core schema gives it, it is that; else, where the schema takes a text, it is
 * the text as written. `null` (or nothing) never becomes a text: who writes it means that there is none.
 */
import { memoize } from "effect/Function"
import * as SchemaAST from "effect/SchemaAST"
import { boolCoreTag, floatCoreTag, intCoreTag, NOT_RESOLVED, nullCoreTag } from "js-yaml"
import { dateWords, encodedOf, isDate, isIso8601, isOptional } from "./encoded.ts"
import type { Dict, Node, Scalar } from "./yaml.ts"

/** What is wrong with a node, where that is known better here than by the schema. */
export type Notes = Map<Node, string>

/** The value of a node, as what is accepted by the encoded side of a JSON codec, of which `ast` is. */
export const toValue = (node: Node, ast: SchemaAST.AST, notes: Notes): unknown => valueOf(node, wantedOf(ast), notes)

/** What a value may be, each once, however often a recursive schema has it. */
export interface Wanted {
  readonly all: ReadonlyArray<SchemaAST.AST>
  readonly arrays: ReadonlyArray<SchemaAST.Arrays>
  readonly objects: ReadonlyArray<SchemaAST.Objects>
  /** What takes everything, and so whatever is within it. */
  readonly anything: ReadonlyArray<SchemaAST.AST>
  /** Whether it may be a date. */
  readonly date: boolean
  /** If there is nothing else. */
  readonly literals: ReadonlyArray<SchemaAST.Literal> | undefined
  /** How many items of a list have types of their own, and what the others may be. */
  readonly fixed: number
  readonly rest: Wanted
}

export const wantedOf = memoize((ast: SchemaAST.AST): Wanted => collect([ast]))

export const propertyOf = (object: SchemaAST.Objects, key: PropertyKey): SchemaAST.PropertySignature | undefined =>
  object.propertySignatures.find(({ name }) => name === key)

export const isOneOf = (scalar: Scalar, literals: ReadonlyArray<SchemaAST.Literal>): boolean => {
  const value = coreValueOf(scalar)
  return literals.some(({ literal }) => literal === value || literal === scalar.text)
}

// internal

const valueOf = (node: Node, wanted: Wanted, notes: Notes): unknown => {
  if (node._tag === "Scalar") return scalarOf(node, wanted, notes)
  if (node._tag === "List") {
    const { fixed, rest } = wanted
    return node.items.map((item, index) => valueOf(item, index < fixed ? itemOf(wanted, index) : rest, notes))
  }
  const objects = fitting(node, wanted.objects)
  const value: Record<string, unknown> = {}
  for (const key of Object.keys(node.entries)) {
    const entry = node.entries[key]!
    const types = objects.length === 1 ? typesOf(objects[0]!, key) : objects.flatMap((object) => typesOf(object, key))
    const type = oneOf(wanted.anything.length === 0 ? types : [...wanted.anything, ...types])
    if (isLeftOut(entry, types, type)) continue
    value[key] = valueOf(entry, type, notes)
  }
  return value
}

/** `null`, for a key that may be left out and cannot be null. */
const isLeftOut = (entry: Node, types: ReadonlyArray<SchemaAST.AST>, { all, anything }: Wanted): boolean =>
  entry._tag === "Scalar" &&
  types.length > 0 &&
  types.every(isOptional) &&
  coreValueOf(entry) === null &&
  anything.length === 0 &&
  !all.some(SchemaAST.isNull)

const itemOf = ({ anything, arrays }: Wanted, index: number): Wanted =>
  oneOf([...anything, ...arrays.flatMap(({ elements, rest }) => elements[index] ?? rest)])

const scalarOf = (scalar: Scalar, { all, anything, date }: Wanted, notes: Notes): unknown => {
  const value = coreValueOf(scalar)
  if (value === null || anything.length > 0) return value
  // JSON has no number for infinity: its codec takes a text.
  const readings = [value, scalar.text, String(value)]
  const found = readings.find((reading) => all.some((ast) => accepts(ast, reading)))
  if (found !== undefined || !date) return found ?? value
  if (isIso8601(scalar.text)) return scalar.text
  notes.set(scalar, `Expected ${dateWords}`)
  return "no date"
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
  const property = propertyOf(object, key)
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
      return isOneOf(entry, literals)
    })
  )
  return found.length === 0 ? objects : found
}

/** Each set of types is looked at once: many places have the same. */
const oneOf = (asts: ReadonlyArray<SchemaAST.AST>): Wanted => {
  if (asts.length === 1) return wantedOf(asts[0]!)
  const set = asts.reduce((before, ast) => before.with(ast), none)
  return (set.wanted ??= collect(asts))
}

interface Types {
  readonly with: (ast: SchemaAST.AST) => Types
  wanted?: Wanted
}

const types = (): Types => ({ with: memoize(types) })
const none = types()

const collect = (asts: ReadonlyArray<SchemaAST.AST>): Wanted => {
  const seen = new Set<SchemaAST.AST>()
  let date = false
  const visit = (ast: SchemaAST.AST): void => {
    if (seen.has(ast)) return
    seen.add(ast)
    if (isDate(ast)) date = true
    else if (ast.encoding !== undefined) visit(encodedOf(ast))
    else if (SchemaAST.isUnion(ast)) ast.types.forEach(visit)
    else if (SchemaAST.isSuspend(ast)) visit(ast.thunk())
  }
  asts.forEach(visit)
  const all = [...seen].filter(
    (ast) => ast.encoding === undefined && !SchemaAST.isUnion(ast) && !SchemaAST.isSuspend(ast)
  )
  const arrays = all.filter(SchemaAST.isArrays)
  const fixed = Math.max(0, ...arrays.map(({ elements }) => elements.length))
  let rest: Wanted | undefined
  return {
    all,
    arrays,
    objects: all.filter(SchemaAST.isObjects),
    anything: all.filter((ast) => SchemaAST.isDeclaration(ast) || SchemaAST.isUnknown(ast) || SchemaAST.isAny(ast)),
    date,
    literals: !date && all.every(SchemaAST.isLiteral) ? all : undefined,
    fixed,
    // Not before it is asked for: a schema can have itself.
    get rest() {
      return (rest ??= itemOf(this, fixed))
    }
  }
}
