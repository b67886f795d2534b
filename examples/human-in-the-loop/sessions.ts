/**
 * Runs of the flow that wait for people: each is a file with its position and its store. What was being worked on when
 * the program ended, or was killed, is gone on with when it starts again.
 */
import {
  Cause,
  Console,
  Context,
  Effect,
  FiberMap,
  FileSystem,
  Layer,
  Option,
  Path,
  type PlatformError,
  Schema,
  Stream,
  SubscriptionRef
} from "effect"
import type { LanguageModel } from "effect/ai"
import { Flow } from "effect-pocketflow"
import { oneLine } from "../shared/cli.ts"
import { writeAtomically } from "../shared/output.ts"
import { correspondence, type Decision, Reply } from "./flow.ts"
import type { Outbox } from "./outbox.ts"

const Session = Schema.Struct({
  status: Schema.Literals(["working", "waiting", "failed", "sent", "discarded"]),
  /** Where the run stands, or stood when it was worked on last. */
  position: Flow.Position,
  store: Reply.schema,
  reason: Schema.optionalKey(Schema.String)
})
type Session = typeof Session.Type

/** What people see of a session. */
export const View = Schema.Struct({
  id: Schema.String,
  status: Session.fields.status,
  /** Which draft this is: each has a step of its own. */
  step: Schema.Int,
  letter: Schema.String,
  draft: Schema.NullOr(Schema.String),
  notes: Schema.Array(Schema.String),
  reason: Schema.NullOr(Schema.String)
})

export class NoSuchSession extends Schema.TaggedError<NoSuchSession>()(
  "NoSuchSession",
  { message: Schema.String },
  { httpApiStatus: 404 }
) {}

/** Somebody else was faster, the draft is another by now, or there is nothing to decide yet. */
export class NotWaiting extends Schema.TaggedError<NotWaiting>()(
  "NotWaiting",
  { message: Schema.String },
  { httpApiStatus: 409 }
) {}

type Refusal = NoSuchSession | NotWaiting | PlatformError.PlatformError

export class Sessions extends Context.Service<
  Sessions,
  {
    /** Begins a reply to a letter, and gives the id of the session. */
    readonly begin: (letter: string) => Effect.Effect<string, PlatformError.PlatformError>
    /**
     * Goes on with a session that waits, if the draft is still the one of that step: nobody decides on what he has not
     * seen. Of two decisions on one draft the first counts.
     */
    readonly decide: (id: string, step: number, decision: typeof Decision.Type) => Effect.Effect<void, Refusal>
    /** Tries again what has failed. */
    readonly retry: (id: string) => Effect.Effect<void, Refusal>
    /** All sessions, and then each that has changed. */
    readonly changes: Stream.Stream<typeof View.Type>
    /** A session, once nobody works on it. */
    readonly settled: (id: string) => Effect.Effect<typeof View.Type, NoSuchSession>
  }
>()("examples/human-in-the-loop/Sessions") {
  static readonly layer = (directory: string) => Layer.effect(Sessions, make(directory))
}

// internal

