// The names that do not change, row by row: what others call, link, ask for and compare. Each row has a check of its own that runs
// the thing under its name; what it does in every case is told by the tests of that part.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { API_KEY, CLIENT_ID, LATCHKEY, PASSWORD, apiEnvironment, ask, emulate, freePort, jsonLines, me, newStore, run, scratch, scratchFile, serve, signIn, succeed, visit, waitFor, Jar } from './support.mjs';
import { hasPostgres, postgres } from './postgres.mjs';
import { syncOnce } from './mirror.mjs';

const { SOURCE_ROOT, BUILD_ROOT } = process.env;
const ADMIN = 'mira.holt@juniper.example';
const SECRET = 'whsec_of_the_rows';
let emulator, server, store, jar, event, directory, person, password;

before(async () => {
  emulator = await emulate(['--control']);
  store = newStore();
  assert.equal((await syncOnce(emulator, store)).code, 0);
  server = await serve(emulator.url, { args: ['--allow', 'role=admin'], env: { WORKOS_WEBHOOK_SECRET: SECRET } });
  ({ jar } = await signIn(server, ADMIN));
  [event] = jsonLines(await succeed(['events', 'list', '--json', '--limit', '1', '--store', store]));
  [directory] = jsonLines(await succeed(['directory', 'list', '--json', '--store', store]));
  [person] = jsonLines(await succeed(['directory', 'users', '--json', '--store', store, '--directory', directory.id]));
  password = scratchFile('password', PASSWORD);
  await waitFor('the server to have fed its mirror', async () => (await ask(`${server.url}/readyz`)).status === 200);
});

const env = () => apiEnvironment(emulator.url);
const get = (route, headers = {}) => visit(jar, `${server.url}${route}`, { headers: { accept: 'application/json', ...headers } });
const stranger = (route) => ask(`${server.url}${route}`);
const json = ({ status, text }) => (assert.equal(status, 200, text), JSON.parse(text));
const lines = (...args) => succeed([...args, '--store', store, '--json'], { env: env() }).then(jsonLines);

