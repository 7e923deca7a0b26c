// A person at the console of latchkey emulate, with nothing but a keyboard: hires, moves, suspends and removes somebody,
// and each of it arrives in latchkey events follow. Then the sign-in pages in the same way.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { API_KEY, CLIENT_ID, apiEnvironment, ask, emulate, jsonLines, newStore, start, waitFor } from './support.mjs';
import { visitor } from './browser.mjs';
import { hire, move, openDirectory, press, remove, suspend, tabTo, type } from './console-keys.mjs';

const NAME = 'Zoë Quist';
const DIRECTORY = 'Juniper Works staff';
let emulator, hosts;

before(async () => {
  emulator = await emulate();
  hosts = [new URL(emulator.url).host, '127.0.0.1:9'];
});

test('hire, move, suspend and remove, and every step is told', async () => {
  const program = start(['events', 'follow', '--sync', '--json', '--store', newStore()], { env: apiEnvironment(emulator.url) });
  const told = () => jsonLines(program.stdout.slice(0, program.stdout.lastIndexOf('\n') + 1));
  const about = () => told().filter(({ data }) => data.name === NAME || data.user?.name === NAME);
  const arrives = (n) =>
    waitFor(`${n} events about ${NAME}`, () => {
      assert.equal(program.ended, null, program.describe());
      return about().length >= n;
    });
  const { page, finish } = await visitor({ hosts });
  await openDirectory(page, `${emulator.url}/`, DIRECTORY);
  await hire(page, { first: 'Zoë', last: 'Quist', groups: ['Everybody', 'Design'] });
  await arrives(3);
  await move(page, NAME, { from: 'Design', to: 'Workshop', department: 'Workshop' });
  await arrives(6);
  await suspend(page, NAME);
  await arrives(7);
  await remove(page, NAME);
  await arrives(8);
  assert.equal(await page.getByRole('link', { name: NAME }).count(), 0);
  await program.stop('SIGINT');
  await finish();

  const events = about();
  const names = events.map(({ event, data }) => [event.slice('dsync.'.length), data.group?.name ?? data.state].join(' '));
  assert.deepEqual(names.slice(0, 3), ['user.created active', 'group.user_added Everybody', 'group.user_added Design']);
  assert.deepEqual(names.slice(3, 6).sort(), ['group.user_added Workshop', 'group.user_removed Design', 'user.updated active']);
  assert.deepEqual(names.slice(6), ['user.updated suspended', 'user.deleted suspended']);
  const moved = events.find(({ event, data }) => event === 'dsync.user.updated' && data.state === 'active').data;
  assert.deepEqual(moved.previous_attributes, { custom_attributes: { department_name: 'Design' } });
  assert.deepEqual(events[6].data.previous_attributes, { state: 'active' });
});

const authorize = (members) =>
  `${emulator.url}/user_management/authorize?${new URLSearchParams({
    response_type: 'code', client_id: CLIENT_ID, redirect_uri: 'http://127.0.0.1:9/callback', state: 'kept', provider: 'authkit', ...members,
  })}`;

// The program is not there: the browser's own page for that is the end of the way.
async function cameBack(page) {
  await page.waitForURL(/\/callback\?|chrome-error/, { waitUntil: 'commit' }).catch(() => {});
}

async function signedIn(emulated, run) {
  const { page, context, finish } = await visitor({ hosts });
  const back = [];
  await context.route('http://127.0.0.1:9/**', (route) => {
    back.push(new URL(route.request().url()));
    return route.fulfill({ body: '<html lang="en"><title>back</title></html>', contentType: 'text/html' });
  });
  await run(page);
  await waitFor('the way back', () => back.length > 0);
  await cameBack(page);
  await finish();
  return back[0].searchParams;
}

test('sign-in by keyboard: a person, an organization, the way back', async () => {
  const back = await signedIn(emulator, async (page) => {
    await page.goto(authorize({}));
    await press(page, page.getByRole('button', { name: 'Samuel Adeyemi' }));
    await page.getByRole('heading', { name: 'Choose an organization' }).waitFor();
    await press(page, page.getByRole('button', { name: 'Harbor & Pine' }), 'Space');
  });
  assert.match(back.get('code'), /./);
  assert.equal(back.get('state'), 'kept');
});

test('sign-up by keyboard: an account, the code, the way back', async () => {
  const back = await signedIn(emulator, async (page) => {
    await page.goto(authorize({}));
    await press(page, page.getByRole('link', { name: 'Create an account' }));
    await type(page, page.getByLabel('E-mail'), 'keys@x.example');
    await type(page, page.getByLabel('Password'), 'latchkey-demo');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Verify your e-mail address' }).waitFor();
    const [, code] = (await page.getByRole('status').innerText()).match(/(\d{6})/);
    await type(page, page.getByLabel('Code'), code);
    await page.keyboard.press('Enter');
  });
  assert.match(back.get('code'), /./);
});

test('password by keyboard, a second factor, and Cancel', async () => {
  const back = await signedIn(emulator, async (page) => {
    await page.goto(authorize({ login_hint: 'aya.nakamura@juniper.example' }));
    await press(page, page.getByText('Sign in with a password'));
    await type(page, page.getByLabel('Password'), 'latchkey-demo');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'One more step' }).waitFor();
    await press(page, page.getByRole('button', { name: 'Cancel' }));
  });
  assert.equal(back.get('error'), 'access_denied');
});

test('the device page by keyboard: the code, a person', async () => {
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ client_id: CLIENT_ID });
  const device = JSON.parse((await ask(`${emulator.url}/user_management/authorize/device`, { method: 'POST', headers, body })).text);
  const { page, finish } = await visitor({ hosts });
  await page.goto(device.verification_uri);
  await type(page, page.getByLabel('Code'), device.user_code.toLowerCase());
  await page.keyboard.press('Enter');
  await press(page, page.getByRole('button', { name: 'Mira Holt' }));
  await page.getByRole('heading', { name: 'The device is signed in' }).waitFor();
  await finish();
});

test('what has the focus can be seen', async () => {
  const { page, finish } = await visitor({ hosts });
  await page.goto(authorize({}));
  const button = page.getByRole('button', { name: 'Tomás Berg' });
  await tabTo(page, button);
  const outline = await button.evaluate((element) => getComputedStyle(element).outlineStyle);
  assert.notEqual(outline, 'none');
  await finish();
});
