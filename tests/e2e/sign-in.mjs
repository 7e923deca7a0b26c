// Sign-in as a person does it: Chromium, the page, one click on a person, a directory event that appears by itself.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { control, emulate, serve } from './support.mjs';
import { visitor } from './browser.mjs';

const EMAIL = 'mira.holt@juniper.example';
const NAME = 'Mira Holt';
let emulator, server, hosts, directory;

before(async () => {
  emulator = await emulate(['--control']);
  server = await serve(emulator.url, { args: ['--poll-interval', '1'] });
  hosts = [new URL(server.url).host, new URL(emulator.url).host];
  const state = await control(emulator, 'GET', '/state');
  const organization = state.organizations.find(({ domains, name }) => name === 'Juniper Works' || domains?.[0]?.domain === 'juniper.example');
  directory = state.directories.find(({ organization_id }) => organization_id === organization.id);
});

const signInLink = (page) => page.getByRole('link', { name: 'Sign in', exact: true });
const person = (page) => page.getByRole('button', { name: EMAIL });

async function signIn(page) {
  await page.goto(`${server.url}/`);
  await signInLink(page).click();
  await person(page).click();
  await page.waitForURL(`${server.url}/`);
}

async function expectSignedOut(page) {
  await page.goto(`${server.url}/`);
  await signInLink(page).waitFor();
  assert.equal(await page.getByText(EMAIL).count(), 0);
}

test('page, Sign in, one click on a person, profile, a live event, Sign out', async () => {
  const { page, context, finish } = await visitor({ hosts });
  await signIn(page);
  await page.getByRole('heading', { name: NAME }).waitFor();
  assert.ok(await page.getByText(EMAIL).first().isVisible());
  const session = (await context.cookies(server.url)).find(({ name }) => name === 'wos-session');
  assert.equal(session.httpOnly, true);
  assert.equal(session.sameSite, 'Lax');

  // Only a page that is not loaded again keeps this.
  await page.evaluate(() => (window.untouched = true));
  await page.getByText('Live', { exact: true }).waitFor();
  await control(emulator, 'POST', `/directories/${directory.id}/users`, { email: 'live@juniper.example', first_name: 'Zelda', last_name: 'Livewire' });
  const item = page.locator('#events li').filter({ hasText: 'Zelda Livewire' }).first();
  await item.waitFor();
  assert.equal(await page.evaluate(() => window.untouched), true, 'the page was not loaded again');
  // The newest stands first.
  assert.match(await page.locator('#events li').first().innerText(), /Zelda Livewire/);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await signInLink(page).waitFor();
  assert.equal(new URL(page.url()).origin, server.url);
  assert.ok(!(await context.cookies(server.url)).some(({ name }) => name === 'wos-session'));
  await expectSignedOut(page);
  await finish();
});

test('a name with markup in it is shown as text', async () => {
  const { page, finish } = await visitor({ hosts });
  const first_name = '<img src=x onerror="window.hacked=1"><b>Bold</b>';
  await control(emulator, 'POST', `/directories/${directory.id}/users`, { email: 'markup@juniper.example', first_name });
  await signIn(page);
  await page.getByText('Live', { exact: true }).waitFor();
  const shown = () => page.locator('#events li').filter({ hasText: '<b>Bold</b>' }).first();
  await shown().waitFor();
  const next = `${first_name}2`;
  await control(emulator, 'POST', `/directories/${directory.id}/users`, { email: 'markup2@juniper.example', first_name: next });
  await page.locator('#events li').filter({ hasText: '<b>Bold</b>2' }).first().waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('#events b, #events img').count(), 0);
  await finish();
});

test('without scripts: sign-in, profile, events after a reload, sign-out', async () => {
  const { page, finish } = await visitor({ hosts, javaScriptEnabled: false });
  await signIn(page);
  await page.getByRole('heading', { name: NAME }).waitFor();
  await control(emulator, 'POST', `/directories/${directory.id}/users`, { email: 'still@juniper.example', first_name: 'Noscript', last_name: 'Reload' });
  for (let n = 0; (await page.getByText('Noscript Reload').count()) === 0; n++) {
    assert.ok(n < 200, 'the event is there after some reloads');
    await page.reload();
  }
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signInLink(page).waitFor();
  await finish();
});

test('cancel at the sign-in page: told, signed out, and a way to start again', async () => {
  const { page, finish } = await visitor({ hosts, expected: [400, 403] });
  await page.goto(`${server.url}/`);
  await signInLink(page).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.waitForURL(`${server.url}/callback*`);
  await page.getByRole('heading').first().waitFor();
  await page.getByRole('link', { name: /sign in|try again|start/i }).click();
  await person(page).click();
  await page.waitForURL(`${server.url}/`);
  await page.getByRole('heading', { name: NAME }).waitFor();
  await finish();
});

test('a callback with a wrong state: a page that says so, signed out, and a way to start again', async () => {
  const { page, finish } = await visitor({ hosts, expected: [400, 403] });
  const response = await page.goto(`${server.url}/callback?code=code_stolen&state=forged`);
  assert.ok(response.status() >= 400 && response.status() < 500);
  assert.ok((await page.getByRole('heading').first().innerText()).length > 5);
  await page.getByRole('link', { name: /sign in|try again|start/i }).click();
  await person(page).waitFor();
  await expectSignedOut(page);
  await finish();
});

test('signed in in two tabs, signed out in one: the other is told', async () => {
  const { page, context, finish } = await visitor({ hosts, expected: [401] });
  await signIn(page);
  const second = await context.newPage();
  await second.goto(`${server.url}/`);
  await second.getByRole('heading', { name: NAME }).waitFor();
  await second.getByRole('button', { name: 'Sign out' }).click();
  await signInLink(second).waitFor();
  await page.reload();
  await signInLink(page).waitFor();
  await finish();
});

for (const width of [320, 1280]) {
  test(`nothing sticks out at ${width} pixels, light and dark`, async () => {
    for (const colorScheme of ['light', 'dark']) {
      const { page, finish } = await visitor({ hosts, colorScheme, viewport: { width, height: 700 } });
      const fits = async (what) => {
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(over <= 0, `${what}: ${over} px too wide`);
      };
      await page.goto(`${server.url}/`);
      await fits('signed out');
      await signInLink(page).click();
      await person(page).waitFor();
      await fits('the people');
      await person(page).click();
      await page.getByRole('heading', { name: NAME }).waitFor();
      await fits('signed in');
      await finish();
    }
  });
}
