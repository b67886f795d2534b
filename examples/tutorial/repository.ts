/** The address of a git repository, and its newest state without the history. */
import { Effect, Redacted, Result, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"

export interface Repository {
  /** What git is given: without a password. */
  readonly address: string
  /** What people may see: without whatever could be a secret. */
  readonly shown: string
  readonly name: string
  readonly credentials: Redacted.Redacted | undefined
}

/** A repository that git does not get. */
export class CloneFailed extends Schema.TaggedError<CloneFailed>()("CloneFailed", { message: Schema.String }) {}

/** Reads an address, or tells what is wrong with it; it never repeats it. */
export const parseAddress = (text: string): Result.Result<Repository, string> => {
  if (text.startsWith("-")) return Result.fail("an address does not begin with -")
  if (/^[\w.-]+@[\w.-]+:[\w~./-]+$/.test(text)) {
    return Result.succeed({ address: text, shown: text, name: nameOf(text), credentials: undefined })
  }
  const url = URL.parse(text)
  if (url === null || !["https:", "http:", "ssh:", "git:", "file:"].includes(url.protocol)) {
    return Result.fail("an address such as https://example.org/project.git or git@example.org:project.git is needed")
  }
  const isHttp = /^https?:$/.test(url.protocol)
  const secret = decoded(`${url.username}:${url.password}`)
  if (secret === undefined) return Result.fail("its user or password is not encoded as it should be")
  url.password = ""
  if (isHttp) url.username = ""
  return Result.succeed({
    address: url.href,
    shown: `${url.protocol}//${url.host}${url.pathname}`,
    name: nameOf(url.pathname),
    credentials: isHttp && secret !== ":" ? Redacted.make(secret) : undefined
  })
}

/**
 * Clones into a folder. No shell sees the address. Credentials go to git in its environment, so that neither the list of
 * processes nor the configuration of the clone has them. It never asks for a password, and runs nothing of what it gets.
 */
export const clone = Effect.fn("clone")(
  function* ({ address, credentials, shown }: Repository, folder: string) {
    const git = yield* ChildProcess.make(
      "git",
      ["clone", "--quiet", "--depth", "1", "--no-tags", "--", address, folder],
      {
        extendEnv: true,
        env: {
          GIT_TERMINAL_PROMPT: "0",
          GIT_SSH_COMMAND: "ssh -o BatchMode=yes",
          GIT_LFS_SKIP_SMUDGE: "1",
          ...(credentials && headerFor(address, credentials))
        },
        stdin: "ignore",
        stdout: "ignore",
        forceKillAfter: "5 seconds"
      }
    )
    const [said, code] = yield* Effect.all([Stream.mkString(Stream.decodeText(git.stderr)), git.exitCode], {
      concurrency: 2
    })
    if (code !== 0) {
      const reason = said.replaceAll(address, shown).replace(/\s+/g, " ").trim().slice(-300)
      return yield* new CloneFailed({ message: `${shown}: ${reason || `git ended with ${code}`}` })
    }
  },
  Effect.scoped,
  Effect.catchTag("PlatformError", ({ reason }) =>
    Effect.fail(
      new CloneFailed({
        message: reason._tag === "NotFound" ? "git is not installed, or not in the PATH" : reason.message
      })
    )
  )
)

// internal

/** Settings of git: what it tells the server of this address, and no other. */
const headerFor = (address: string, credentials: Redacted.Redacted) => ({
  GIT_CONFIG_COUNT: "1",
  GIT_CONFIG_KEY_0: `http.${new URL(".", address).href}.extraHeader`,
  GIT_CONFIG_VALUE_0: Redacted.make(
    `Authorization: Basic ${Buffer.from(Redacted.value(credentials)).toString("base64")}`
  )
})

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const nameOf = (path: string): string =>
  path
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .replace(/^.*[/:]/, "") || "repository"
