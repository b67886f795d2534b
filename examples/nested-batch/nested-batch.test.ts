import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { Flow } from "effect-pocketflow"
import { runExample } from "../shared/testing.ts"
import { report } from "./flow.ts"
import { program } from "./program.ts"

/** A report on a folder with these files. */
const reportOn = (files: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    for (const [file, text] of Object.entries(files)) {
      const path = `${folder}/${file}`
      yield* fs.makeDirectory(path.slice(0, path.lastIndexOf("/")), { recursive: true })
      yield* fs.writeFileString(path, text)
    }
    const { outcome, store } = yield* Flow.run(report, { folder })
    return { outcome, schools: JSON.parse(JSON.stringify(store.schools).replaceAll(`${folder}/`, "")), folder, store }
  })

describe("nested-batch", () => {
  it.effect("puts pupils into their class, and classes into their school", () =>
    Effect.gen(function* () {
      const { outcome, schools } = yield* reportOn({
        "north/1/roster.txt": "Zoë Adams\nBob\n",
        "north/1/zoe-adams.txt": "maths: 90\nart: 70.5\n",
        "north/1/bob.txt": "maths: 0\n",
        "north/2/roster.txt": "Bob",
        "north/2/bob.txt": "maths: 100\n\n",
        "south/1/roster.txt": "Cy\nCy\n",
        "south/1/cy.txt": "art: 50"
      })
      assert.strictEqual(outcome, "complete")
      assert.deepStrictEqual(schools, [
        {
          folder: "north",
          classes: [
            {
              folder: "north/1",
              pupils: [
                { name: "Zoë Adams", average: 80.25 },
                { name: "Bob", average: 0 }
              ],
              problems: []
            },
            { folder: "north/2", pupils: [{ name: "Bob", average: 100 }], problems: [] }
          ],
          problems: []
        },
        {
          folder: "south",
          classes: [{ folder: "south/1", pupils: [{ name: "Cy", average: 50 }], problems: [] }],
          problems: []
        }
      ])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("keeps each problem at its level, and the others", () =>
    Effect.gen(function* () {
      const { folder, outcome, store } = yield* reportOn({
        "a/1/roster.txt": "Missing\nAway\nToo Good\nEmpty\nFine",
        "a/1/away.txt": "maths: 70\nart: absent",
        "a/1/too-good.txt": "maths: 101",
        "a/1/empty.txt": "",
        "a/1/fine.txt": "maths: 60",
        "a/2/fine.txt": "maths: 60",
        "b/file.txt": ""
      })
      assert.deepStrictEqual(
        [outcome, store],
        [
          "partial",
          {
            folder,
            schools: [
              {
                folder: `${folder}/a`,
                classes: [
                  {
                    folder: `${folder}/a/1`,
                    pupils: [{ name: "Fine", average: 60 }],
                    problems: [
                      `${folder}/a/1/away.txt: "art: absent" is no grade from 0 to 100`,
                      `${folder}/a/1/empty.txt: the file is empty`,
                      `${folder}/a/1/missing.txt: no such file or folder`,
                      `${folder}/a/1/too-good.txt: "maths: 101" is no grade from 0 to 100`
                    ]
                  }
                ],
                problems: [`${folder}/a/2/roster.txt: no such file or folder`]
              }
            ],
            problems: [`${folder}/b: no folders in this folder`]
          }
        ]
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("does not leave the folder of a class, whatever the roster says", () =>
    Effect.gen(function* () {
      const { store } = yield* reportOn({
        "a/1/roster.txt": "../../b/1/bo",
        "b/1/roster.txt": "Bo",
        "b/1/bo.txt": "art: 1"
      })
      assert.match(store.schools[0]?.classes[0]?.problems[0] ?? "", /\/a\/1\/-b-1-bo\.txt: no such file or folder$/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("is run by the command", () =>
    Effect.gen(function* () {
      const { err, ok, out } = yield* runExample(program)
      assert.isTrue(ok)
      assert.deepStrictEqual(out.split("\n").slice(0, 3), [
        "hill-lane                 73.8",
        "  1a                      72.0",
        "    Ada Brook             71.4"
      ])
      assert.deepStrictEqual(
        err.split("\n").map((line) => line.replace(/^Not counted: .*?data\//, "")),
        [
          "riverside/2b/roster.txt: no such file or folder",
          'hill-lane/1b/faruk-guler.txt: "english: absent" is no grade from 0 to 100',
          'riverside/1a/nadia-osman.txt: "science: 790" is no grade from 0 to 100',
          "riverside/2a/ravi-shah.txt: no such file or folder"
        ]
      )
      const nowhere = yield* runExample(program, "/nowhere")
      assert.deepStrictEqual(
        [nowhere.ok, nowhere.err.split("\n").at(-1)],
        [false, "error: /nowhere: no folder that can be read"]
      )
    })
  )
})
