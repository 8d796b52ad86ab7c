import { localize, type Language } from '../../sandbox/http/language.js';

/** The texts of the command. */
export const messages = localize({
  running: [(url: string) => `QQ 沙箱已启动：${url}`, (url: string) => `The QQ sandbox runs at ${url}`],
  console: [
    (url: string) => `控制台：${url}（查看请求，模拟故障）`,
    (url: string) => `Console: ${url} (shows requests, simulates faults)`,
  ],
  paste: ['将以下几行写入应用的环境变量或 .env：', "Put these lines into the application's environment or .env:"],
  yourAppKey: ['--app-key 的值', 'the value of --app-key'],
  stop: [
    '按 Ctrl+C 停止。请求显示在下面，密钥、code 和 token 已隐去。',
    'Press Ctrl+C to stop. Requests are shown below, with keys, codes and tokens hidden.',
  ],
  login: [(number: number) => `登录 ${number}`, (number: number) => `login ${number}`],
  noResponse: ['没有响应', 'no response'],
  fault: ['模拟故障', 'simulated fault'],
  hosts: [
    '1. 将这一行写入 hosts 文件（/etc/hosts 或 C:\\Windows\\System32\\drivers\\etc\\hosts，需要管理员权限）：',
    '1. Add this line to the hosts file (/etc/hosts or C:\\Windows\\System32\\drivers\\etc\\hosts, as an administrator):',
  ],
  trust: [
    '2. 让被测程序信任沙箱的证书，按它的语言设置：',
    "2. Make the program under test trust the sandbox's certificate. Set what its language reads:",
  ],
  browser: ['浏览器', 'Browser'],
  importCa: [
    (file: string) => `在浏览器设置中将 ${file} 导入为证书颁发机构`,
    (file: string) => `import ${file} as a certificate authority in its settings`,
  ],
  undo: [
    '不再使用时，请从 hosts 文件中删除这一行，否则真实的 QQ 登录在本机无法使用。沙箱不修改系统设置。',
    'Remove the line from the hosts file when you are done. Until then the real QQ login does not work on this machine. The sandbox changes no settings of the system.',
  ],
  newCertificate: [
    '生成了新的 CA 证书。如果曾把旧证书导入信任库，请重新导入。',
    'A new CA certificate was made. If you imported an earlier one into a trust store, import it again.',
  ],
  selfsignedMissing: [
    '--as 需要 selfsigned 来生成证书，请先安装：npm install --save-dev selfsigned',
    '--as needs selfsigned to make a certificate. Install it: npm install --save-dev selfsigned',
  ],
  portInUse: [
    (port: number) => `端口 ${port} 已被占用：请用 --port 换一个端口，或停止占用它的程序。`,
    (port: number) => `Port ${port} is in use: choose another one with --port, or stop the program that uses it.`,
  ],
  portForbidden: [
    (port: number) =>
      `没有权限监听端口 ${port}：请用 --port 换一个大于 1023 的端口，或者在 Linux 上运行 sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}。`,
    (port: number) =>
      `Not allowed to listen on port ${port}: choose one above 1023 with --port, or on Linux run sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}.`,
  ],
  noSuchAddress: [
    (address: string) => `本机没有地址 ${address}：请检查 --listen。`,
    (address: string) => `This machine has no address ${address}: check --listen.`,
  ],
  folder: [
    (path: string, code: string) => `无法读写 ${path}（${code}）：请检查该文件夹的权限。`,
    (path: string, code: string) => `Cannot read or write ${path} (${code}): check the permissions of the folder.`,
  ],
});

/** The texts of the command in one language. */
export type CommandMessages = (typeof messages)[Language];