const make = Effect.fnUntraced(function* (directory: string) {
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path | LanguageModel.LanguageModel | Outbox>()
  const running = yield* FiberMap.make<string>()
  const sessions = yield* SubscriptionRef.make<ReadonlyMap<string, Session>>(yield* load(directory))

  /** From one state of a session to the next, on disk first. One change comes after the other. */
  const change = <E = never>(id: string, next: (session: Session | undefined) => Effect.Effect<Session, E>) =>
    SubscriptionRef.modifyEffect(
      sessions,
      Effect.fnUntraced(function* (all) {
        const session = yield* next(all.get(id))
        yield* save(directory, id, session)
        return [session, new Map(all).set(id, session)] as const
      })
    ).pipe(
      Effect.tap((session) =>
        session.status === "working" ? FiberMap.run(running, id, work(id, session)) : Effect.void
      ),
      Effect.provideContext(context),
      Effect.uninterruptible
    )

  const work = (id: string, { position, store }: Session): Effect.Effect<void> =>
    Flow.resume(correspondence, position, store, { pauseBefore: ["review"] }).pipe(
      Effect.map((run): Session =>
        Flow.isPaused(run) ? { status: "waiting", ...run } : { status: run.outcome, position, store: run.store }
      ),
      orElse((reason) => Effect.succeed<Session>({ status: "failed", position, store, reason })),
      Effect.provideContext(context),
      Effect.flatMap((session) => change(id, () => Effect.succeed(session))),
      Effect.asVoid,
      // What cannot be kept is known here at least, so that it can be tried again.
      orElse((reason) => {
        const session: Session = { status: "failed", position, store, reason: `It could not be kept: ${reason}` }
        return SubscriptionRef.update(sessions, (all) => new Map(all).set(id, session))
      })
    )

  /** A change that only a session in this state can make. */
  const changeFrom = (
    id: string,
    status: Session["status"],
    f: (session: Session) => Effect.Effect<Session, NotWaiting>
  ) =>
    change(id, (session): Effect.Effect<Session, NoSuchSession | NotWaiting> => {
      if (session === undefined) return new NoSuchSession({ message: `There is no session ${id}` })
      if (session.status !== status)
        return new NotWaiting({ message: `The session is ${session.status}, not ${status}` })
      return f(session)
    })

  for (const [id, session] of SubscriptionRef.getUnsafe(sessions)) {
    if (session.status === "working") yield* FiberMap.run(running, id, work(id, session))
  }

  return Sessions.of({
    begin: (letter) =>
      Effect.gen(function* () {
        const id = crypto.randomUUID()
        const store = Reply.schema.make({ id, letter })
        yield* change(id, () =>
          Effect.succeed<Session>({ status: "working", position: Flow.start(correspondence), store })
        )
        return id
      }),
    decide: (id, step, decision) =>
      changeFrom(id, "waiting", ({ position, store }) =>
        position.step === step
          ? Effect.succeed({ status: "working", position, store: { ...store, decision } })
          : new NotWaiting({ message: "There is another draft by now" })
      ),
    retry: (id) =>
      changeFrom(id, "failed", ({ position, store }) => Effect.succeed({ status: "working", position, store })),
    changes: SubscriptionRef.changes(sessions).pipe(
      Stream.mapAccum(
        (): ReadonlyMap<string, Session> => new Map(),
        (before, all) => [
          all,
          Array.from(all)
            .filter(([id, session]) => before.get(id) !== session)
            .map(toView)
        ]
      )
    ),
    settled: (id) =>
      SubscriptionRef.changes(sessions).pipe(
        Stream.map((all) => all.get(id)),
        Stream.filter((session) => session?.status !== "working"),
        Stream.runHead,
        Effect.map((head) => Option.getOrUndefined(head)),
        Effect.filterOrFail(
          (session) => session !== undefined,
          () => new NoSuchSession({ message: `There is no session ${id}` })
        ),
        Effect.map((session) => toView([id, session]))
      )
  })
})

/** Goes on with what has gone wrong. That the program ends is not wrong; what nobody has expected is for the log. */
const orElse = <E extends { readonly message: string }, B, E2, R2>(f: (reason: string) => Effect.Effect<B, E2, R2>) =>
  Effect.catchCause((cause: Cause.Cause<E>) => {
    if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
    return Option.match(Cause.findErrorOption(cause), {
      onNone: () => Effect.andThen(Effect.logError(cause), f("Something unexpected; the log tells more")),
      onSome: ({ message }) => f(message)
    })
  })

const toView = ([id, { position, reason, status, store }]: readonly [string, Session]): typeof View.Type => ({
  id,
  status,
  step: position.step,
  letter: store.letter,
  draft: store.draft ?? null,
  notes: store.notes,
  reason: reason ?? null
})

const File = Schema.fromJsonString(Schema.toCodecJson(Session))

const save = Effect.fnUntraced(function* (directory: string, id: string, session: Session) {
  const path = yield* Path.Path
  yield* writeAtomically(path.join(directory, `${id}.json`), yield* Effect.orDie(Schema.encodeEffect(File)(session)))
})

/** What is no session of this flow is left where it is. */
const load = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* fs.makeDirectory(directory, { recursive: true })
  const names = (yield* fs.readDirectory(directory)).filter((name) => name.endsWith(".json")).toSorted()
  const sessions = new Map<string, Session>()
  for (const name of names) {
    const session = yield* fs.readFileString(path.join(directory, name)).pipe(
      Effect.flatMap(Schema.decodeEffect(File)),
      Effect.catch(({ message }) => Console.error(`Left alone: ${path.join(directory, name)}: ${oneLine(message)}`))
    )
    if (session !== undefined) sessions.set(path.parse(name).name, session)
  }
  return sessions
})