// What each table says, and what shows that it is so.
const tables = {
  'names of files': {
    'liblatchkey: latchkey.pc, <latchkey.h>': () => assertLibrary('liblatchkey', 'latchkey', 'latchkey.h'),
    'liblatchkey-civetweb: latchkey-civetweb.pc, <latchkey/gate.h>': () => assertLibrary('liblatchkey-civetweb', 'latchkey-civetweb', 'latchkey/gate.h'),
    'build/app/latchkey': () => assert.equal(fs.realpathSync(LATCHKEY), fs.realpathSync(path.join(BUILD_ROOT, 'app/latchkey'))),
    'build/gui/latchkey-desktop': () => {
      const isBuilt = !JSON.parse(execFileSync('meson', ['introspect', '--targets', BUILD_ROOT], { encoding: 'utf8' })).every(({ name }) => name !== 'latchkey-desktop');
      assert.equal(fs.existsSync(path.join(BUILD_ROOT, 'gui')), true);
      if (isBuilt) assert.ok(fs.existsSync(path.join(BUILD_ROOT, 'gui/latchkey-desktop')));
    },
    './app/demo': async () => assert.match((await run(['--help'], { program: path.join(SOURCE_ROOT, 'app/demo') })).stdout, /--desktop/),
    './tests/run': async () => assert.match((await run(['--help'], { program: path.join(SOURCE_ROOT, 'tests/run') })).stdout, /N passed, N failed, N skipped/),
    'sqlite:PATH': () => assertStore(newStore()),
    'sqlite: below $XDG_STATE_HOME/latchkey by default': async () => {
      const state = path.join(scratch, 'state-of-its-own');
      await succeed(['sync', 'run', '--once'], { env: { ...env(), XDG_STATE_HOME: state } });
      assert.deepEqual(fs.readdirSync(path.join(state, 'latchkey')).filter((name) => name.endsWith('.db')), ['mirror.db']);
    },
    'postgresql://…': async (t) => (hasPostgres ? assertStore(await postgres()) : t.skip('no PostgreSQL here')),
  },
  'exit codes': {
    '0 done': () => assertExit(0, ['version']),
    '1 failed, one line on stderr': () => assertExit(1, ['events', 'list', '--store', 'sqlite:/etc/hostname/mirror.db']),
    '2 wrong usage': () => assertExit(2, ['sync', 'run', '--nonsense']),
    '3 not signed in, or refused': async () => {
      await assertExit(3, ['whoami'], env());
      await assertExit(3, ['sync', 'run', '--once', '--store', newStore()], { ...env(), WORKOS_API_KEY: 'sk_wrong' });
    },
    '4 could not reach WorkOS': async () => assertExit(4, ['sync', 'run', '--once', '--store', newStore()], apiEnvironment(`http://127.0.0.1:${await freePort()}`)),
  },
  routes: {
    'GET /': async () => assert.match((await visit(jar, `${server.url}/`)).text, /Mira Holt|mira\.holt/),
    'GET /login, with all that it takes': async () => {
      const query = 'return_to=/x&organization_id=org_01JUNIPER00000000000000W0RK&login_hint=a@b.example&screen_hint=sign-up';
      const { status, location, setCookie } = await visit(new Jar(), `${server.url}/login?${query}`);
      assert.equal(status, 302);
      const to = new URL(location).searchParams;
      assert.equal(to.get('code_challenge_method'), 'S256');
      assert.ok(to.get('state') && setCookie.length === 1, 'a state bound to this browser');
      assert.deepEqual(['organization_id', 'login_hint', 'screen_hint'].map((name) => to.get(name)), ['org_01JUNIPER00000000000000W0RK', 'a@b.example', 'sign-up']);
      for (const [name, value] of [['provider', 'GoogleOAuth'], ['connection', 'conn_01JUNIPER0000000000000SS0']]) {
        const choice = await visit(new Jar(), `${server.url}/login?${name}=${value}`);
        assert.equal(new URL(choice.location).searchParams.get(name === 'provider' ? name : 'connection_id'), value);
      }
    },
    'GET /callback': async () => {
      const { arrival, jar: own } = await signIn(server, ADMIN, { query: '?return_to=%2Fapi%2Fme' });
      assert.equal(arrival, `${server.url}/api/me`);
      assert.match(own.get('wos-session').value, /^Fe26\.2/);
      assert.equal((await stranger('/callback?code=x&state=y')).status, 400, 'a state that this browser does not have');
    },
    'POST /logout, of the same origin; GET shows a button': async () => {
      const { jar: own } = await signIn(server, ADMIN);
      assert.match((await visit(own, `${server.url}/logout`)).text, /<button/);
      assert.equal((await visit(own, `${server.url}/logout`, { form: {}, headers: { origin: 'https://evil.example' } })).status, 403);
      assert.equal((await me(server, own)).status, 200, 'still signed in');
      assert.equal((await visit(own, `${server.url}/logout`, { form: {}, headers: { origin: server.url } })).status, 303);
      assert.equal((await me(server, own)).status, 401);
    },
    'GET /api/me': async () => {
      const { user, role, permissions, organization_id: organization, expires_at: expiry } = json(await get('/api/me'));
      assert.deepEqual([user.email, role, organization], [ADMIN, 'admin', 'org_01JUNIPER00000000000000W0RK']);
      assert.ok(permissions.includes('directory:read') && Date.parse(expiry) > Date.now());
      const other = await stranger('/api/me');
      assert.equal(other.status, 401);
      assert.equal(JSON.parse(other.text).error, 'not_signed_in');
    },
    'GET /api/events: after, limit, type, organization_id, q': async () => {
      const list = async (query) => json(await get(`/api/events?${query}`)).data;
      const all = await list('limit=100');
      assert.ok(all.length > 5 && all.every(({ created_at: at }, i) => i === 0 || at <= all[i - 1].created_at), 'newest first');
      assert.equal((await list('limit=2')).length, 2);
      assert.ok((await list('type=dsync.group.created')).every(({ event: type }) => type === 'dsync.group.created'));
      assert.ok((await list('organization_id=org_01HARB0R000000000000000P1NE')).length < all.length);
      assert.ok((await list('q=nakamura')).length > 0);
      assert.equal((await get('/api/events?after=event_nonsense')).status, 404);
      assert.ok((await list(`after=${all.at(-1).id}`)).length < 100);
      assert.equal((await stranger('/api/events')).status, 401);
    },
    'GET /api/events/stream': async () => {
      assert.equal((await stranger('/api/events/stream')).status, 401);
      const reply = await fetch(`${server.url}/api/events/stream`, { headers: { cookie: jar.header(server.url), 'last-event-id': event.id } });
      assert.equal(reply.status, 200);
      assert.match(reply.headers.get('content-type'), /^text\/event-stream/);
      const { value } = await reply.body.getReader().read();
      assert.ok(value.length > 0, 'what came behind that id');
    },
    'GET /api/directories': async () => assert.ok(json(await get('/api/directories')).data.some(({ id }) => id === directory.id)),
    'GET /api/directories/{id}/users': async () => assert.ok(json(await get(`/api/directories/${directory.id}/users`)).data.length > 0),
    'GET /api/directories/{id}/groups': async () => assert.ok(json(await get(`/api/directories/${directory.id}/groups`)).data.length > 0),
    'GET /api/directory-users/{id}': async () => assert.equal(json(await get(`/api/directory-users/${person.id}`)).id, person.id),
    'guarded: also with a Bearer token': async () => {
      const seal = decodeURIComponent(jar.get('wos-session').value);
      const { accessToken } = JSON.parse(await succeed(['session', 'open', '--password-file', password], { input: seal }));
      for (const route of ['/api/me', '/api/events', '/api/directories'])
        assert.equal((await ask(`${server.url}${route}`, { headers: { authorization: `Bearer ${accessToken}` } })).status, 200, route);
      assert.equal((await ask(`${server.url}/api/me`, { headers: { authorization: 'Bearer x.y.z' } })).status, 401);
    },
    'guarded: without a rule their own organization alone': async () => {
      const { jar: other } = await signIn(server, 'robin.castell@harborpine.example');
      const { data } = json(await visit(other, `${server.url}/api/directories`, { headers: { accept: 'application/json' } }));
      assert.deepEqual(data.map(({ organization_id: id }) => id), ['org_01HARB0R000000000000000P1NE']);
    },
    'POST /webhooks/workos': async () => {
      const body = JSON.stringify(event);
      const header = (await succeed(['webhook', 'sign'], { env: { WORKOS_WEBHOOK_SECRET: SECRET }, input: body })).trim();
      const post = (signature) => ask(`${server.url}/webhooks/workos`, { method: 'POST', headers: { 'workos-signature': signature }, body });
      assert.equal((await post(header)).status, 200);
      assert.equal((await post(header)).status, 200, 'twice is once');
      assert.equal((await post('t=1, v1=00')).status, 400);
    },
    'GET /page.css': () => assertServed('/page.css', 'text/css'),
    'GET /page.js': () => assertServed('/page.js', 'text/javascript'),
    'GET /icon.svg': () => assertServed('/icon.svg', 'image/svg+xml'),
    'GET /api/environment': async () => assert.equal(json(await stranger('/api/environment')).client_id, CLIENT_ID),
    'GET /api/replica/events': () => assertReplica('events'),
    'GET /api/replica/directories': () => assertReplica('directories'),
    'GET /api/replica/directory_users': () => assertReplica(`directory_users?directory=${directory.id}`),
    'GET /api/replica/directory_groups': () => assertReplica(`directory_groups?directory=${directory.id}`),
    'GET /api/replica/user_management/organization_memberships': async () => assertReplica(`user_management/organization_memberships?user_id=${json(await get('/api/me')).user.id}`),
    'GET /healthz': async () => assert.deepEqual(json(await stranger('/healthz')), { status: 'ok' }),
    'GET /readyz': async () => assert.equal(typeof json(await stranger('/readyz')).lag_seconds, 'number'),
    'GET /metrics': async () => assert.match((await stranger('/metrics')).text, /^latchkey_feed_lag_seconds [\d.]+$/m),
  },
  'forms that others call': {
    'emulate --port N [--seed FILE] [--control]': async () => {
      const seed = scratchFile('seed.json', '{"users":[{"email":"only@example.com"}]}');
      const own = await emulate(['--seed', seed, '--control']); // asks GET /health, and reads the ready line
      assert.equal(own.ready.ready, true);
      await own.stop();
    },
    'sync run --store URL --once': async () => assert.equal((await syncOnce(emulator, newStore())).code, 0),
    'events list --store URL --json [--after ID] [--limit N]': async () => {
      const all = await lines('events', 'list');
      assert.deepEqual(all.map(({ created_at: at }) => at), all.map(({ created_at: at }) => at).sort());
      assert.deepEqual(await lines('events', 'list', '--after', all[1].id, '--limit', '2'), all.slice(2, 4));
    },
    'directory users --store URL --json': async () => assertSorted(await lines('directory', 'users')),
    'directory groups --store URL --json': async () => {
      const groups = await lines('directory', 'groups');
      assertSorted(groups);
      for (const { members } of groups) assert.deepEqual(members, [...members].sort());
    },
    'session seal --password-file F < JSON': async () => assert.match(await succeed(['session', 'seal', '--password-file', password], { input: '{"a":1}' }), /^Fe26\.2\S+~2\n$/),
    'session open --password-file F < SEAL': async () => {
      const seal = await succeed(['session', 'seal', '--password-file', password], { input: '{"a":1}' });
      assert.equal(await succeed(['session', 'open', '--password-file', password], { input: seal }), '{"a":1}\n');
      assert.equal((await run(['session', 'open', '--password-file', password], { input: `x${seal}` })).code, 3);
    },
    "webhook verify --secret-file F --header 'VALUE' < BODY": async () => {
      const secret = scratchFile('secret', SECRET);
      const header = (await succeed(['webhook', 'sign', '--secret-file', secret], { input: '{}' })).trim();
      assert.equal((await run(['webhook', 'verify', '--secret-file', secret, '--header', header], { input: '{}' })).code, 0);
      assert.equal((await run(['webhook', 'verify', '--secret-file', secret, '--header', header], { input: '{ }' })).code, 3);
    },
  },
};

