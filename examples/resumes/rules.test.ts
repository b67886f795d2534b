import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { LanguageModel } from "effect/ai"
import { readFileSync } from "node:fs"
import { readReply } from "./reply.ts"
import { here, offline } from "./testing.ts"

describe("résumés: the offline rules", () => {
  const ask = (text: string) =>
    LanguageModel.generateText({
      prompt: [
        { role: "system", content: "You read résumés." },
        { role: "user", content: text }
      ]
    }).pipe(
      Effect.flatMap(({ text }) => readReply(text)),
      Effect.provide(offline)
    )

  it.effect("reads a person that is not in the shipped files", () =>
    Effect.gen(function* () {
      const resume = yield* ask(`Résumé
======

Carlos de la Fuente
carlos.delafuente@example.com
Phone: 415-555-0199

Employment History
------------------
2018 - 2023: Backend Developer, Copperline Software
- on call since 2019

Junior Developer                            Jan 2015 – Dec 2017
Ash & Elm, Inc.

Education
---------
2011 - 2014  BSc Computing

Technical Skills: Go, PHP, Docker`)
      assert.deepStrictEqual(resume, {
        name: "Carlos de la Fuente",
        email: "carlos.delafuente@example.com",
        phone: "415-555-0199",
        jobs: [
          { title: "Backend Developer", company: "Copperline Software", dates: "2018 - 2023" },
          { title: "Junior Developer", company: "Ash & Elm, Inc.", dates: "Jan 2015 – Dec 2017" }
        ],
        skills: ["Go", "PHP", "Docker"]
      })
    })
  )

  it.effect("reads the prompt: what is changed there is changed in the reply", () =>
    Effect.gen(function* () {
      const text = readFileSync(`${here}/data/tomas-okonkwo-lindgren.txt`, "utf8")
      const before = yield* ask(text)
      const after = yield* ask(
        text.replaceAll("Tomas", "Berit").replaceAll("Blue Tarn", "Red Hill").replace("Bash; ", "")
      )
      assert.deepStrictEqual(after, {
        ...before,
        name: "Berit Okonkwo-Lindgren",
        jobs: before.jobs.map((job) =>
          job.company === "Blue Tarn Cable" ? { ...job, company: "Red Hill Cable" } : job
        ),
        skills: before.skills.filter((skill) => skill !== "Bash")
      })
    })
  )

  it.effect.each([
    "Dear Ms Miller,\nthe meeting is on Thursday. Call me: 503-555-0100.\n\nSam Miller",
    "INVOICE 2024-113\nAcme Supplies, billing@acme.example.com\nPeriod: 01/2024 - 02/2024",
    "\u{1F600}",
    "-".repeat(50_000),
    "a".repeat(50_000),
    " ,|\t".repeat(10_000),
    "1 of 2020 - ".repeat(4_000),
    "\n \n".repeat(10_000)
  ])("takes nothing else for a résumé (%#)", (text) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ask(text))
      assert.strictEqual(error._tag, "NotAResume")
    })
  )
})
