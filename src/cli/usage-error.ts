import type { Bilingual } from '../protocol/error-codes.js';

/** The command was called wrongly: exit status 2. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly text: Bilingual;

  constructor(text: Bilingual) {
    super(text.en);
    this.text = text;
  }
}
