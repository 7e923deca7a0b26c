// A device without a browser: lib/examples/device.c against the emulator, and a person who enters its code elsewhere.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { CLIENT_ID, Jar, emulate, run, start, visit, waitFor } from './support.mjs';

const { DEVICE, HAS_QR } = process.env;
const EMAIL = 'mira.holt@juniper.example';
let emulator;

before(async () => {
  emulator = await emulate();
});

// Runs the program, answers on the page as a person does, and waits for its end.
async function runDevice(answer) {
  const device = start([], { program: DEVICE, env: { WORKOS_CLIENT_ID: CLIENT_ID, WORKOS_API_BASE_URL: emulator.url } });
  await waitFor('the code', () => {
    assert.equal(device.ended, null, device.describe());
    return device.stdout.includes('Waiting');
  });
  const [, address, code] = device.stdout.match(/^Open {2}(\S+)\nenter (\S+)\n/);
  assert.equal(address, `${emulator.url}/device`);
  assert.match(code, /^[B-Z]{4}-[B-Z]{4}$/);
  const page = `${address}?user_code=${code}`;
  assert.equal((await visit(new Jar(), page)).status, 200);
  assert.equal((await visit(new Jar(), page, { form: answer })).status, 200);
  await device.closed;
  device.forget();
  return { code: device.ended.code, stdout: device.stdout, stderr: device.stderr };
}

test('somebody enters the code, and the device is signed in', async () => {
  const { code, stdout, stderr } = await runDevice({ email: EMAIL });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  assert.match(stdout, new RegExp(`\nSigned in as ${EMAIL}\n$`));
  assert.doesNotMatch(stdout, /device_|eyJ/, 'neither device code nor token');
});

test('somebody refuses, and the device says so', async () => {
  const { code, stdout, stderr } = await runDevice({ cancel: '1' });
  assert.equal(code, 1);
  assert.match(stderr, /^device: the person refused to sign this device in\n$/);
  assert.doesNotMatch(stdout, /Signed in/);
});

// ISO/IEC 18004: three corners with a square of 7 modules in a square of light ones, joined by lines of alternating
// modules; four light modules all around.
test('what is drawn is a QR code', { skip: HAS_QR !== '1' && 'built without libqrencode' }, async () => {
  const { stdout } = await runDevice({ cancel: '1' });
  const lines = stdout.split('\n').filter((line) => /^[ ▀▄█]+$/.test(line));
  const rows = lines.flatMap((line) => [line.replaceAll(/[▀█]|[ ▄]/g, (c) => (c === '▀' || c === '█' ? '0' : '1')),
    line.replaceAll(/[▄█]|[ ▀]/g, (c) => (c === '▄' || c === '█' ? '0' : '1'))]);
  const size = rows[0].length - 8;
  assert.ok(size >= 21 && (size - 21) % 4 === 0, `${size} modules`);
  assert.equal(lines.length, Math.ceil((size + 8) / 2));
  for (const row of rows) assert.match(row, /^0000.*0000$/);
  for (const row of [...rows.slice(0, 4), ...rows.slice(size + 4)]) assert.match(row, /^0+$/);

  const code = rows.slice(4, size + 4).map((row) => row.slice(4, size + 4));
  const corner = ['1111111', '1000001', '1011101', '1011101', '1011101', '1000001', '1111111'];
  for (const [x, y] of [[0, 0], [size - 7, 0], [0, size - 7]])
    assert.deepEqual(code.slice(y, y + 7).map((row) => row.slice(x, x + 7)), corner);
  for (let i = 8; i < size - 8; i++) {
    assert.equal(code[6][i], i % 2 ? '0' : '1');
    assert.equal(code[i][6], i % 2 ? '0' : '1');
  }
});

test('without a client, or without WorkOS, it says what is missing', async () => {
  const bare = await run([], { program: DEVICE, env: { WORKOS_API_BASE_URL: emulator.url } });
  assert.equal(bare.code, 1);
  assert.match(bare.stderr, /client_id/);
  const env = { WORKOS_CLIENT_ID: 'client_unknown', WORKOS_API_BASE_URL: emulator.url };
  const stranger = await run([], { program: DEVICE, env });
  assert.equal(stranger.code, 1);
  assert.match(stranger.stderr, /invalid_client/);
});
