/** All examples, by difficulty: what `npm run example` lists, and what the page of the examples is made of. */
import { program as agent } from "./agent/program.ts"
import { program as article } from "./article/program.ts"
import { program as batchFlow } from "./batch-flow/program.ts"
import { program as chat } from "./chat/program.ts"
import { program as fanOut } from "./fan-out/program.ts"
import { program as judge } from "./judge/program.ts"
import { program as majorityVote } from "./majority-vote/program.ts"
import { program as mapReduce } from "./map-reduce/program.ts"
import { program as nestedBatch } from "./nested-batch/program.ts"
import { program as resumes } from "./resumes/program.ts"
import { program as supervisor } from "./supervisor/program.ts"

export const catalog = [
  chat,
  article,
  resumes,
  mapReduce,
  batchFlow,
  majorityVote,
  agent,
  nestedBatch,
  judge,
  fanOut,
  supervisor
] as const
