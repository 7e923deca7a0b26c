// One host name, one sign-in: Chromium, latchkey serve, and a page in Node beside it on another port (cookies know none).
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Jar, emulate, me, serve, waitFor } from '../e2e/support.mjs';
import { visitor } from '../e2e/browser.mjs';
import { kinds, nodePage, router } from './node-page.mjs';

const EMAIL = 'mira.holt@juniper.example';
const NAME = 'Mira Holt';
let emulator, server;

before(async () => {
  emulator = await emulate();
  server = await serve(emulator.url, { args: ['--poll-interval', '1'] });
});

const choose = (page) => page.getByRole('button', { name: EMAIL }).click();
const sessionOf = async (context) => (await context.cookies(server.url)).find(({ name }) => name === 'wos-session')?.value;

async function open(kind, { serving = server, workos = emulator, node = undefined } = {}) {
  node ??= await nodePage(kind, workos.url);
  const hosts = [serving.url, node.url, workos.url].map((url) => new URL(url).host);
  const { page, context, finish } = await visitor({ hosts });
  const nodeSays = async (who) => {
    await page.goto(`${node.url}/`);
    assert.equal(await page.getByRole('heading').innerText(), who, kind);
  };
  const serveSays = async (isIn) => {
    await page.goto(`${serving.url}/`);
    await (isIn ? page.getByRole('heading', { name: NAME }) : page.getByRole('link', { name: 'Sign in', exact: true })).waitFor();
  };
  const signInAtServe = async () => {
    await page.goto(`${serving.url}/`);
    await page.getByRole('link', { name: 'Sign in', exact: true }).click();
    await choose(page);
    await page.getByRole('heading', { name: NAME }).waitFor();
  };
  const signInAtNode = async () => {
    await page.goto(`${node.url}/login`);
    await choose(page);
    await page.waitForURL(`${node.url}/`);
  };
  return { node, page, context, finish, nodeSays, serveSays, signInAtServe, signInAtNode };
}

// A copy of the cookie that somebody has kept ends with the session, too, at the next poll.
async function expectRevoked(cookie) {
  await waitFor('the copied cookie to be refused', async () => (await me(server, new Jar(), { cookie: `wos-session=${cookie}` })).status === 401);
}

for (const kind of Object.keys(kinds)) {
  test(`${kind}: signed in at serve, known to Node, renewed there, signed out at serve`, async () => {
    const { node, page, context, finish, nodeSays, serveSays, signInAtServe } = await open(kind);
    await nodeSays('nobody');
    await signInAtServe();
    await nodeSays(EMAIL);
    const [sid, first] = [await page.locator('#sid').innerText(), await sessionOf(context)];
    await page.goto(`${node.url}/renew`);
    const second = await sessionOf(context);
    assert.notEqual(second, first, 'Node has set another cookie');
    await serveSays(true);
    await nodeSays(EMAIL);
    assert.equal(await page.locator('#sid').innerText(), sid, 'still the same session at WorkOS');
    await serveSays(true);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await serveSays(false);
    await nodeSays('nobody');
    await expectRevoked(second);
    await finish();
  });

  test(`${kind}: signed in at Node, known to serve, signed out at Node`, async () => {
    const { node, page, context, finish, nodeSays, serveSays, signInAtNode } = await open(kind);
    await serveSays(false);
    await signInAtNode();
    await nodeSays(EMAIL);
    await serveSays(true);
    const cookie = await sessionOf(context);
    await page.goto(`${node.url}/logout`);
    await nodeSays('nobody');
    await serveSays(false);
    await expectRevoked(cookie);
    await finish();
  });
}

test('renewed by serve: Node goes on with the cookie that serve has set', async () => {
  // A page renews a token in the second half of so short a life.
  const brief = await emulate(['--token-lifetime', '6']);
  const { context, finish, nodeSays, serveSays, signInAtNode } = await open('@workos-inc/node', { serving: await serve(brief.url), workos: brief });
  await signInAtNode();
  const first = await sessionOf(context);
  await waitFor('serve to renew', async () => {
    await serveSays(true);
    return (await sessionOf(context)) !== first;
  });
  await nodeSays(EMAIL);
  await finish();
});

test('behind a router, on one origin: the same', async () => {
  const outside = await router();
  const { port } = new URL(outside.url);
  const inside = await serve(emulator.url, { args: ['--poll-interval', '1'], env: { WORKOS_REDIRECT_URI: `${outside.url}/callback` } });
  const node = await nodePage('@workos/authkit-session', emulator.url, `${outside.url}/node`);
  Object.assign(outside.routes, { '/': inside.url, '/node/': node.ownUrl });
  const { page, finish, nodeSays, serveSays, signInAtServe } = await open('behind a router', { serving: outside, node });
  await signInAtServe();
  assert.equal(new URL(page.url()).port, port);
  await nodeSays(EMAIL);
  await page.goto(`${node.url}/renew`);
  await serveSays(true);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await serveSays(false);
  await nodeSays('nobody');
  await page.goto(`${node.url}/login`);
  await choose(page);
  await page.waitForURL(`${node.url}/`);
  await serveSays(true);
  await page.goto(`${node.url}/logout`);
  await serveSays(false);
  await finish();
});
