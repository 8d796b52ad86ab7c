import { styleText } from 'node:util';

/** What the command line reads and writes: the process itself, or a test's own. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  /** The folder that the command was called in. */
  readonly cwd: string;
  /** Ends a command that runs until it is stopped, such as the sandbox. */
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

/** Adds a colour or a weight to a text, if the terminal supports it. */
export type Paint = (style: 'green' | 'yellow' | 'red' | 'dim' | 'bold', text: string) => string;

/**
 * Creates the function for a terminal's standard output. It changes nothing for a file or pipe, or with `NO_COLOR`.
 *
 * @see https://no-color.org
 */
export function paintFor({ stdout, env }: Terminal): Paint {
  const wanted = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return (style, text) => (wanted ? styleText(style, text, { validateStream: false }) : text);
}

const MAX_LENGTH = 300;
// eslint-disable-next-line no-control-regex -- control and bidi characters are what this replaces
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Replaces control characters, which would change the terminal, and cuts a long text. */
export function printable(text: string): string {
  const safe = text.replace(UNPRINTABLE, '?');
  return safe.length > MAX_LENGTH ? `${safe.slice(0, MAX_LENGTH)}…` : safe;
}

const MAX_LINE = 100;
// A run of Latin letters, or one other character: with the opening marks before it and the closing marks after it.
const WORD = /\s+|[（“《]*(?:[\u0021-\u2017\u2020-\u206f]+|[^\s（“《])[，。：；）、”》？！]*/gu;
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/gu;

/** The columns of a text on a terminal, where Chinese characters and emoji take two. */
export function widthOf(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

/**
 * Breaks a text into lines that fit the terminal, and at most 100 columns. In a file or pipe it stays one line.
 *
 * @param indent - the columns before each line; the first line's are not added
 */
export function wrap(text: string, indent: number, { stdout }: Pick<Terminal, 'stdout'>): string {
  if (stdout.isTTY !== true) return text;
  const width = Math.max(20, Math.min(stdout.columns ?? 80, MAX_LINE) - indent);
  const lines = [''];
  for (const word of text.match(WORD) ?? []) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && widthOf(line + word.trimEnd()) > width) lines.push(word.trimStart());
    else lines[lines.length - 1] = line + word;
  }
  return lines.map((line) => line.trimEnd()).join(`\n${' '.repeat(indent)}`);
}

/** A part of a line; `undefined` is left out. */
export type StyledText = readonly [text: string | undefined, style?: Parameters<Paint>[0]];

/** Joins the parts of a line, and cuts it where the terminal would wrap it. */
export function fit(parts: readonly StyledText[], width = 2_000, paint: Paint): string {
  let left = width;
  let line = '';
  for (const [part, style] of parts) {
    if (part === undefined) continue;
    const gap = line === '' ? '' : '  ';
    const fits = widthOf(gap + part) <= left;
    const shown = fits ? part : cut(part, left - gap.length);
    if (shown !== '') line += gap + (style ? paint(style, shown) : shown);
    left -= widthOf(gap + shown);
    if (!fits) break;
  }
  return line;
}

function cut(text: string, width: number): string {
  let shown = '';
  for (const character of text) {
    if (widthOf(shown + character) > width - 1) break;
    shown += character;
  }
  return shown === '' ? '' : `${shown}…`;
}

/** Waits for SIGINT, SIGTERM or the caller's signal. */
export async function untilStopped(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted === true) stop();
  });
}
