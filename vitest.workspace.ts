import { defineConfig } from "vitest/config"
import { sources } from "./test/sources.ts"

export default defineConfig({
  resolve: { alias: [...sources] },
  test: {
    projects: ["test", "examples"].map((name) => ({
      extends: true as const,
      // The limit is for what hangs; a slow machine is no failure.
      test: { name, include: [`${name}/**/*.test.ts`], passWithNoTests: true, testTimeout: 60_000 }
    }))
  }
})