// manual prints what is installed as pages, and has no --json: manual.mjs tells of it.
const COMMANDS = ['serve', 'emulate', 'login', 'logout', 'whoami', 'events list', 'events follow', 'events resend', 'listen', 'sync backfill', 'sync run', 'sync status', 'sync reconcile',
  'directory list', 'directory users', 'directory groups', 'directory show', 'directory diff', 'session seal', 'session open', 'session size', 'webhook sign', 'webhook verify', 'doctor', 'version'];
tables['commands, each with --help and --json'] = Object.fromEntries(COMMANDS.map((name) => [name, async () => {
  const help = await succeed([...name.split(' '), '--help']);
  assert.match(help, new RegExp(`^Usage: latchkey ${name}\\b`, 'm'));
  assert.match(help, /^ {2}--json\b/m);
  assert.match(help, /^Examples:\n {2}\S/m);
}]));

async function assertServed(route, type) {
  const { status, headers, text } = await stranger(route);
  assert.deepEqual([status, headers['content-type'].split(';')[0], text.length > 100], [200, type, true]);
}

// For another mirror: in WorkOS' shape, and only for who is signed in.
async function assertReplica(route) {
  assert.ok(Array.isArray(json(await get(`/api/replica/${route}`)).data));
  assert.equal((await stranger(`/api/replica/${route}`)).status, 401);
}

