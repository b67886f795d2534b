/**
 * Decodes each part of a value once, however many members of a union look at it.
 *
 * A union tries its members one after the other, and each decodes what is within anew: where unions are within each
 * other, as in a recursive schema, the time is exponential in the depth. So such a union remembers what became of each
 * object and list: a parser with this memory is called a packrat, and takes linear time.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { memoize } from "effect/Function"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import { isOptional } from "./encoded.ts"
import { propertyOf, wantedOf } from "./wanted.ts"

/** The same, with unions that remember. What has no recursion in it stays as it is. */
export const once = memoize((ast: SchemaAST.AST): SchemaAST.AST => {
  const copied = rebuilt(ast, once)
  return SchemaAST.isUnion(copied) && copied !== ast ? remembering(copied) : copied
})

// internal

/** A member of a union: if it is one itself, the union around it remembers, and sees how its members differ. */
const member = memoize((ast: SchemaAST.AST): SchemaAST.AST => rebuilt(ast, member))

const rebuilt = (ast: SchemaAST.AST, suspended: (ast: SchemaAST.AST) => SchemaAST.AST): SchemaAST.AST => {
  const parts: object = {
    encoding: ast.encoding && each(ast.encoding, withTo),
    ...(SchemaAST.isSuspend(ast) ? { thunk: () => suspended(ast.thunk()) } : partsOf(ast))
  }
  const isSame = Object.entries(parts).every(([key, part]) => part === (ast as unknown as Record<string, unknown>)[key])
  return isSame ? ast : copy(ast, parts)
}

const partsOf = (ast: SchemaAST.AST): object => {
  switch (ast._tag) {
    case "Declaration":
      return { typeParameters: each(ast.typeParameters, once) }
    case "Arrays":
      return { elements: each(ast.elements, once), rest: each(ast.rest, once) }
    case "Objects":
      return {
        propertySignatures: each(ast.propertySignatures, withType),
        indexSignatures: each(ast.indexSignatures, withType)
      }
    case "Union":
      return { types: each(ast.types, member) }
    default:
      return {}
  }
}

const withType = <A extends { readonly type: SchemaAST.AST }>(signature: A): A => {
  const type = once(signature.type)
  return type === signature.type ? signature : copy(signature, { type })
}

const withTo = (link: SchemaAST.Link): SchemaAST.Link => {
  const to = once(link.to)
  return to === link.to ? link : copy(link, { to })
}

/** The same array, where nothing changes. */
const each = <A>(items: ReadonlyArray<A>, f: (item: A) => A): ReadonlyArray<A> => {
  const mapped = items.map(f)
  return mapped.every((item, index) => item === items[index]) ? items : mapped
}

const copy = <A extends object>(node: A, changes: object): A =>
  Object.assign(Object.create(Object.getPrototypeOf(node)), node, changes)

type Decoded = Effect.Effect<unknown, SchemaIssue.Issue>

const remembering = (union: SchemaAST.Union): SchemaAST.AST =>
  new SchemaAST.Declaration(
    [copy(union, { encoding: undefined, context: undefined })],
    ([ast]) => {
      const decode = SchemaParser.decodeUnknownEffect(Schema.make<Schema.Codec<unknown>>(ast!))
      const { anything, arrays, objects } = wantedOf(ast!)
      // Nothing is looked at twice.
      if (anything.length === 0 && arrays.length < 2 && (objects.length < 2 || areTagged(objects))) {
        return (input, _self, options) => decode(input, options)
      }
      const known = new WeakMap<object, Decoded>()
      return (input, _self, options) => {
        if (typeof input !== "object" || input === null) return decode(input, options)
        const found = known.get(input) ?? keep(decode(input, options))
        known.set(input, found)
        return found
      }
    },
    union.annotations,
    undefined,
    union.encoding,
    union.context
  )

/** Whether they differ in a literal: only one of them is tried. */
const areTagged = ([first, ...others]: ReadonlyArray<SchemaAST.Objects>): boolean =>
  first!.propertySignatures.some(({ name, type }) => {
    const types = [type, ...others.map((object) => propertyOf(object, name)?.type)]
    const tags = types.map((type) =>
      type && SchemaAST.isLiteral(type) && !isOptional(type) ? type.literal : undefined
    )
    return !tags.includes(undefined) && new Set(tags).size === tags.length
  })

/** What takes time takes it once. */
const keep = (decoded: Decoded): Decoded => {
  if (Exit.isExit(decoded)) return decoded
  let known: Decoded = Effect.onExit(decoded, (exit) =>
    Effect.sync(() => {
      if (!Exit.hasInterrupts(exit)) known = exit
    })
  )
  return Effect.suspend(() => known)
}
