// Builds dist/ from src/. An old build goes first, so that nothing stays in the tarball that is no longer in the source.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
// The browser module goes over the wire: its comments stay in its types.
const browser = ['-p', 'src/browser/tsconfig.build.json'];
const builds = [
  ['-p', 'tsconfig.build.json'],
  [...browser, '--emitDeclarationOnly'],
  [...browser, '--declaration', 'false', '--removeComments'],
];
let status = 0;
for (const build of builds) {
  const tsc = ['node_modules/typescript/bin/tsc', ...build];
  status ||= spawnSync(process.execPath, tsc, { stdio: 'inherit' }).status ?? 1;
}
if (status === 0 && existsSync('dist/cli.js')) chmodSync('dist/cli.js', 0o755);
process.exitCode = status;
