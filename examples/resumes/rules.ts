/**
 * Rules in place of a model: they read the résumé in the prompt as plain text, by the conventions that résumés follow.
 *
 * Sections are found by their headings, jobs by their date ranges, names and addresses by their shape and by how well
 * they fit each other. A text that names nobody, no way to reach them, or neither job nor education is no résumé.
 */
import type { OfflineModel } from "@effect-pocketflow/ai"
import { stringify } from "yaml"
import type { Resume } from "./Resume.ts"
import { expandTabs, unquote, sentences } from "./layout.ts"
import { type Kind, toSections, unfold } from "./sections.ts"
import { jobsIn, jobsInSentence } from "./jobs.ts"
import { skillsIn, skillsInSentence } from "./skills.ts"
import { email, phone, findAll, findName, best } from "./person.ts"

export const rules: ReadonlyArray<OfflineModel.Rule> = [
  {
    name: "résumé",
    when: ({ system }) => system.includes("résumé"),
    reply: ({ user }) => `\`\`\`yaml\n${stringify(read(user))}\`\`\`\n`
  }
]

type Reply = Resume | { readonly not_a_resume: string }

const read = (text: string): Reply => {
  const lines = unfold(unquote(text.replace(/\r\n?/g, "\n").split("\n").map(expandTabs)))
  const sections = toSections(lines)
  const of = (kind: Kind) => sections.filter((section) => section.kind === kind)
  const [experience, skills] = [of("experience"), of("skills")]
  const addresses = findAll(email, lines)
  const name = findName(lines, addresses)
  const resume = {
    name: name ?? "",
    email: best(addresses, name),
    phone: best(findAll(phone, lines), name),
    // A letter has no sections: its sentences say it.
    jobs: experience.length > 0 ? experience.flatMap(jobsIn) : sentences(lines).flatMap(jobsInSentence),
    skills: skills.length > 0 ? skills.flatMap(skillsIn) : sentences(lines).flatMap(skillsInSentence)
  }
  const missing = [
    name === undefined && "the name of a person",
    resume.email === null && resume.phone === null && "an e-mail address or a phone number",
    resume.jobs.length === 0 && of("education").length === 0 && "a job or an education"
  ].filter((part) => part !== false)
  return missing.length === 0 ? resume : { not_a_resume: `no sign of ${missing.join(", nor of ")}` }
}
