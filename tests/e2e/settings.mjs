// Each environment variable under its name, and what it does; each secret as NAME, NAME_FILE and systemd credential; the flag beats them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { API_KEY, CLIENT_ID, PASSWORD, apiEnvironment, ask, emulate, freePort, jsonLines, me, newStore, run, scratch, scratchFile, serve, signIn, start, succeed, visit, waitFor, Jar } from './support.mjs';

const OTHER_PASSWORD = 'another-cookie-password-of-settings';
const WEBHOOK_SECRET = 'whsec_of_the_settings';
const ADMIN = 'mira.holt@juniper.example';
let emulator, seal, header, mira;

before(async () => {
  emulator = await emulate();
  seal = await succeed(['session', 'seal'], { env: { WORKOS_COOKIE_PASSWORD: PASSWORD }, input: '{"a":1}' });
  header = (await succeed(['webhook', 'sign'], { env: { WORKOS_WEBHOOK_SECRET: WEBHOOK_SECRET }, input: '{}' })).trim();
  const server = await serve(emulator.url);
  mira = (await signIn(server, ADMIN)).jar;
  await server.stop();
});

const env = (more) => apiEnvironment(emulator.url, more);

// ---- Secrets ----

function credentials(values) {
  const folder = fs.mkdtempSync(path.join(scratch, 'credentials-'));
  for (const [name, value] of Object.entries(values)) fs.writeFileSync(path.join(folder, name), `${value}\n`);
  return { CREDENTIALS_DIRECTORY: folder };
}

const secrets = {
  WORKOS_API_KEY: {
    good: API_KEY, bad: 'sk_wrong', flag: '--api-key-file',
    works: (args, own) => run(['sync', 'run', '--once', '--store', newStore(), ...args], { env: env({ WORKOS_API_KEY: '', ...own }) }),
  },
  WORKOS_COOKIE_PASSWORD: {
    good: PASSWORD, bad: OTHER_PASSWORD, flag: '--password-file',
    works: (args, own) => run(['session', 'open', ...args], { env: own, input: seal }),
  },
  WORKOS_WEBHOOK_SECRET: {
    good: WEBHOOK_SECRET, bad: 'whsec_wrong', flag: '--secret-file',
    works: (args, own) => run(['webhook', 'verify', '--header', header, ...args], { env: own, input: '{}' }),
  },
};

for (const [name, { good, bad, flag, works }] of Object.entries(secrets)) {
  const file = (text) => scratchFile('secret', `${text}\n`);
  const ways = {
    'from the variable': () => [[], { [name]: good }],
    'from a file': () => [[], { [`${name}_FILE`]: file(good) }],
    "from systemd's credentials": () => [[], credentials({ [name]: good })],
    'from the file that a flag names': () => [[flag, file(good)], {}],
    'the flag beats all': () => [[flag, file(good)], { [name]: bad, [`${name}_FILE`]: file(bad), ...credentials({ [name]: bad }) }],
    'the variable beats the file': () => [[], { [name]: good, [`${name}_FILE`]: file(bad) }],
    'the file beats the credential': () => [[], { [`${name}_FILE`]: file(good), ...credentials({ [name]: bad }) }],
    'an empty variable counts as none': () => [[], { [name]: '', [`${name}_FILE`]: file(good) }],
  };
  for (const [what, way] of Object.entries(ways))
    test(`${name} ${what}`, async () => {
      const { code, stderr } = await works(...way());
      assert.equal(code, 0, stderr);
    });
  test(`${name}: another is refused, and none is wrong usage`, async () => {
    assert.equal((await works([], { [name]: bad })).code, 3);
    const { code, stderr } = await works([], {});
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(name));
  });
}

// What was sealed and signed before the change; the server's own secrets are others.
const previous = { WORKOS_COOKIE_PASSWORD_PREVIOUS: PASSWORD, WORKOS_WEBHOOK_SECRET_PREVIOUS: WEBHOOK_SECRET };
const inFiles = () => Object.fromEntries(Object.entries(previous).map(([name, text]) => [`${name}_FILE`, scratchFile('secret', text)]));
const previousWays = {
  'from variables': () => [[], previous],
  'from files': () => [[], inFiles()],
  "from systemd's credentials": () => [[], credentials(previous)],
  'from the files that flags name, which beat variables': () => [
    ['--cookie-password-previous-file', scratchFile('secret', PASSWORD), '--webhook-secret-previous-file', scratchFile('secret', WEBHOOK_SECRET)],
    { WORKOS_COOKIE_PASSWORD_PREVIOUS: 'nobody-ever-sealed-with-this-password', WORKOS_WEBHOOK_SECRET_PREVIOUS: 'whsec_wrong' },
  ],
};

