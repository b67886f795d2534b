/** All examples, by difficulty: what `npm run example` lists, and what the page of the examples is made of. */
import { program as agent } from "./agent/program.ts"
import { program as article } from "./article/program.ts"
import { program as backend } from "./backend/program.ts"
import { program as batchFlow } from "./batch-flow/program.ts"
import { program as chat } from "./chat/program.ts"
import { program as codeGenerator } from "./code-generator/program.ts"
import { program as durable } from "./durable/program.ts"
import { program as fanOut } from "./fan-out/program.ts"
import { program as guardrail } from "./guardrail/program.ts"
import { program as humanInTheLoop } from "./human-in-the-loop/program.ts"
import { program as judge } from "./judge/program.ts"
import { program as majorityVote } from "./majority-vote/program.ts"
import { program as mapReduce } from "./map-reduce/program.ts"
import { program as mcp } from "./mcp/program.ts"
import { program as memory } from "./memory/program.ts"
import { program as multiAgent } from "./multi-agent/program.ts"
import { program as nestedBatch } from "./nested-batch/program.ts"
import { program as rag } from "./rag/program.ts"
import { program as resumes } from "./resumes/program.ts"
import { program as streaming } from "./streaming/program.ts"
import { program as structuredOutput } from "./structured-output/program.ts"
import { program as supervisor } from "./supervisor/program.ts"
import { program as textToSql } from "./text-to-sql/program.ts"
import { program as thinking } from "./thinking/program.ts"
import { program as tutorial } from "./tutorial/program.ts"

export const catalog = [
  chat,
  structuredOutput,
  article,
  resumes,
  mapReduce,
  batchFlow,
  majorityVote,
  agent,
  fanOut,
  nestedBatch,
  judge,
  guardrail,
  thinking,
  rag,
  memory,
  textToSql,
  mcp,
  supervisor,
  multiAgent,
  humanInTheLoop,
  streaming,
  codeGenerator,
  tutorial,
  backend,
  durable
] as const
