/** How many runs: few in every test run, many in `npm run test:soak`. */
export const runs = (ci: number, soak: number): number => (process.env["SOAK"] === undefined ? ci : soak)
