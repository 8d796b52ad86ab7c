import type { LocalizedText } from '../protocol/error-codes.js';

/** The command was called wrongly: exit status 2. */
export class UsageError extends Error {
  override name = 'UsageError';
  readonly text: LocalizedText;

  constructor(text: LocalizedText) {
    super(text.en);
    this.text = text;
  }
}
