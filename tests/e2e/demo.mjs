// ./app/demo itself: what a newcomer types. Its parts come up, somebody signs in, Ctrl-C ends all of them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freePort, isUp, start, waitFor } from './support.mjs';
import { visitor } from './browser.mjs';

const DEMO = path.join(process.env.SOURCE_ROOT, 'app', 'demo');

// All processes below one, by asking the kernel.
function family(pid) {
  const of = (id) => {
    try {
      return fs.readFileSync(`/proc/${id}/task/${id}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  };
  const found = of(pid);
  for (const id of found) found.push(...of(id));
  return found;
}
const isAlive = (pid) => {
  try {
    return !/^State:\s+[ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

test('demo: ready, one click signs in, the company changes by itself, Ctrl-C ends everything', async (t) => {
  const port = await freePort();
  const demo = start(['--no-open', '--port', String(port)], { program: DEMO, group: true });
  t.after(() => demo.ended || process.kill(-demo.child.pid, 'SIGKILL'));

  const url = `http://localhost:${port}`;
  await waitFor('the demo', async () => {
    assert.equal(demo.ended, null, demo.describe());
    return isUp(`${url}/healthz`);
  }, 300_000); // it builds first
  await waitFor('the address to be told', () => demo.stdout.includes(url));
  const emulator = new URL(demo.stdout.match(/local WorkOS runs at (http:\S+)/)[1]).host;

  const { page, finish } = await visitor({ hosts: [`localhost:${port}`, emulator] });
  await page.goto(url);
  await page.getByRole('link', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'mira.holt@juniper.example' }).click();
  await page.getByRole('heading', { name: 'Mira Holt' }).waitFor();
  await page.evaluate(() => (window.untouched = true));
  await page.locator('#events li').first().waitFor();
  const newest = () => page.locator('#events li').first().getAttribute('data-id');
  const first = await newest();
  await waitFor('a change that happens by itself', async () => (await newest()) !== first, 120_000);
  assert.equal(await page.evaluate(() => window.untouched), true, 'without a reload');
  await finish();

  const members = family(demo.child.pid);
  assert.ok(members.length >= 2, 'emulator and server run below the demo');
  // What a terminal does on Ctrl-C: the whole group gets it.
  process.kill(-demo.child.pid, 'SIGINT');
  await waitFor('the end', () => demo.ended, 30_000);
  await waitFor('the end of all parts', () => !members.some(isAlive), 10_000);
  assert.ok(demo.ended.code === 0 || demo.ended.code === 130 || demo.ended.signal === 'SIGINT', demo.describe());
  demo.forget();
  assert.equal(await isUp(`${url}/healthz`), false);
});
