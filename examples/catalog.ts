/** All examples, by difficulty: what `npm run example` lists, and what the page of the examples is made of. */
import { program as agent } from "./agent/program.ts"
import { program as article } from "./article/program.ts"
import { program as chat } from "./chat/program.ts"
import { program as guardrail } from "./guardrail/program.ts"
import { program as memory } from "./memory/program.ts"
import { program as rag } from "./rag/program.ts"
import { program as resumes } from "./resumes/program.ts"
import { program as structuredOutput } from "./structured-output/program.ts"
import { program as textToSql } from "./text-to-sql/program.ts"

export const catalog = [chat, structuredOutput, article, resumes, guardrail, memory, rag, textToSql, agent] as const
