/** How many letters have to be changed, added or left out to make one word of another (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [at, letter] of Array.from(from).entries()) {
    const next = [at + 1];
    for (let index = 0; index < to.length; index += 1) {
      const changed = (row[index] ?? 0) + (letter === to[index] ? 0 : 1);
      next.push(Math.min(changed, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** Returns the word that was most likely meant by a misspelt one. */
export function closest<T extends string>(written: string, words: readonly [T, ...T[]]): T {
  const start = written.slice(0, 40).toLowerCase();
  return words.reduce((best, word) => (distance(start, word) < distance(start, best) ? word : best));
}
