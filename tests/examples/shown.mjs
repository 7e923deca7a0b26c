// What README.md shows as commands, line by line.
import fs from 'node:fs';
import path from 'node:path';

export const readme = fs.readFileSync(path.join(process.env.SOURCE_ROOT, 'README.md'), 'utf8');

// The section about the example programs has a test of its own: programs.mjs.
const PROGRAMS = /^## Whole programs to begin with\n.*?(?=^## )/ms;

const linesOf = (text) => [...text.matchAll(/^```sh\n(.*?)^```$/gms)]
  .flatMap(([, block]) => block.split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line && !line.startsWith('#'));

export const programLines = linesOf(readme.match(PROGRAMS)[0]);
export const otherLines = linesOf(readme.replace(PROGRAMS, ''));
