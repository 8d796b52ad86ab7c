import { startTextServer } from '../text-protocol/simulator/server.js';
import { readArguments } from './arguments.js';
import { printable, untilStopped } from './terminal.js';
import { UsageError } from './usage-error.js';
import type { TextServer } from '../text-protocol/simulator/server.js';
import type { Language } from './language.js';
import type { Terminal } from './terminal.js';

const messages: Readonly<Record<string, (port: number) => Record<Language, string>>> = {
  EADDRINUSE: (port) => ({
    en: `Port ${port} is in use: choose another one with --port, or stop the program that uses it.`,
    zh: `端口 ${port} 已被占用：请用 --port 换一个端口，或停止占用它的程序。`,
  }),
  EACCES: (port) => ({
    en: `This user must not listen on port ${port}: choose one above 1023 with --port.`,
    zh: `没有权限监听端口 ${port}：请用 --port 换一个大于 1023 的端口。`,
  }),
};

/**
 * Runs the simulator of the QQ HTTP text protocol until SIGINT or SIGTERM.
 *
 * @returns the exit status: 0, or 1 if the port is not available
 */
export async function runTextServer(argv: readonly string[], terminal: Terminal, language: Language): Promise<number> {
  const { values } = readArguments({
    args: [...argv],
    options: { port: { type: 'string', default: '8000' }, crlf: { type: 'boolean', default: false } },
  });
  const port = readPort(values.port);
  let server: TextServer;
  try {
    server = await startTextServer({ port, lineEnd: values.crlf ? '\r\n' : '' });
  } catch (error) {
    const failure = messages[(error as NodeJS.ErrnoException).code ?? ''];
    if (!failure) throw error;
    terminal.stderr.write(`${failure(port)[language]}\n`);
    return 1;
  }
  terminal.stdout.write(`${greeting(server)[language]}\n`);
  await untilStopped(terminal.signal);
  await server.close();
  return 0;
}

function readPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError({
    en: `--port must be a whole number from 0 to 65535, not ${printable(text)}.`,
    zh: `--port 必须是 0 到 65535 的整数，收到的是 ${printable(text)}。`,
  });
}

function greeting({ url, users }: TextServer): Record<Language, string> {
  const rows = users.map(({ uin, password, nickname = '' }) => `  ${uin}  ${password}  ${nickname}`).join('\n');
  return {
    en: `The simulator of the QQ HTTP text protocol runs at ${url}\n\nQQ number, password, nickname:\n${rows}\n\nPress Ctrl+C to stop.`,
    zh: `QQ HTTP 文本协议模拟器运行在 ${url}\n\nQQ 号、密码、昵称：\n${rows}\n\n按 Ctrl+C 停止。`,
  };
}
