/** What the examples that serve HTTP share: a server for this machine alone, which trusts its own pages and no others. */
import { NodeHttpServer } from "@effect/platform-node"
import { ByteSize, Console, Data, type Duration, Effect, Layer, Option, Stdio } from "effect"
import { Flag } from "effect/cli"
import {
  HttpClient,
  HttpClientRequest,
  HttpEffect,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse,
  HttpStaticServer
} from "effect/http"
import { timingSafeEqual } from "node:crypto"
import { createServer } from "node:http"

/** The options of a program that serves. */
export const serverOptions = {
  port: Flag.Int("port").pipe(
    Flag.withMetavar("number"),
    Flag.withDescription("The port on 127.0.0.1; by default, and for 0, one that is free"),
    Flag.filter(
      (port) => port >= 0 && port < 65_536,
      () => "between 0 and 65535"
    ),
    Flag.optional
  ),
  demo: Flag.Boolean("demo").pipe(
    Flag.withDescription("Serve, show a demonstration, and end (as without a terminal and without --port)"),
    Flag.withDefault(false)
  )
}

class CannotListen extends Data.TaggedError("CannotListen")<{ readonly port: number; readonly cause: unknown }> {
  override readonly message = `Cannot listen on port ${this.port}: ${String(this.cause)}`
}

/**
 * A server of these routes on 127.0.0.1. When its scope is closed it takes no new requests, lets those under way finish
 * within `grace`, and interrupts what is left. With a `token` it answers to those alone who know it.
 */
export const serve = <A, E, R>(
  routes: Layer.Layer<A, E, R>,
  {
    grace,
    log = false,
    port,
    token
  }: {
    readonly grace: Duration.Input
    readonly log?: boolean
    readonly port: number
    readonly token?: string
  }
) =>
  HttpRouter.serve(Layer.merge(routes, guard(token)), { disableListenLog: true, disableLogger: !log }).pipe(
    Layer.provideMerge(
      NodeHttpServer.layer(hurriedServer, { host: "127.0.0.1", port, gracefulShutdownTimeout: grace }).pipe(
        Layer.catchTag("ServeError", ({ cause }) => Layer.effectContext(new CannotListen({ port, cause })))
      )
    )
  )

/** The files of a folder as the pages of a server, and at `/shared/` what all pages share. */
export const pages = (directory: string) =>
  Layer.merge(
    HttpStaticServer.layer({ root: directory, cacheControl: "no-cache" }),
    HttpStaticServer.layer({ root: `${import.meta.dirname}/page`, prefix: "/shared", cacheControl: "no-cache" })
  )

/** A server that, while it is being closed, closes connections as soon as they have nothing to do. */
const hurriedServer = () => {
  const server = createServer()
  server.on("request", (_request, response) =>
    response.once("close", () => setImmediate(() => server.listening || server.closeIdleConnections()))
  )
  return server
}

/** The address of the server, such as `http://127.0.0.1:3000`. */
export const address = Effect.map(HttpServer.HttpServer, ({ address }) => HttpServer.formatAddress(address))

/** The client of a program that knows the token. */
export const withToken = (token: string) => HttpClient.mapRequest(HttpClientRequest.bearerToken(token))

/** Serves until the program is interrupted; or for as long as a demonstration takes. */
export const runServer = Effect.fnUntraced(function* <A, E, R, E2, R2>(
  options: { readonly demo: boolean; readonly port: Option.Option<number>; readonly token?: string },
  server: (options: { readonly demo: boolean; readonly port: number }) => Layer.Layer<A | HttpServer.HttpServer, E, R>,
  demonstrate: (url: string) => Effect.Effect<void, E2, R2>
) {
  const typed = yield* Stdio.Stdio.use(({ stdinIsTerminal }) => stdinIsTerminal)
  const demo = options.demo || (!typed && Option.isNone(options.port))
  const layer = server({ demo, port: Option.getOrElse(options.port, () => 0) })
  const url = yield* Effect.provideContext(address, yield* Layer.build(layer))
  if (demo) return yield* demonstrate(url)
  const key = options.token === undefined ? "" : `/?token=${options.token}`
  yield* Console.log(`Listening on ${url}${key} (Ctrl-C ends it).`)
  return yield* Effect.never
}, Effect.scoped)

/**
 * Whom to answer. A page of another site can make a browser send requests here: under the name of that site (DNS
 * rebinding), which shows in `Host`, or across sites, which shows in `Origin` or `Sec-Fetch-Site`. It may lead people here
 * by a link. Programs send neither.
 */
const isTrusted = ({ headers, method }: HttpServerRequest.HttpServerRequest): boolean => {
  const host = headers["host"] ?? ""
  if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/i.test(host)) return false
  if ((headers["origin"] ?? `http://${host}`) !== `http://${host}`) return false
  // Another port of this machine is the same site, and another server.
  if (["same-origin", "none", undefined].includes(headers["sec-fetch-site"])) return true
  return method === "GET" && headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document"
}

/**
 * Other users and programs of this machine can connect as well, but do not know the token. A browser learns it from the
 * address that the program prints, and keeps it as a cookie, by a name of this port: cookies have none.
 */
const askToken = <E, R>(
  handler: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>,
  { cookies, headers, originalUrl }: HttpServerRequest.HttpServerRequest,
  token: string
) => {
  const cookie = `token-${(headers["host"] ?? "").replace(/\W/g, "-")}`
  const given = new URLSearchParams(originalUrl.split("?")[1]).get("token")
  if (given !== null && isSame(given, token)) {
    const options = { httpOnly: true, path: "/", sameSite: "strict" } as const
    return Effect.succeed(
      HttpServerResponse.setCookieUnsafe(HttpServerResponse.redirect("/", { status: 303 }), cookie, token, options)
    )
  }
  return isSame(cookies[cookie] ?? "", token) || isSame(headers["authorization"] ?? "", `Bearer ${token}`)
    ? handler
    : refuse(401, "Open the address that the program has printed.\n")
}

const isSame = (a: string, b: string): boolean => {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}

const refuse = (status: number, text: string) => Effect.succeed(HttpServerResponse.text(text, { status }))

/** What a page from here may do: load what is beside it, and talk to this server. */
const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

/** Applies to all routes, and to what is none. */
const guard = (token: string | undefined) =>
  HttpRouter.middleware(
    (handler) =>
      HttpServerRequest.HttpServerRequest.use((request) => {
        if (!isTrusted(request)) return refuse(403, "Not from here.\n")
        return token === undefined ? handler : askToken(handler, request, token)
      }).pipe(
        HttpEffect.withPreResponseHandler((_request, response) =>
          Effect.succeed(HttpServerResponse.setHeaders(response, securityHeaders))
        ),
        Effect.provideService(HttpServerRequest.MaxBodySize, ByteSize.kibibytes(64))
      ),
    { global: true }
  )
