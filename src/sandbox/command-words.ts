import type { Words } from './page.js';

/** What the command line says, in one language. */
export interface CommandWords {
  readonly help: string;
  readonly seeHelp: string;
  readonly strictAlone: string;
  readonly portInUse: (port: string) => string;
  readonly portForbidden: string;
  readonly paste: string;
  readonly stop: string;
  readonly unanswered: string;
  readonly fault: string;
  readonly user: string;
  readonly badPort: (port: string) => string;
  readonly running: (url: string) => string;
  readonly console: (url: string) => string;
}

const words: Words<CommandWords> = {
  zh: {
    help: `用法：express-qq-connect sandbox [选项]

在本机扮演 graph.qq.com，没有 APP ID 也能开发和测试 QQ 登录。

  --port <端口>          监听 127.0.0.1 的哪个端口，0 表示任选（9010）
  --app-id <APP ID>      应用的 APP ID（100000001）
  --app-key <APP Key>    应用的 APP Key；不要用真实的
  --redirect-uri <地址>  登记的回调地址，可重复；不写则接受任意本机地址
  --auto-approve         不显示登录页，直接以第一个账号登录
  --strict               像真正的 QQ 一样拒绝端口、本机地址和 http 回调
  --lang zh|en           显示的语言
  -h, --help             显示这段说明`,
    seeHelp: '用 --help 查看用法。',
    strictAlone: '--strict 需要至少一个 --redirect-uri。',
    portInUse: (port) => `端口 ${port} 已被占用：用 --port 换一个，或先停掉占用它的程序。`,
    portForbidden: '没有权限监听这个端口：用 --port 换一个大于 1023 的。',
    paste: '把下面几行放进应用的环境变量或 .env：',
    stop: '按 Ctrl+C 停止。请求会显示在下面，密钥、code 和 token 已隐去。',
    unanswered: '未应答',
    fault: '故障',
    user: '用户',
    badPort: (port) => `--port 应为 0 到 65535 的整数，收到的是 ${JSON.stringify(port)}。`,
    running: (url) => `QQ 沙箱运行在 ${url}`,
    console: (url) => `用浏览器打开 ${url}/ 可以查看请求、制造故障。`,
  },
  en: {
    help: `Usage: express-qq-connect sandbox [options]

Plays graph.qq.com on this machine, so that QQ login can be built and tested without an APP ID.

  --port <port>          port on 127.0.0.1, 0 for any free one (9010)
  --app-id <APP ID>      the application's APP ID (100000001)
  --app-key <APP Key>    the application's APP Key; do not use a real one
  --redirect-uri <uri>   a registered redirect URI, repeatable; without it any loopback address will do
  --auto-approve         logs in the first account without showing the login page
  --strict               refuses ports, loopback addresses and plain http in redirect URIs, as the real QQ does
  --lang zh|en           the language of what is shown
  -h, --help             shows this text`,
    seeHelp: 'See --help.',
    strictAlone: '--strict needs at least one --redirect-uri.',
    portInUse: (port) => `Port ${port} is in use: choose another one with --port, or stop the program that uses it.`,
    portForbidden: 'Not allowed to listen on this port: choose one above 1023 with --port.',
    paste: "Put these lines into the application's environment or .env:",
    stop: 'Press Ctrl+C to stop. Requests show below, with keys, codes and tokens hidden.',
    unanswered: 'no answer',
    fault: 'fault',
    user: 'user',
    badPort: (port) => `--port takes a whole number from 0 to 65535, not ${JSON.stringify(port)}.`,
    running: (url) => `The QQ sandbox runs at ${url}`,
    console: (url) => `Open ${url}/ in a browser to see requests and make them fail.`,
  },
};

/** The words in the language of the environment: `LC_ALL`, else `LC_MESSAGES`, else `LANG`. */
export function commandWords(env: Readonly<Record<string, string | undefined>>): CommandWords {
  const locale = [env.LC_ALL, env.LC_MESSAGES, env.LANG].find(Boolean) ?? '';
  return words[/^zh/i.test(locale) ? 'zh' : 'en'];
}
