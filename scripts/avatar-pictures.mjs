// Writes the pictures of docs/avatars.md: an avatar of the sandbox in each size of Tencent's. Run `npm run build` first.
import { Buffer } from 'node:buffer';
import { mkdirSync } from 'node:fs';
import { qqAvatarUrl } from 'express-qq-connect/avatars';
import { startSandbox } from 'express-qq-connect/sandbox';
import sharp from 'sharp';

const FOLDER = 'docs/images';
const UIN = '9990000107';

mkdirSync(FOLDER, { recursive: true });
const sandbox = await startSandbox();
for (const size of [40, 100, 140, 160, 640]) {
  const { pathname, search } = new URL(qqAvatarUrl({ uin: UIN }, { size }));
  const response = await fetch(`${sandbox.url}${pathname}${search}`);
  const image = sharp(Buffer.from(await response.arrayBuffer()));
  const { width } = await image.metadata();
  if (width !== size) throw new Error(`The sandbox returned ${width} px for size ${size}`);
  await image.webp({ quality: 80, effort: 6 }).toFile(`${FOLDER}/avatar-${size}.webp`);
}
await sandbox.close();
