/** Bugs to plant around a model: where money, a key, or the truth about a reply could be lost. */
import type { Mutant } from "../../scripts/mutants.ts"

type Bug = Omit<Mutant, "file" | "tests">

const inFile = (file: string, tests: ReadonlyArray<string>, bugs: ReadonlyArray<Bug>): ReadonlyArray<Mutant> =>
  bugs.map((bug) => ({ ...bug, file: `packages/ai/src/${file}.ts`, tests }))

const over = (...names: ReadonlyArray<string>) => names.map((name) => `test/ai/${name}.test.ts`)
const http = [...over("OpenAi", "OpenAi.hostile"), "test/faults/modelCalls/", "test/faults/canary.test.ts"]

export const models: ReadonlyArray<Mutant> = [
  // --- limits ---

  ...inFile("Limits", over("Limits"), [
    {
      name: "concurrency: a stream gives its place back at once",
      find: "Stream.unwrap(Effect.as(Semaphore.takeScoped(semaphore, 1), provider.streamText(options)))",
      replace: `Stream.unwrap(
          Effect.as(Effect.scoped(Semaphore.takeScoped(semaphore, 1)), provider.streamText(options))
        )`,
      breaks: "a stream is a request until it ends"
    },
    {
      name: "rate limit: tokens are taken twice",
      find: "const more = sum - ahead(prompt)",
      replace: "const more = sum",
      breaks: "after a reply only what it cost beyond the prompt is taken"
    },
    {
      name: "rate limit: all look at the limit at once",
      find: "Semaphore.make(1)",
      replace: "Semaphore.make(100)",
      breaks: "first come, first served"
    },
    {
      name: "rate limit: who gives up has taken his part",
      find: 'tokens: amount, onExceeded: "fail"',
      replace: 'tokens: amount, onExceeded: "delay"',
      breaks: "who is interrupted while waiting has taken nothing"
    }
  ]),
  ...inFile("internal/tokens", over("Budget"), [
    {
      name: "budget: what was given up is free",
      find: "if (told > 0 || (Option.isSome(error) && characters === 0)) return told",
      replace: "if (told > 0 || Exit.isFailure(exit)) return told",
      breaks: "tokens that were paid for count"
    }
  ]),
  ...inFile("internal/provider", over("provider", "Limits", "Budget"), [
    {
      name: "limits: a cache hides the requests below it",
      find: "provider.below((inner) => atRequest(inner, around))",
      replace: "around(provider)",
      breaks: "limits are those of the requests that are made"
    },
    {
      name: "limits: models made here are adapted, too",
      find: "providers.get(model) ?? adapt(model)",
      replace: "adapt(model)",
      breaks: "a call is one span, however many limits are around the model"
    }
  ]),
  ...inFile("internal/adapter", over("provider"), [
    {
      name: "limits: objects are not in the form of JSON",
      find: "Schema.fromJsonString(Schema.toCodecJson(schema as ObjectSchema))",
      replace: "Schema.fromJsonString(schema as ObjectSchema)",
      breaks: "a model behaves the same with limits around it"
    },
    {
      name: "limits: a wrong tool call fails elsewhere",
      find: 'toolCallValidation: "deferred" as const',
      replace: 'toolCallValidation: "strict" as const',
      breaks: "a model behaves the same with limits around it"
    }
  ]),

  // --- retries ---

  ...inFile("Retry", over("Retry"), [
    {
      name: "retry: the server's wait is not waited",
      find: "Math.max(asked,",
      replace: "Math.max(0,",
      breaks: "Retry-After is obeyed"
    },
    {
      name: "retry: a server may ask for any wait",
      find: "asked > longest || ",
      replace: "",
      breaks: "no wait is longer than maxDelay"
    },
    {
      name: "retry: one time too many",
      find: "attempt > times",
      replace: "attempt > times + 1",
      breaks: "n retries are n + 1 requests"
    },
    {
      name: "retry: a stream that has begun is repeated",
      find: "!begun && again(error)",
      replace: "again(error)",
      breaks: "nothing of a reply is given twice"
    },
    {
      name: "retry: metadata are a beginning",
      find: 'begun ||= part.type !== "response-metadata"',
      replace: "begun = true",
      breaks: "a stream that has said nothing is repeated"
    }
  ]),

  // --- budgets ---

  ...inFile("Budget", over("Budget"), [
    {
      name: "budget: one call too many",
      find: "calls >= allowed.calls",
      replace: "calls > allowed.calls",
      breaks: "a call beyond the budget is not made"
    },
    {
      name: "budget: the refused call fails like others",
      find: "Effect.interruptible(Deferred.await(ended))",
      replace: "Effect.void",
      breaks: "no fallback and no retry gets around a budget"
    },
    {
      name: "budget: what outlives it waits for ever",
      find: "Effect.ensuring(Deferred.succeed(ended, undefined))",
      replace: "Effect.ensuring(Effect.void)",
      breaks: "a call always ends"
    }
  ]),
  ...inFile("internal/meter", over("Budget"), [
    {
      name: "budget: failed streams are free",
      find: "Stream.onExit((exit) => spent(cost(exit), options))",
      replace: "Stream.onExit(() => Effect.void)",
      breaks: "tokens that were paid for count"
    }
  ]),

  // --- the cache ---

  ...inFile("ReplyCache", over("ReplyCache"), [
    {
      name: "cache: every reply is kept",
      find: " || !(yield* isValid(parts, request, provider))) return",
      replace: ") return",
      breaks: "a reply that failed validation is never kept"
    },
    {
      name: "cache: a store that hangs holds up the reply",
      find: 'Effect.timeout("5 seconds"),',
      replace: "",
      breaks: "the cache never fails a call"
    },
    {
      name: "cache: what is kept is not looked at",
      find: "&& (yield* isValid(exit.value, request, provider))",
      replace: "&& true",
      breaks: "a kept reply is what is asked for, or it is asked for again"
    }
  ]),
  ...inFile("internal/requestKey", over("ReplyCache"), [
    {
      name: "cache: one model is like another",
      find: "      identity,\n",
      replace: "",
      breaks: "a reply is that of the model that is asked"
    },
    {
      name: "cache: one form of reply is like another",
      find: 'responseFormat: responseFormat.type === "json" && {',
      replace: "responseFormat: false && {",
      breaks: "a reply is that of the exact request"
    },
    {
      name: "cache: tools make no difference",
      find: "      toolChoice,\n",
      replace: "",
      breaks: "a reply is that of the exact request"
    }
  ]),

  // --- the server ---

  ...inFile("internal/client", http, [
    {
      name: "OpenAi: the key is looked for as it was given",
      find: "const key = text.trim()",
      replace: "const key = text",
      breaks: "the key is found nowhere"
    },
    {
      name: "OpenAi: the client retries, too",
      find: "maxRetries: 0",
      replace: "maxRetries: 1",
      breaks: "a call is one request"
    },
    {
      name: "OpenAi: an interruption leaves the request alone",
      find: "call(client, { signal })",
      replace: "call(client, { signal: new AbortController().signal })",
      breaks: "an interruption closes the socket"
    },
    {
      name: "OpenAi: errors are read by the client",
      find: "if (!response.ok) throw new ErrorReply(response)",
      replace: "",
      breaks: "memory stays within three times the limit"
    }
  ]),
  ...inFile("internal/reply", http, [
    {
      name: "OpenAi: bad UTF-8 passes",
      find: "{ fatal: true }",
      replace: "{ fatal: false }",
      breaks: "a reply that is not text is no reply"
    },
    {
      name: "OpenAi: silence is waited out",
      find: "Effect.timeoutOrElse(readBytes, { duration: idleTimeout, orElse: silent })",
      replace: "readBytes",
      breaks: "a stalled reply does not hang"
    },
    {
      name: "OpenAi: a body of any size",
      find: "if (size > maxReplyBytes) return yield* tooLarge()",
      replace: "",
      breaks: "memory stays within three times the limit"
    },
    {
      name: "OpenAi: the last event may be cut off",
      find: "if (last) return Effect.succeed([])",
      replace: "",
      breaks: "what the connection lost is a broken connection"
    }
  ]),
  ...inFile("internal/chatRequest", http, [
    {
      name: "OpenAi: a history without JSON is a defect",
      find: "catch: (error) => unsupported(`${what}: ${String(error)}`)",
      replace: "catch: (error) => { throw error }",
      breaks: "no history becomes a defect"
    }
  ]),
  ...inFile("internal/chatResponse", http, [
    {
      name: "OpenAi: an object hides the key",
      find: "clean === json ? text : JSON.stringify(clean)",
      replace: "text",
      breaks: "the key is found nowhere"
    },
    {
      name: "OpenAi: a cut stream is an answer",
      find: `    case undefined:
      return yield* unfinished()`,
      replace: `    case undefined:
      break`,
      breaks: "truncation is never a success"
    },
    {
      name: "OpenAi: a reply at the token limit is an answer",
      find: `      return yield* notAnAnswer("The answer is cut off at the token limit")`,
      replace: "      break",
      breaks: "truncation is never a success"
    },
    {
      name: "OpenAi: the key comes out in pieces",
      find: "text.slice(0, text.length - failures.beginning(text))",
      replace: "text",
      breaks: "the key is found nowhere"
    }
  ]),
  ...inFile("internal/json", http, [
    {
      name: "OpenAi: an error that is null is one",
      find: " && json.error !== null",
      replace: "",
      breaks: "what is whole is a success"
    }
  ]),
  ...inFile("internal/deep", over("OpenAi.hostile", "ToolLoop.hostile"), [
    {
      name: "OpenAi, tools: values of any depth",
      find: "return level.size > 0",
      replace: "return false",
      breaks: "no reply becomes a defect"
    },
    {
      name: "OpenAi, tools: one level deeper",
      find: "depth < maxDepth",
      replace: "depth <= maxDepth",
      breaks: "the bound is 256"
    }
  ]),
  ...inFile("internal/failure", http, [
    {
      name: "OpenAi: errors tell the key",
      find: `const clean = (text: string) => (apiKey === "" ? text : text.replaceAll(apiKey, "<redacted>"))`,
      replace: "const clean = (text: string) => text",
      breaks: "the key is found nowhere"
    }
  ]),
  ...inFile("internal/retryAfter", http, [
    {
      name: "OpenAi: a date needs another date",
      find: " || now)",
      replace: ")",
      breaks: "Retry-After is obeyed"
    }
  ]),
  ...inFile("internal/embeddings", over("OpenAiEmbedding"), [
    {
      name: "embeddings: in the order in which they come",
      find: "vectors[index ?? position] = vector",
      replace: "vectors[position] = vector",
      breaks: "a vector is that of its text"
    }
  ]),

  // --- tools ---

  ...inFile("internal/toolCall", over("ToolLoop", "ToolLoop.faults"), [
    {
      name: "tools: what is not allowed is run",
      find: "if (allow?.includes(call.name) === false)",
      replace: "if (false)",
      breaks: "no model runs a tool that is not allowed"
    },
    {
      name: "tools: what is not allowed is offered",
      find: "allow?.includes(name) !== false",
      replace: "true",
      breaks: "no model is offered a tool that is not allowed"
    },
    {
      name: "tools: nobody is asked for approval",
      find: "if (yield* needsApproval(tool, call, history)) {",
      replace: "if (false) {",
      breaks: "what needs an approval is not run without"
    },
    {
      name: "tools: inherited names are tools",
      find: "Object.hasOwn(toolkit.tools, call.name) ? toolkit.tools[call.name] : undefined",
      replace: "toolkit.tools[call.name]",
      breaks: "a tool is one of the toolkit"
    }
  ]),
  ...inFile("internal/toolCall", over("ToolLoop.review", "ToolLoop.hostile"), [
    {
      name: "tools: a human's no counts for some",
      find: 'if (approved === false) return refused(call, "It was not approved")',
      replace: "",
      breaks: "what a human refuses is not run"
    },
    {
      name: "tools: a human's yes is not enough",
      find: "approved === undefined ? options.approve : () => Effect.succeed(approved)",
      replace: "options.approve",
      breaks: "what a human approves is run"
    },
    {
      name: "tools: deep results are kept",
      find: "isDeep(json)",
      replace: "false",
      breaks: "a hostile tool cannot end a run by a stack overflow"
    }
  ]),
  ...inFile("toolLoop/review", over("ToolLoop.review"), [
    {
      name: "tools: of two decisions the last counts",
      find: "approved && decisions.get(approvalId) !== false",
      replace: "approved",
      breaks: "what a human refuses is not run"
    },
    {
      name: "tools: decisions are sent to the model",
      find: 'content.filter((message) => message.role !== "tool")',
      replace: "content",
      breaks: "decisions stay beside the calls that they are about"
    },
    {
      name: "tools: the outermost loop is reviewed",
      find: "calls.at(-1)?.store",
      replace: "calls.at(0)?.store",
      breaks: "a decision is on the calls that are to be run next"
    }
  ]),
  ...inFile("TextStream", over("TextStream"), [
    {
      name: "streaming: a reply that broke off is whole",
      find: "reply.finished ?",
      replace: "true ?",
      breaks: "truncation is never a success"
    }
  ])
]
