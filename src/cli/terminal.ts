import { styleText } from 'node:util';

/** What the command line reads and writes: the process itself, or a test's own. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  /** The folder that the command was called in. */
  readonly cwd: string;
  /** Ends a command that would run on, such as the sandbox. */
  readonly signal?: AbortSignal;
}

/** A stream to write to. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** The width of a terminal in columns. */
  readonly columns?: number | undefined;
}

/** Environment variables by their names. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Gives a text a colour or a weight, where the reader wants one. */
export type Paint = (style: 'green' | 'yellow' | 'red' | 'dim' | 'bold', text: string) => string;

/**
 * Makes the paint for a terminal's standard output: none for a file or pipe, none with `NO_COLOR`.
 *
 * @see https://no-color.org
 */
export function paintFor({ stdout, env }: Terminal): Paint {
  const wanted = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return (style, text) => (wanted ? styleText(style, text, { validateStream: false }) : text);
}

const LONGEST = 300;
// eslint-disable-next-line no-control-regex -- control and bidi characters are what this replaces
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Makes a text from outside fit to be printed: nothing in it steers the terminal, and it has an end. */
export function printable(text: string): string {
  const safe = text.replace(UNPRINTABLE, '?');
  return safe.length > LONGEST ? `${safe.slice(0, LONGEST)}…` : safe;
}
