/** An MCP server over stdio, whose tool fails with what is nested 20,000 deep: `node test/ai/hostileMcpServer.ts`. */
import { createInterface } from "node:readline"

const deep = "[".repeat(20_000) + "]".repeat(20_000)

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  const results: Record<string, string> = {
    initialize: JSON.stringify({
      protocolVersion: params?.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: "hostile", version: "1.0.0" }
    }),
    "tools/list": JSON.stringify({ tools: [{ name: "deep", inputSchema: { type: "object" } }] }),
    "tools/call": `{ "content": [], "isError": true, "structuredContent": { "deep": ${deep} } }`
  }
  if (id !== undefined)
    process.stdout.write(`{ "jsonrpc": "2.0", "id": ${id}, "result": ${results[method] ?? "{}"} }\n`)
}
