/** Parts of a prompt that are data, whoever has written them. */

/** A text between tags, which it cannot close: `<letter id="1">`, the text, `</letter>`, each on lines of its own. */
export const quoted = (tag: string, text: string, attributes: Readonly<Record<string, string>> = {}): string => {
  const opening = Object.entries(attributes).map(([name, value]) => ` ${name}="${value.replace(/[\s"<>]+/g, " ")}"`)
  return `<${tag}${opening.join("")}>\n${text.replace(new RegExp(`<(?=\\s*/?\\s*${tag})`, "gi"), "‹")}\n</${tag}>`
}

/** The texts between these tags in a prompt, in their order: for rules, which have to read what a model is told. */
export const quotesIn = (tag: string, prompt: string): ReadonlyArray<string> =>
  Array.from(
    prompt.matchAll(new RegExp(`^<${tag}(?: [^>\\n]*)?>\\n([^]*?)\\n</${tag}>$`, "gm")),
    ([, text = ""]) => text
  )
