import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const packages = fileURLToPath(new URL("packages", import.meta.url))

/** Tests run on the sources: a package's name is its `src/index.ts`, a subpath is the module of that name. */
const alias = [
  { find: /^effect-pocketflow$/, replacement: `${packages}/core/src/index.ts` },
  { find: /^effect-pocketflow\/(\w+)$/, replacement: `${packages}/core/src/$1.ts` },
  { find: /^@effect-pocketflow\/(\w+)$/, replacement: `${packages}/$1/src/index.ts` },
  { find: /^@effect-pocketflow\/(\w+)\/(\w+)$/, replacement: `${packages}/$1/src/$2.ts` }
]

export default defineConfig({
  resolve: { alias },
  test: {
    projects: ["test", "examples"].map((name) => ({
      extends: true as const,
      // The limit is for what hangs; a slow machine is no failure.
      test: { name, include: [`${name}/**/*.test.ts`], passWithNoTests: true, testTimeout: 60_000 }
    }))
  }
})
