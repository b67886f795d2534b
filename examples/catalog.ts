/** All examples, by difficulty: what `npm run example` lists, and what the page of the examples is made of. */
import { program as agent } from "./agent/program.ts"
import { program as article } from "./article/program.ts"
import { program as chat } from "./chat/program.ts"
import { program as resumes } from "./resumes/program.ts"
import { program as tutorial } from "./tutorial/program.ts"

export const catalog = [chat, article, resumes, agent, tutorial] as const
