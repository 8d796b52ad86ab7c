// Builds dist/ from src/ with tsc. Deletes the old build first, so that the tarball has no file without a source.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';

function tsc(...options) {
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', ...options], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

rmSync('dist', { recursive: true, force: true });
tsc('-p', 'tsconfig.build.json');
chmodSync('dist/cli.js', 0o755);
// The sandbox's images, stylesheet and script.
cpSync('src/sandbox', 'dist/sandbox', { recursive: true, filter: (path) => !path.endsWith('.ts') });

// The browser module goes over the wire: its comments stay in its types.
const browser = ['-p', 'src/browser/tsconfig.build.json'];
tsc(...browser, '--emitDeclarationOnly');
tsc(...browser, '--declaration', 'false', '--removeComments');
