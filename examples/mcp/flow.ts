/** A question that a model answers with the tools of an MCP server, as far as it is allowed to use them. */
import { Retry, ToolLoop } from "@effect-pocketflow/ai"
import { McpClient, Prompt, Toolkit } from "effect/ai"
import { Flow, Node } from "effect-pocketflow"

/** Whatever the server offers: it is asked at each visit. Which server that is, the program decides. */
const toolkit = McpClient.McpClient.use((client) => McpClient.toolkit(client))

const instructions =
  "Answer the question in one line. Calculate with the tools, never in your head; use several at once where they do not " +
  "depend on each other. If you have no tool for something, or one fails, say so and do not guess."

export const ask = (question: string): typeof ToolLoop.Conversation.Type => ({
  history: Prompt.make([
    { role: "system", content: instructions },
    { role: "user", content: question }
  ])
})

/** `allow` names the tools that the model may use. No other is offered, and none is run if it asks all the same. */
export const assistant = (allow: ReadonlyArray<string>) => {
  // The model is told of a tool that fails. (The client gives up on one after a minute.)
  const { call, decide } = ToolLoop.nodes({ toolkit, allow, failureMode: "return", concurrency: 4 })

  const work = Flow.make(ToolLoop.Conversation, {
    start: "decide",
    nodes: { decide: decide.pipe(Node.timeout("1 minute"), Node.retry(Retry.schedule())), call },
    edges: { decide: { call: "call", again: "decide" }, call: { called: "decide" } }
  })

  /** One more turn, without tools, in which the model says how far it came. */
  const conclude = ToolLoop.nodes({ toolkit: Toolkit.empty }).decide.pipe(
    Node.timeout("1 minute"),
    Node.retry(Retry.schedule()),
    Flow.mapOutcome({ call: "unanswered", again: "unanswered" })
  )

  return Flow.make(ToolLoop.Conversation, {
    start: "work",
    nodes: { work: work.pipe(Flow.budget({ steps: 20 })), conclude },
    edges: { work: { exhausted: "conclude" } }
  })
}