async function restarted(args, own) {
  const server = await serve(emulator.url, { args, env: { WORKOS_COOKIE_PASSWORD: OTHER_PASSWORD, WORKOS_WEBHOOK_SECRET: 'whsec_the-new-one', ...own } });
  const body = JSON.stringify({ object: 'event', id: 'event_01SETTINGS', event: 'dsync.user.created', data: { id: 'directory_user_01' }, created_at: new Date().toISOString() });
  const signature = (await succeed(['webhook', 'sign'], { env: { WORKOS_WEBHOOK_SECRET: WEBHOOK_SECRET }, input: body })).trim();
  const { status: webhook } = await ask(`${server.url}/webhooks/workos`, { method: 'POST', headers: { 'workos-signature': signature }, body });
  const { status: session } = await me(server, mira.copy());
  await server.stop();
  return { session, webhook };
}

for (const [what, way] of Object.entries(previousWays))
  test(`the secrets before the change, ${what}`, async () => assert.deepEqual(await restarted(...way()), { session: 200, webhook: 200 }));
test('without them what is older is not believed', async () => assert.deepEqual(await restarted([], {}), { session: 401, webhook: 400 }));

// ---- What is no secret ----

// What the doctor found of a part, with these settings.
async function found(part, own, ...args) {
  const { stdout } = await run(['doctor', '--json', '--store', newStore(), ...args], { env: own });
  return jsonLines(stdout).find((row) => row.part === part).found;
}

async function sessionCookie(own, args = []) {
  const server = await serve(emulator.url, { env: own, args });
  const jar = new Jar();
  const authorize = (await visit(jar, `${server.url}/login`)).location;
  const callback = (await visit(jar, authorize, { form: { email: ADMIN } })).location;
  const { setCookie } = await visit(jar, callback);
  await server.stop();
  return setCookie.find((line) => line.includes('=Fe26.2') || line.includes('=Fe26.2'.replace('*', '%2A')));
}

