/** The same mistakes, made in the flows here and in the same programs in PocketFlow's Python. */

export interface Mistake {
  readonly program: string
  /** What went wrong in the head of whoever wrote it. */
  readonly slip: string
  /** The text of `flow.ts` that is replaced, and by what. */
  readonly here: readonly [from: string, to: string]
  /** The same in the Python program. */
  readonly python: readonly [from: string, to: string]
  /** What PocketFlow then does. */
  readonly seen: string
}

export const mistakes: ReadonlyArray<Mistake> = [
  {
    program: "chat",
    slip: "the loop is wired to a misspelt action",
    here: [`turn: { again: "turn" }`, `turn: { agian: "turn" }`],
    python: [`turn - "again"`, `turn - "agian"`],
    seen: "the chat ends after the first reply; a warning, as at its proper end"
  },
  {
    program: "chat",
    slip: "the history is written to a misspelt key",
    here: [`messages: [...messages, { role`, `mesages: [...messages, { role`],
    python: [`shared["messages"] = [`, `shared["mesages"] = [`],
    seen: "no error: the model never learns what was said before"
  },
  {
    program: "chat",
    slip: "a role is misspelt",
    here: [`role: "assistant", content: text`, `role: "asistant", content: text`],
    python: [`"role": "assistant"`, `"role": "asistant"`],
    seen: "the model is sent a role that it does not know, from the second turn on"
  },
  {
    program: "resumes",
    slip: "the node that writes is wired to a misspelt action",
    here: [`parse: { parsed: "write" }`, `parse: { parse: "write" }`],
    python: [`parse - "parsed"`, `parse - "parse"`],
    seen: "every file is paid for, nothing is written; a warning"
  },
  {
    program: "resumes",
    slip: "a result is taken for a success unchecked",
    here: [`results.some(({ _tag }) => _tag === "Parsed")`, `results.some(({ resume }) => resume.name !== "")`],
    python: [`any(result["status"] == "parsed" for`, `any(result["resume"]["name"] != "" for`],
    seen: "`KeyError` where the first file is no résumé, after every file is paid for"
  },
  {
    program: "resumes",
    slip: "the files are read from a misspelt key",
    here: [`prep: (s) => s.files,`, `prep: (s) => s.file,`],
    python: [`return shared["files"]`, `return shared["file"]`],
    seen: "`KeyError` before the first call"
  },
  {
    program: "article",
    slip: "the drafts are written to a misspelt key",
    here: [`Article.next({ sections })`, `Article.next({ section: sections })`],
    python: [`shared["sections"] = exec_res`, `shared["section"] = exec_res`],
    seen: "`KeyError` in the last node, after every section is paid for"
  },
  {
    program: "article",
    slip: "`prep` leaves out what `exec` needs",
    here: [`      topic,\n      title,`, `      title,`],
    python: [`                "topic": shared["topic"],\n`, ``],
    seen: "no error: each section is tried three times, then replaced by an excuse"
  },
  {
    program: "article",
    slip: "the fallback leaves out a field",
    here: [`Section.make({ title, text, written: false })`, `Section.make({ title, text })`],
    python: [`"text": text, "written": False}`, `"text": text}`],
    seen: "nothing until a section fails; then `KeyError`, and all other sections are lost"
  },
  {
    program: "agent",
    slip: "the search is wired to a misspelt action",
    here: [`decide: { search: "search" }`, `decide: { serach: "search" }`],
    python: [`decide - "search"`, `decide - "serach"`],
    seen: "it ends without an answer; a warning"
  },
  {
    program: "agent",
    slip: "an action leads to a misspelt node",
    here: [`exhausted: "answer" }`, `exhausted: "anwser" }`],
    python: [`decide - "answer" >> answer`, `decide - "answer" >> anwser`],
    seen: "`NameError` when the module is loaded"
  },
  {
    program: "agent",
    slip: "a list is added to the documents as if it were one",
    here: [`documents: [...documents, ...results]`, `documents: [...documents, results]`],
    python: [`shared["documents"] += exec_res`, `shared["documents"].append(exec_res)`],
    seen: "`TypeError` in another node, after the first decision is paid for"
  },
  {
    program: "tutorial",
    slip: "the node that makes the pages is wired to a misspelt action",
    here: [`written: "combine"`, `wirtten: "combine"`],
    python: [
      `shared["chapters"] = exec_res\n        return "default"`,
      `shared["chapters"] = exec_res\n        return "defualt"`
    ],
    seen: "every chapter is paid for, no page is made; a warning"
  },
  {
    program: "tutorial",
    slip: "a chapter is kept without its name",
    here: [`({ name: asked[i]!.name, ...reply })`, `({ ...reply })`],
    python: [`chapter = {"name": name, "summary"`, `chapter = {"summary"`],
    seen: "`KeyError` in the prompt of the second chapter: it is tried three times, then all is lost"
  },
  {
    program: "tutorial",
    slip: "the order is written to a misspelt key",
    here: [`Tutorial.next({ order })`, `Tutorial.next({ orders: order })`],
    python: [`shared["order"] = exec_res`, `shared["orders"] = exec_res`],
    seen: "`KeyError` in another node, after three calls are paid for"
  }
]
