import type { LocalizedText } from '../protocol/error-codes.js';

const language = {
  zh: '  --lang zh|en        输出的语言（默认按 LC_ALL、LC_MESSAGES、LANG）\n  -h, --help          显示此帮助',
  en: '  --lang zh|en        the language (by default that of LC_ALL, LC_MESSAGES, LANG)\n  -h, --help          shows this text',
};

/** The help of each command. */
export const help: Readonly<Record<'overview' | 'doctor' | 'explain' | 'sandbox' | 'text-server', LocalizedText>> = {
  overview: {
    zh: `用法：express-qq-connect <命令> [选项]

  doctor              检查配置、网络和运行中的网站，并列出需要修改的地方
  explain [错误码…]   解释 QQ 的错误码：含义和处理建议
  sandbox             在本机模拟 graph.qq.com，没有 APP ID 也能开发和测试
  text-server         在本机模拟 2004 至 2010 年的 QQ HTTP 文本协议

${language.zh}；用“<命令> --help”查看该命令的选项
  -v, --version       显示版本

退出码：0 没有错误，1 有错误，2 参数错误。`,
    en: `Usage: express-qq-connect <command> [options]

  doctor              checks configuration, network and the running site, and prints what to change
  explain [code …]    explains QQ's error codes: what they mean and what to do
  sandbox             emulates graph.qq.com on this machine, to build and test without an APP ID
  text-server         emulates the QQ HTTP text protocol of 2004 to 2010 on this machine

${language.en}; with <command> --help the command's options
  -v, --version       shows the version

Exit status: 0 without an error, 1 with one, 2 for wrong arguments.`,
  },
  doctor: {
    zh: `用法：express-qq-connect doctor [选项]

读取环境变量和 .env，检查常见的配置错误，并逐条列出结果。不会发送或打印 APP Key。

  --env-file <路径>   读取的文件（当前目录的 .env）；环境变量优先
  --url <网址>        同时检查运行中的网站，例如 https://www.example.com
  --base-path <路径>  网站的 basePath 选项（/auth/qq）
  --json              输出 JSON
${language.zh}

✓ 正确   · 说明   ! 警告   ✗ 错误
退出码：0 没有 ✗，1 有 ✗，2 参数错误。`,
    en: `Usage: express-qq-connect doctor [options]

Reads the environment and .env, checks common configuration errors, and prints a line for each result. It neither
sends nor prints the APP Key.

  --env-file <path>   the file to read (.env in this folder); the environment takes precedence
  --url <address>     also checks the running site, such as https://www.example.com
  --base-path <path>  the site's option basePath (/auth/qq)
  --json              prints JSON
${language.en}

✓ correct   · note   ! warning   ✗ error
Exit status: 0 without a ✗, 1 with one, 2 for wrong arguments.`,
  },
  explain: {
    zh: `用法：express-qq-connect explain [错误码…] [选项]

解释 QQ 的错误码，即 error 的数字或 get_user_info 等接口的 ret（可以是负数，如 -22）。未指定错误码时，按处理方式列出全部错误码。

  --json              输出 JSON（两种语言都有）
  --lang both         中英文都显示
${language.zh}

退出码：0 正常，1 有未知的错误码，2 参数错误。`,
    en: `Usage: express-qq-connect explain [code …] [options]

Explains QQ's error codes: the number in error, or ret of an API such as get_user_info, which can be negative (-22).
Without a code it lists all of them, grouped by action.

  --json              prints JSON, which has both languages
  --lang both         shows Chinese and English
${language.en}

Exit status: 0, 1 for a code that is not known, 2 for wrong arguments.`,
  },
  sandbox: {
    zh: `用法：express-qq-connect sandbox [选项]

在本机模拟 graph.qq.com，没有 APP ID 也能开发和测试 QQ 登录。

  --port <端口>          监听的端口，0 表示任意空闲端口（9010；使用 --as 时为 443）
  --app-id <APP ID>      应用的 APP ID，只含数字（100000001）
  --app-key <APP Key>    应用的 APP Key；不要使用真实的 APP Key
  --redirect-uri <地址>  注册的回调地址，可重复；未指定时接受任意本机地址
  --auto-approve         不显示登录页，直接登录第一个账号
  --strict               与真实的 QQ 一样拒绝带端口、本机和 IP 的回调地址，并拒绝没有 state 的登录
  --as graph.qq.com      以这个主机名提供 https，供无法修改地址的客户端使用；需要 npm 包 selfsigned
  --name <主机名>        另外接受的主机名，可重复，例如容器中的 sandbox
  --listen <地址>        监听的地址（127.0.0.1）；0.0.0.0 需要 --name 或 --as
${language.zh}`,
    en: `Usage: express-qq-connect sandbox [options]

Emulates graph.qq.com on this machine, so that you can build and test QQ login without an APP ID.

  --port <port>          port to listen on, 0 for any free one (9010; 443 with --as)
  --app-id <APP ID>      the application's APP ID, digits only (100000001)
  --app-key <APP Key>    the application's APP Key; do not use a real one
  --redirect-uri <uri>   a registered redirect URI, repeatable; without it any loopback address is accepted
  --auto-approve         logs the first account in without the login page
  --strict               refuses ports, loopback and IP addresses in redirect URIs, as the real QQ does, and a
                         login without state
  --as graph.qq.com      serves https under this host name, for clients with a fixed address; needs the npm
                         package selfsigned
  --name <host name>     accepts another host name, repeatable; sandbox in a container, for example
  --listen <address>     address to listen on (127.0.0.1); 0.0.0.0 needs --name or --as
${language.en}`,
  },
  'text-server': {
    zh: `用法：express-qq-connect text-server [选项]

在本机模拟 QQ HTTP 文本协议（VER=1.1&CMD=Login&…）的服务器，供旧程序和测试使用，并列出可登录的账号。
腾讯的服务早已关闭，本命令不连接腾讯。

  --port <端口>       监听 127.0.0.1 的端口，0 表示任意空闲端口（8000，与当年的服务器相同）
  --crlf              每个响应以 CR LF 结尾，供按行读取的程序使用
${language.zh}

退出码：0 正常，1 无法监听端口，2 参数错误。`,
    en: `Usage: express-qq-connect text-server [options]

Emulates a server of the QQ HTTP text protocol (VER=1.1&CMD=Login&…) on this machine, for old programs and for tests,
and lists the accounts that can log in. Tencent has closed the service; this command does not connect to it.

  --port <port>       the port on 127.0.0.1, 0 for a free one (8000, the port of the server at that time)
  --crlf              ends every reply in CR LF, for programs that read a line
${language.en}

Exit status: 0, 1 if the port is not available, 2 for wrong arguments.`,
  },
};
