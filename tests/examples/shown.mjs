// What README.md and the embedder's guide show as commands, line by line.
import fs from 'node:fs';
import path from 'node:path';
import { readBlocks, readGuide } from '../e2e/guide.mjs';

export const readme = fs.readFileSync(path.join(process.env.SOURCE_ROOT, 'README.md'), 'utf8');

export const readmeLines = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)]
  .flatMap(([, block]) => block.split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line && !line.startsWith('#'));

const guide = readBlocks(readGuide('embedding'));
export const guideLines = guide.flatMap(({ commands }) => commands ?? []).filter(({ isRoot }) => !isRoot).map(({ text }) => text);
// The settings that the programs of the guide are started with.
export const exported = guide.find(({ file }) => file === 'local.env').text.trimEnd().split('\n');
