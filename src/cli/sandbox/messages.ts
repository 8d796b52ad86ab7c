import type { LocalizedText } from '../../sandbox/http/language.js';

const zh = {
  help: `用法：express-qq-connect sandbox [选项]

在本机模拟 graph.qq.com，没有 APP ID 也能开发和测试 QQ 登录。

  --port <端口>          监听的端口，0 表示任选（9010；使用 --as 时为 443）
  --app-id <APP ID>      应用的 APP ID，只含数字（100000001）
  --app-key <APP Key>    应用的 APP Key；不要使用真实的
  --redirect-uri <地址>  注册的回调地址，可重复；不写则接受任意本机地址
  --auto-approve         不显示登录页，直接登录第一个账号
  --strict               与真实的 QQ 一样拒绝带端口、本机和 IP 的回调地址，并拒绝没有 state 的登录
  --as graph.qq.com      以这个主机名提供 https，供地址写死的客户端使用；需要 npm 包 selfsigned
  --name <主机名>        另外接受的主机名，可重复，例如容器中的 sandbox
  --listen <地址>        监听的地址（127.0.0.1）；0.0.0.0 需要 --name 或 --as
  --lang zh|en           显示的语言
  -h, --help             显示这段说明`,
  running: (url: string) => `QQ 沙箱已启动：${url}`,
  console: (url: string) => `控制台：${url}（查看请求，模拟故障）`,
  paste: '将以下几行写入应用的环境变量或 .env：',
  yourAppKey: '--app-key 的值',
  stop: '按 Ctrl+C 停止。请求显示在下面，密钥、code 和 token 已隐去。',
  login: (number: number) => `登录 ${number}`,
  noResponse: '没有响应',
  fault: '模拟故障',
  hosts: '1. 将这一行写入 hosts 文件（/etc/hosts 或 C:\\Windows\\System32\\drivers\\etc\\hosts，需要管理员权限）：',
  trust: '2. 让被测程序信任沙箱的证书，按它的语言设置：',
  browser: '浏览器',
  importCa: (file: string) => `在浏览器设置中将 ${file} 导入为证书颁发机构`,
  undo: '不再使用时，请从 hosts 文件中删除这一行，否则真实的 QQ 登录在本机无法使用。沙箱不修改系统设置。',
  newCertificate: '生成了新的 CA 证书。如果曾把旧证书导入信任库，请重新导入。',
  selfsignedMissing: '--as 需要 selfsigned 来生成证书，请先安装：npm install --save-dev selfsigned',
  portInUse: (port: number) => `端口 ${port} 已被占用：用 --port 换一个端口，或停止占用它的程序。`,
  portForbidden: (port: number) =>
    `没有权限监听端口 ${port}：用 --port 换一个大于 1023 的端口，或者在 Linux 上运行 sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}。`,
  noSuchAddress: (address: string) => `本机没有地址 ${address}：请检查 --listen。`,
  folder: (path: string, code: string) => `无法读写 ${path}（${code}）：请检查该文件夹的权限。`,
};

/** The texts of the command in one language. */
export type CommandMessages = typeof zh;

const en: CommandMessages = {
  help: `Usage: express-qq-connect sandbox [options]

Emulates graph.qq.com on this machine, so that QQ login can be built and tested without an APP ID.

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
  --lang zh|en           the language of the output
  -h, --help             shows this text`,
  running: (url) => `The QQ sandbox runs at ${url}`,
  console: (url) => `Console: ${url} (shows requests, simulates faults)`,
  paste: "Put these lines into the application's environment or .env:",
  yourAppKey: 'the value of --app-key',
  stop: 'Press Ctrl+C to stop. Requests are shown below, with keys, codes and tokens hidden.',
  login: (number) => `login ${number}`,
  noResponse: 'no response',
  fault: 'simulated fault',
  hosts:
    '1. Add this line to the hosts file (/etc/hosts or C:\\Windows\\System32\\drivers\\etc\\hosts, as an administrator):',
  trust: "2. Make the program under test trust the sandbox's certificate. Set what its language reads:",
  browser: 'Browser',
  importCa: (file: string) => `import ${file} as a certificate authority in its settings`,
  undo: 'Remove the line from the hosts file when you are done. Until then the real QQ login does not work on this machine. The sandbox changes no settings of the system.',
  newCertificate: 'A new CA certificate was made. If you imported an earlier one into a trust store, import it again.',
  selfsignedMissing: '--as needs selfsigned to make a certificate. Install it: npm install --save-dev selfsigned',
  portInUse: (port) => `Port ${port} is in use: choose another one with --port, or stop the program that uses it.`,
  portForbidden: (port) =>
    `Not allowed to listen on port ${port}: choose one above 1023 with --port, or on Linux run sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}.`,
  noSuchAddress: (address) => `This machine has no address ${address}: check --listen.`,
  folder: (path, code) => `Cannot read or write ${path} (${code}): check the permissions of the folder.`,
};

export const messages: LocalizedText<CommandMessages> = { zh, en };
