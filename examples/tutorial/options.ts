/** What the command line says: which code base, how much of it, and how it is told. */
import { Effect, Option, Path, Result, Schema } from "effect"
import { type Command, Flag } from "effect/cli"
import { int, output } from "../shared/flags.ts"
import { parseAddress } from "./repository.ts"
import { Sources } from "./sources.ts"

const patterns = (name: string, about: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("pattern"),
    Flag.withDescription(`${about}, as in .gitignore; may be given several times`),
    Flag.between(0, 100)
  )

export const flags = {
  dir: Flag.String("dir").pipe(
    Flag.withAlias("d"),
    Flag.withMetavar("folder"),
    Flag.withDescription("The folder with the code (packages/core of this repository)"),
    Flag.optional
  ),
  repo: Flag.String("repo").pipe(
    Flag.withAlias("r"),
    Flag.withMetavar("address"),
    Flag.withDescription("A git repository to clone in place of --dir; the newest state of its main branch"),
    Flag.optional
  ),
  name: Flag.String("name").pipe(
    Flag.withAlias("n"),
    Flag.withDescription("The name of the project; that of the folder or repository by default"),
    Flag.filter(
      (name) => /^\P{Cc}{1,100}$/u.test(name),
      () => "a single line"
    ),
    Flag.optional
  ),
  output: output("folder", "out/tutorial"),
  include: patterns("include", "Files to read, in place of those that look like code or documents"),
  exclude: patterns(
    "exclude",
    "Files and folders to leave out, besides tests and what tools make; !name takes back in"
  ),
  maxSize: int("max-size", {
    description: "The largest file to read, in bytes",
    default: 100_000,
    min: 1,
    max: 10_000_000
  }),
  language: Flag.String("language").pipe(
    Flag.withDescription("The language of the tutorial (English); needs a real model"),
    Flag.filter(
      (language) => /^[\p{L} ()-]{2,40}$/u.test(language),
      () => "the name of a language"
    ),
    Flag.withDefault("English")
  ),
  maxAbstractions: int("max-abstractions", { description: "How many chapters at most", default: 10, min: 1, max: 20 }),
  promptTokens: int("prompt-tokens", {
    description: "How large a prompt may be",
    default: 32_000,
    min: 12_000,
    max: 1_000_000
  }),
  concurrency: int("concurrency", {
    description: "How many chapters to write at once; each knows what those before them say",
    default: 1,
    min: 1,
    max: 32
  }),
  cache: Flag.Boolean("cache").pipe(
    Flag.withDescription("Use what was replied before, and go on with a run that was interrupted (yes)"),
    Flag.withDefault(true)
  )
}

/** Options that do not go together, or have no meaning. */
class WrongOptions extends Schema.TaggedError<WrongOptions>()("WrongOptions", { message: Schema.String }) {}

/** What a run begins with, and where its files come from. */
export const subjectOf = Effect.fn("subjectOf")(function* (options: Command.Command.Config.Infer<typeof flags>) {
  const path = yield* Path.Path
  const { dir, exclude, include, language, maxAbstractions, maxSize, output, promptTokens, repo } = options
  if (Option.isSome(dir) && Option.isSome(repo)) {
    return yield* new WrongOptions({ message: "--dir and --repo: the code is in one of them" })
  }
  const given = { language, maxAbstractions, promptTokens }
  const selection = { include: include.length > 0 ? include : sources, exclude: [...notSources, ...exclude], maxSize }
  if (Option.isSome(repo)) {
    const repository = parseAddress(repo.value)
    if (Result.isFailure(repository)) return yield* new WrongOptions({ message: `--repo: ${repository.failure}` })
    const { name, shown } = repository.success
    return {
      begin: { ...given, name: Option.getOrElse(options.name, () => name), address: shown },
      sources: Sources.repository(repository.success, selection)
    }
  }
  const folder = path.resolve(Option.getOrElse(dir, () => path.join(import.meta.dirname, "../../packages/core")))
  // What an earlier run has written is not what the tutorial is about.
  const own = path.relative(folder, path.resolve(output)).split(path.sep).join("/")
  const exceptOwn = own === "" || own.startsWith("..") ? [] : [`/${own}/`]
  return {
    begin: { ...given, name: Option.getOrElse(options.name, () => path.basename(folder) || "root"), address: null },
    sources: Sources.folder(folder, { ...selection, exclude: [...selection.exclude, ...exceptOwn] })
  }
})

// internal

/** What looks like code or says something about it. */
const sources = (
  "c cc clj cpp cs css cts cxx dart ex exs fs go h hpp hs html java jl js jsx kt lua md mdx mjs ml mts php pl proto py pyi " +
  "r rb rs rst scala sh sql svelte swift ts tsx vue zig"
)
  .split(" ")
  .map((ending) => `*.${ending}`)
  .concat("package.json", "Dockerfile", "Makefile")

/** Tests, and what tools make or keep. */
const notSources = (
  "test/ tests/ __tests__/ spec/ fixtures/ *.test.* *.spec.* *_test.* test_*.py *.tst.ts " +
  "node_modules/ vendor/ .venv/ venv/ __pycache__/ dist/ build/ out/ target/ coverage/ *.min.js *.d.ts"
).split(" ")
