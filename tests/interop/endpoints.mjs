// app/emulator/ENDPOINTS.md is made of WorkOS' specification and of what the emulator answers; it fails when it is stale.
// "node.sh endpoints.mjs --write", with LATCHKEY and SOURCE_ROOT set, makes it anew.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { emulate } from '../e2e/support.mjs';
import { isServed, operations, version } from './openapi.mjs';

const file = path.join(process.env.SOURCE_ROOT, 'app/emulator/ENDPOINTS.md');

async function render() {
  const emulator = await emulate();
  const rows = [];
  for (const operation of operations) rows.push({ ...operation, served: await isServed(emulator, operation) });
  const served = rows.filter((row) => row.served);
  const lines = [
    '# What `latchkey emulate` serves of WorkOS',
    '',
    `Made of \`@workos/openapi-spec\` ${version} and of the emulator's answers by \`tests/interop/endpoints.mjs\`, which also fails when this`,
    `is stale. ${served.length} of ${rows.length} operations are served; \`tests/interop/spec.mjs\` holds each answer to the specification.`,
  ];
  for (const tag of new Set(rows.map((row) => row.tag))) {
    const own = rows.filter((row) => row.tag === tag);
    lines.push('', `## ${tag}`, '', '| Endpoint | | Served |', '|---|---|---|');
    for (const row of own) lines.push(`| \`${row.method} ${row.path}\` | ${row.summary} | ${row.served ? 'yes' : 'no'} |`);
  }
  return `${lines.join('\n')}\n`;
}

test('ENDPOINTS.md says what is served', async () => {
  const fresh = await render();
  if (process.argv.includes('--write')) fs.writeFileSync(file, fresh);
  assert.equal(fs.readFileSync(file, 'utf8'), fresh, 'run endpoints.mjs with --write');
});