function assertLibrary(name, pc, header) {
  const root = path.join(scratch, 'installed');
  const done = spawnSync('meson', ['install', '-C', BUILD_ROOT, '--no-rebuild', '--quiet', '--tags', 'devel,runtime', '--destdir', root], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const files = fs.readdirSync(root, { recursive: true });
  const at = (end) => files.find((file) => file.endsWith(end)) ?? assert.fail(`${end} is not installed`);
  at(`include/${header}`);
  const flags = spawnSync('pkg-config', ['--libs', pc], { encoding: 'utf8', env: { ...process.env, PKG_CONFIG_PATH: path.join(root, path.dirname(at(`/${pc}.pc`))) } });
  assert.match(flags.stdout, new RegExp(`-l${name.slice(3)}\\b`), flags.stderr);
  const symbols = execFileSync('nm', ['-D', '--defined-only', '-j', path.join(root, at(`/${name}.so`))], { encoding: 'utf8' }).trim().split('\n');
  for (const symbol of symbols) assert.match(symbol, /^(lk_|LATCHKEY_)/, 'nothing but lk_ is seen from outside');
}

async function assertStore(url) {
  assert.equal((await syncOnce(emulator, url)).code, 0);
  assert.ok(jsonLines(await succeed(['directory', 'list', '--json', '--store', url])).length > 0);
}

async function assertExit(code, args, variables = {}) {
  const result = await run(args, { env: variables });
  assert.equal(result.code, code, result.stderr);
  assert.match(result.stderr, code === 0 ? /^$/ : /^latchkey: [^\n]+\n$/);
}

function assertSorted(records) {
  assert.ok(records.length > 0);
  assert.deepEqual(records.map(({ id }) => id), records.map(({ id }) => id).sort());
}

for (const [table, rows] of Object.entries(tables))
  for (const [row, check] of Object.entries(rows))
    test(`${table}: ${row}`, (t) => {
      assert.equal(typeof check, 'function', 'a row that nothing checks');
      return check(t);
    });

const differ = (known, checked) => ({ 'without a check': known.filter((name) => !checked.includes(name)), 'checked, and not there': checked.filter((name) => !known.includes(name)) });
const same = { 'without a check': [], 'checked, and not there': [] };

test('each command of --help has a row, and each row a command', async () => {
  const shown = [...(await succeed(['--help'])).matchAll(/^ {2}(\S+(?: \S+)?) {2,}\S/gm)].map(([, name]) => name);
  assert.ok(shown.includes('serve') && shown.includes('sync run'), shown.join());
  assert.deepEqual(differ(shown, [...COMMANDS, 'manual']), same);
});

test('each route of the server has a row, and each row a route', () => {
  const source = fs.readFileSync(path.join(SOURCE_ROOT, 'app/serve-routes.c'), 'utf8');
  const served = [...source.matchAll(/^ {4}\{ (?:"[A-Z]+"|NULL), "(\/[^"]*)"/gm)].map(([, route]) => route);
  assert.ok(served.includes('/') && served.includes('/metrics'), served.join());
  const asked = Object.keys(tables.routes).filter((row) => /^[A-Z]+ \//.test(row)).map((row) => row.match(/\/[^ ,:]*/)[0]);
  assert.deepEqual(differ(served, asked), same);
});

test('the server that was asked ends in peace', () => server.stop());
