/** All examples, by difficulty: what `npm run example` lists, and what the page of the examples is made of. */
import { program as agent } from "./agent/program.ts"
import { program as article } from "./article/program.ts"
import { program as chat } from "./chat/program.ts"
import { program as codeGenerator } from "./code-generator/program.ts"
import { program as mcp } from "./mcp/program.ts"
import { program as multiAgent } from "./multi-agent/program.ts"
import { program as resumes } from "./resumes/program.ts"
import { program as thinking } from "./thinking/program.ts"

export const catalog = [chat, article, resumes, agent, mcp, thinking, multiAgent, codeGenerator] as const
