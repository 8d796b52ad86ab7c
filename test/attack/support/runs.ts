/** How often a property is tried: a few hundred times with every `npm test`, 100,000 times in the nightly one. */
export function fuzzRuns(usual = 500): number {
  const asked = Number(process.env.FUZZ_RUNS);
  return Number.isInteger(asked) && asked > 0 ? asked : usual;
}

/** Enough for so many runs on a busy machine, in milliseconds. */
export function fuzzTimeout(runs: number): number {
  return 30_000 + runs * 20;
}
