// Shows the sessions as the server tells them, and sends what the reviewer decides.
const status = document.querySelector("#status")
const list = document.querySelector("#sessions")
const template = document.querySelector("#session")
const articles = new Map()

const states = {
  working: "being written ...",
  waiting: "waits for you",
  failed: "failed",
  sent: "sent",
  discarded: "discarded"
}

const post = async (path, body) => {
  const response = await fetch(`/sessions${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body)
  }).catch(() => undefined)
  const refused = response?.ok ? undefined : await response?.json().catch(() => undefined)
  status.textContent = response?.ok ? "" : (refused?.message ?? "That did not arrive. Please try again.")
  return response?.ok ?? false
}

/** The decision that a button stands for; a draft that was changed is approved as it is now. */
const decisionOf = (button, article) => {
  const draft = article.querySelector(".draft")
  const note = article.querySelector(".note").value.trim()
  if (button === "discard") return { _tag: "Discard" }
  if (button === "reject") return { _tag: "Reject", note }
  return draft.value === draft.defaultValue ? { _tag: "Approve" } : { _tag: "Edit", text: draft.value.trim() }
}

const begin = (id) => {
  const article = template.content.cloneNode(true).querySelector("article")
  article.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault()
    const note = article.querySelector(".note")
    const decision = decisionOf(event.submitter.value, article)
    const step = Number(article.dataset.step)
    if (decision.note === "") {
      status.textContent = "Please say what should be changed."
      return note.focus()
    }
    const buttons = article.querySelectorAll(".decision button")
    for (const button of buttons) button.disabled = true
    if (await post(`/${id}/decision`, { step, decision })) note.value = ""
    for (const button of buttons) button.disabled = false
  })
  article.querySelector(".retry").addEventListener("click", () => post(`/${id}/retry`, {}))
  list.prepend(article)
  articles.set(id, article)
  return article
}

const show = (view) => {
  const article = articles.get(view.id) ?? begin(view.id)
  const set = (selector, text) => {
    const element = article.querySelector(selector)
    element.textContent = text
    element.hidden = text === ""
  }
  const waiting = view.status === "waiting"
  const ended = view.status === "sent" || view.status === "discarded"
  set(".name", view.letter.split("\n").findLast((line) => line.trim() !== "") ?? "")
  set(".state", states[view.status])
  set(".letter", view.letter)
  set(".reason", view.reason ?? "")
  set(".final", ended ? (view.draft ?? "") : "")
  const notes = article.querySelector(".notes")
  notes.replaceChildren(...view.notes.map((note) => Object.assign(document.createElement("li"), { textContent: note })))
  notes.hidden = view.notes.length === 0
  article.querySelector(".decision").hidden = !waiting
  article.querySelector(".retry").hidden = view.status !== "failed"
  article.classList.toggle("ended", ended)
  article.dataset.step = view.step
  article.setAttribute("aria-busy", String(view.status === "working"))
  const draft = article.querySelector(".draft")
  // Told again after a lost connection, a draft is the same: what the reviewer has typed stays.
  if (draft.defaultValue !== (view.draft ?? "")) draft.value = draft.defaultValue = view.draft ?? ""
}

const events = new EventSource("/sessions/changes")
events.addEventListener("message", ({ data }) => show(JSON.parse(data)))
events.addEventListener("open", () => (status.textContent = ""))
events.addEventListener("error", () => {
  // A server that was started anew knows another token.
  status.textContent =
    events.readyState === EventSource.CLOSED ? "Open the address that the program has printed." : "Connecting again ..."
})

document.querySelector("#new").addEventListener("submit", async (event) => {
  event.preventDefault()
  const letter = document.querySelector("#letter")
  if (await post("", { letter: letter.value.trim() })) letter.value = ""
})
