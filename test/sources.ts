import { fileURLToPath } from "node:url"

const packages = fileURLToPath(new URL("../packages", import.meta.url))

/** Tests run on the sources: a package's name is its `src/index.ts`, a subpath is the module of that name. */
export const sources: ReadonlyArray<{ readonly find: RegExp; readonly replacement: string }> = [
  { find: /^effect-pocketflow$/, replacement: `${packages}/core/src/index.ts` },
  { find: /^effect-pocketflow\/(\w+)$/, replacement: `${packages}/core/src/$1.ts` },
  { find: /^@effect-pocketflow\/(\w+)$/, replacement: `${packages}/$1/src/index.ts` },
  { find: /^@effect-pocketflow\/(\w+)\/(\w+)$/, replacement: `${packages}/$1/src/$2.ts` }
]
