// Shows a conversation, and asks the server to say something or to stop. What is shown is what the server has.
const messages = document.querySelector("#messages")
const status = document.querySelector("#status")
const form = document.querySelector("#form")
const text = document.querySelector("#text")
const send = document.querySelector("#send")
const stop = document.querySelector("#stop")

// The address of the page is that of the conversation: it can be opened again.
if (location.hash === "") history.replaceState(null, "", `#${crypto.randomUUID()}`)
const conversation = `/conversations/${location.hash.slice(1)}`

const endings = {
  failed: "The reply failed. Please try again.",
  stopped: "Stopped."
}

/** A message as an element; what people and models write is text, never markup. */
const bubble = ({ content, role }) => {
  const element = document.createElement("p")
  element.className = `card text ${role}`
  element.textContent = content
  return element
}

const show = ({ messages: said, reply, trouble }) => {
  messages.replaceChildren(...said.map(bubble))
  if (reply) {
    const coming = bubble({ content: reply.text, role: "assistant" })
    coming.classList.add("coming")
    messages.append(coming)
  }
  messages.setAttribute("aria-busy", String(reply !== null)) // read aloud once it is whole
  send.disabled = reply !== null
  stop.disabled = reply === null
  status.textContent = trouble ? endings[trouble] : ""
}

const follow = () => {
  const last = messages.lastElementChild
  last?.scrollIntoView({ block: "nearest" })
}

const events = new EventSource(`${conversation}/changes`)
events.addEventListener("message", ({ data }) => {
  const change = JSON.parse(data)
  if (change._tag === "Shown") show(change.view)
  else messages.lastElementChild.append(change.text)
  follow()
})
// The browser connects again by itself, and then is shown everything anew; not so where the server knows another token.
events.addEventListener("error", () => {
  status.textContent =
    events.readyState === EventSource.CLOSED ? "Open the address that the program has printed." : "Connecting again ..."
})

const post = (path, body) =>
  fetch(conversation + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body)
  })

form.addEventListener("submit", async (event) => {
  event.preventDefault()
  if (send.disabled) return
  const question = text.value.trim()
  if (question === "") return
  const response = await post("/messages", { text: question }).catch(() => undefined)
  if (response?.ok) text.value = ""
  else status.textContent = "The question did not arrive. Please send it again."
})

stop.addEventListener("click", () => post("/stop"))
