import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { Flow } from "effect-pocketflow"
import sharp from "sharp"
import { runExample } from "../shared/testing.ts"
import { album } from "./flow.ts"
import { Filter } from "./images.ts"
import { program } from "./program.ts"

const data = `${import.meta.dirname}/data`

/** Makes an album in a folder: the end, what became of each picture, and the problems. */
const make = (output: string, paths: ReadonlyArray<string>, filters: ReadonlyArray<Filter> = Filter.literals) =>
  Effect.map(Flow.run(album({ concurrency: 4 }), { paths, filters, output }), ({ outcome, store }) => ({
    outcome,
    results: store.results.map(({ outcome, target }) => `${outcome} ${target.replace(`${output}/`, "")}`),
    problems: store.problems,
    bytes: store.bytes
  }))

const temporary = FileSystem.FileSystem.use((fs) => fs.makeTempDirectoryScoped())

describe("batch-flow", () => {
  it.effect("draws every image with every filter, in their order, and counts each byte", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const output = yield* temporary
      const { bytes, ...rest } = yield* make(output, [data], ["sepia", "blur"])
      assert.deepStrictEqual(rest, {
        outcome: "done",
        results: [
          "rendered balloons-sepia.jpg",
          "rendered balloons-blur.jpg",
          "rendered harbour-sepia.jpg",
          "rendered harbour-blur.jpg",
          "rendered mountains-sepia.jpg",
          "rendered mountains-blur.jpg"
        ],
        problems: []
      })
      const names = (yield* fs.readDirectory(output)).filter((name) => name.endsWith(".jpg"))
      const sizes = yield* Effect.forEach(names, (name) => fs.stat(`${output}/${name}`))
      assert.strictEqual(bytes, Number(sizes.reduce((sum, { size }) => sum + size, 0n)))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("does what the filters say", () =>
    Effect.gen(function* () {
      const output = yield* temporary
      yield* make(output, [`${data}/harbour.jpg`])
      const stats = (name: string) => Effect.promise(() => sharp(name).stats())
      const { channels, sharpness } = yield* stats(`${data}/harbour.jpg`)
      assert.isAbove(Math.abs(channels[0]!.mean - channels[2]!.mean), 10)
      const gray = (yield* stats(`${output}/harbour-grayscale.jpg`)).channels.map(({ mean }) => mean)
      assert.isBelow(Math.max(...gray) - Math.min(...gray), 1)
      assert.isBelow((yield* stats(`${output}/harbour-blur.jpg`)).sharpness, sharpness / 2)
      const [red, green, blue] = (yield* stats(`${output}/harbour-sepia.jpg`)).channels
      assert.isTrue(red!.mean > green!.mean && green!.mean > blue!.mean)
      const [outline] = (yield* stats(`${output}/harbour-outline.jpg`)).channels
      assert.isTrue(outline!.mean < 30 && outline!.max > 200)
      const { height, width } = yield* Effect.promise(() => sharp(`${output}/contact-sheet.png`).metadata())
      assert.deepStrictEqual({ height, width }, { height: 120, width: 5 * 160 })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("draws again what is older than its image, and nothing else", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const output = yield* temporary
      yield* make(output, [data], ["blur"])
      const old = new Date("2001-01-01")
      yield* fs.utimes(`${output}/harbour-blur.jpg`, old, old)
      assert.deepStrictEqual((yield* make(output, [data], ["blur"])).results, [
        "fresh balloons-blur.jpg",
        "rendered harbour-blur.jpg",
        "fresh mountains-blur.jpg"
      ])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("names each image that cannot be read once, and draws the others", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporary
      yield* fs.writeFileString(`${directory}/text.png`, "no image")
      yield* fs.copyFile(`${data}/harbour.jpg`, `${directory}/harbour.jpg`)
      const output = `${directory}/new`
      assert.deepInclude(yield* make(output, [directory], ["blur", "sepia"]), {
        outcome: "done",
        results: [
          "rendered harbour-blur.jpg",
          "rendered harbour-sepia.jpg",
          "unreadable text-blur.jpg",
          "unreadable text-sepia.jpg"
        ],
        problems: [`${directory}/text.png: Input file contains unsupported image format`]
      })
      assert.sameMembers(yield* fs.readDirectory(output), [
        "contact-sheet.png",
        "harbour-blur.jpg",
        "harbour-sepia.jpg"
      ])
      assert.strictEqual((yield* make(`${directory}/none`, [`${directory}/text.png`])).outcome, "nothing")
      assert.isFalse(yield* fs.exists(`${directory}/none`))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("takes no two images of one name", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporary
      yield* fs.copyFile(`${data}/harbour.jpg`, `${directory}/harbour.png`)
      const error = yield* Effect.flip(make(`${directory}/new`, [data, directory]))
      assert.strictEqual(error.message, `${directory}/harbour.png: has the name of ${data}/harbour.jpg`)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("takes no two images whose names differ in their letters' case alone", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporary
      yield* fs.copyFile(`${data}/harbour.jpg`, `${directory}/Harbour.png`)
      const error = yield* Effect.flip(make(`${directory}/new`, [data, directory]))
      assert.strictEqual(error.message, `${directory}/Harbour.png: has the name of ${data}/harbour.jpg`)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect.each(["balloons-sepia.jpg", "contact-sheet.png"])("draws nothing where %s is an image, too", (name) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* temporary
      yield* fs.copyFile(`${data}/balloons.jpg`, `${directory}/balloons.jpg`)
      yield* fs.copyFile(`${data}/harbour.jpg`, `${directory}/${name}`)
      const error = yield* Effect.flip(make(directory, [`${directory}/../${directory.split("/").at(-1)}`]))
      assert.strictEqual(error.message, `${directory}/${name}: is an input, and would be overwritten`)
      assert.sameMembers(yield* fs.readDirectory(directory), ["balloons.jpg", name])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("is run by the command", () =>
    Effect.gen(function* () {
      const output = yield* temporary
      const { err, ok, out } = yield* runExample(
        program,
        `${data}/harbour.jpg`,
        "-f",
        "blur",
        "-f",
        "blur",
        "-o",
        output
      )
      assert.deepStrictEqual(
        { err, ok, out: out.split("\n") },
        {
          err: "",
          ok: true,
          out: [`rendered  ${output}/harbour-blur.jpg`, "", `5 KB written, and ${output}/contact-sheet.png`]
        }
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect.each([
    { args: ["--output", ""], error: "error: Missing value for flag --output. Expected: a path (see --help)" },
    { args: ["/nowhere"], error: "error: /nowhere: no such file or folder" }
  ])("writes nothing where something is wrong: $args", ({ args, error }) =>
    Effect.gen(function* () {
      const { err, ok } = yield* runExample(program, ...args)
      assert.deepStrictEqual([ok, err], [false, error])
    })
  )
})