// From here on each variable has a row; name: what shows that it counts, and that a flag beats it.
const port = () => new URL(emulator.url).port;
const away = () => freePort().then((free) => `http://127.0.0.1:${free}`);
const variables = {
  WORKOS_CLIENT_ID: async () => {
    assert.match(await found('client', env({ WORKOS_CLIENT_ID: 'client_other' })), /^client_other at /);
    assert.match(await found('client', env({ WORKOS_CLIENT_ID: 'client_other' }), '--client-id', CLIENT_ID), /^client_emulated at /);
  },
  WORKOS_REDIRECT_URI: async () => {
    const to = async (own, ...args) => {
      const server = await serve(emulator.url, { env: own, args });
      const { location } = await visit(new Jar(), `${server.url}/login`);
      await server.stop();
      return new URL(location).searchParams.get('redirect_uri');
    };
    assert.equal(await to({ WORKOS_REDIRECT_URI: 'https://a.example/callback' }), 'https://a.example/callback');
    assert.equal(await to({ WORKOS_REDIRECT_URI: 'https://a.example/callback' }, '--redirect-uri', 'https://b.example/callback'), 'https://b.example/callback');
  },
  WORKOS_COOKIE_NAME: async () => {
    assert.match(await sessionCookie({ WORKOS_COOKIE_NAME: 'other' }), /^other=/);
    assert.match(await sessionCookie({}), /^wos-session=/);
  },
  WORKOS_COOKIE_DOMAIN: async () => assert.match(await sessionCookie({ WORKOS_COOKIE_DOMAIN: 'app.example' }), /; Domain=app\.example(;|$)/),
  WORKOS_COOKIE_MAX_AGE: async () => assert.match(await sessionCookie({ WORKOS_COOKIE_MAX_AGE: '4711' }), /; Max-Age=4711(;|$)/),
  WORKOS_COOKIE_SAMESITE: async () => assert.match(await sessionCookie({ WORKOS_COOKIE_SAMESITE: 'strict' }), /; SameSite=Strict(;|$)/),
  WORKOS_COOKIE_SAME_SITE: async () => assert.match(await sessionCookie({ WORKOS_COOKIE_SAME_SITE: 'strict' }), /; SameSite=Strict(;|$)/),
  'WORKOS_API_HOSTNAME, WORKOS_API_HTTPS, WORKOS_API_PORT': async () => {
    const parts = { WORKOS_API_KEY: API_KEY, WORKOS_CLIENT_ID: CLIENT_ID, WORKOS_API_HOSTNAME: '127.0.0.1', WORKOS_API_HTTPS: 'false', WORKOS_API_PORT: port() };
    assert.equal((await run(['sync', 'run', '--once', '--store', newStore()], { env: parts })).code, 0);
    for (const [left, address] of [['WORKOS_API_HOSTNAME', 'api.workos.com is another machine'], ['WORKOS_API_HTTPS', `https://127.0.0.1:${port()}`], ['WORKOS_API_PORT', 'http://127.0.0.1"']]) {
      const { [left]: _, ...rest } = parts;
      const said = (await run(['doctor', '--json', '--store', newStore()], { env: { ...rest, https_proxy: await away(), http_proxy: await away() }, timeoutMs: 30_000 })).stdout;
      assert.ok(said.includes(address), `without ${left}: ${said}`);
    }
  },
  'WORKOS_API_BASE_URL wins over the three, and --base-url over it': async () => {
    const three = { WORKOS_API_HOSTNAME: 'nowhere.invalid', WORKOS_API_HTTPS: 'true', WORKOS_API_PORT: '1' };
    assert.equal((await run(['sync', 'run', '--once', '--store', newStore()], { env: env(three) })).code, 0);
    assert.equal((await run(['sync', 'run', '--once', '--store', newStore()], { env: env({ WORKOS_API_BASE_URL: await away() }) })).code, 4);
    assert.equal((await run(['sync', 'run', '--once', '--store', newStore(), '--base-url', emulator.url], { env: env({ WORKOS_API_BASE_URL: await away() }) })).code, 0);
  },
  WORKOS_ISSUER: async () => {
    const status = async (own) => {
      const server = await serve(emulator.url, { env: own });
      const jar = new Jar();
      const callback = (await visit(jar, (await visit(jar, `${server.url}/login`)).location, { form: { email: ADMIN } })).location;
      const reply = await visit(jar, callback);
      await server.stop();
      return reply.status;
    };
    assert.equal(await status({}), 302);
    assert.ok((await status({ WORKOS_ISSUER: 'https://somebody.example' })) >= 400, 'the only one that is believed');
  },
  LATCHKEY_STORE: async () => {
    const [mine, other] = [newStore(), newStore()];
    await succeed(['sync', 'run', '--once'], { env: env({ LATCHKEY_STORE: mine }) });
    const count = async (own, ...args) => JSON.parse(await succeed(['sync', 'status', '--json', ...args], { env: own })).users;
    assert.ok((await count({ LATCHKEY_STORE: mine })) > 0);
    assert.equal(await count({ LATCHKEY_STORE: mine }, '--store', other), 0);
  },
  LATCHKEY_LISTEN: async () => {
    for (const flag of [false, true]) {
      const [wanted, other] = [await freePort(), await freePort()];
      const args = flag ? ['--listen', `127.0.0.1:${wanted}`] : [];
      const self = start(['serve', '--store', newStore(), ...args], { env: env({ WORKOS_COOKIE_PASSWORD: PASSWORD, LATCHKEY_LISTEN: `127.0.0.1:${flag ? other : wanted}` }) });
      await waitFor('the ready line', () => self.ended || self.stdout.includes('\n'));
      assert.equal(JSON.parse(self.stdout).port, wanted, self.describe());
      await self.stop();
    }
  },
  LATCHKEY_KEY_CACHE: async () => {
    const mine = path.join(scratch, 'keys-of-its-own.json');
    const server = await serve(emulator.url, { env: { LATCHKEY_KEY_CACHE: mine } });
    await signIn(server, ADMIN);
    await server.stop();
    assert.ok(fs.existsSync(mine));
  },
};

for (const [name, check] of Object.entries(variables)) test(name, () => check());

test('section 5 of the manual tells of these, and of what belongs to the machine', async () => {
  const page = (await succeed(['manual', '--settings'])).replaceAll('\\-', '-');
  const told = [...page.matchAll(/^\\fB([A-Z_]+)\\fR$/gm)].map(([, name]) => name);
  const rows = [...Object.keys(secrets), ...Object.keys(previous), ...Object.keys(variables).flatMap((row) => row.match(/[A-Z][A-Z_]+/g))];
  // login.mjs, device.mjs and the tests of the window look at these.
  const elsewhere = ['LATCHKEY_SERVER', 'CREDENTIALS_DIRECTORY', 'XDG_STATE_HOME', 'XDG_CACHE_HOME', 'SSL_CERT_FILE', 'BROWSER'];
  for (const name of told) assert.ok(rows.includes(name) || elsewhere.includes(name), `${name} has no row here`);
  for (const name of rows) if (name !== 'WORKOS_COOKIE_SAME_SITE') assert.ok(told.includes(name), `${name} is not in the manual`);
});
