// A real Chromium, watched: what it says on its console and where it goes are part of each test.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after } from 'node:test';
import { scratch } from './support.mjs';

const require = createRequire(new URL('../interop/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = process.env.SHOTS; // a directory: what the pages look like is kept there

let browser;
after(() => browser?.close());

// Starts it, unless it runs; more: switches of a test that calls this first.
export async function launch(more = []) {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync', ...more,
    ],
    env: { ...process.env, HOME: path.join(scratch, 'chromium'), XDG_CONFIG_HOME: path.join(scratch, 'chromium') },
    timeout: 60_000,
  });
  return browser;
}

// A fresh visitor. finish() fails when a page has complained or has gone to a host that is not in hosts. A status that
// the test provokes (expected: [400]) is not a complaint.
export async function visitor({ hosts, expected = [], ...options }) {
  const context = await (await launch()).newContext({ locale: 'en-GB', ...options });
  const complaints = [];
  const strangers = new Set();
  context.setDefaultTimeout(30_000);
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && !hosts.includes(url.host)) strangers.add(url.host);
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const text = message.text();
    if (expected.some((status) => text.includes(`status of ${status}`))) return;
    complaints.push(`${message.type()}: ${text} (${message.location().url})`);
  });
  const finish = async () => {
    await context.close();
    assert.deepEqual(complaints, [], 'the console is silent');
    assert.deepEqual([...strangers], [], 'no request leaves for another host');
  };
  return { page, context, finish };
}

// Nothing sticks out, and axe finds nothing. The visitor needs bypassCSP: axe is a script, and the pages allow none but their own.
export async function judge(page, name) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${name}: ${over} px too wide`);
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(({ html }) => html).join('\n  ')}`);
  assert.deepEqual(told, [], name);
}

export async function keep(page, name) {
  if (!SHOTS) return;
  fs.mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
}

// The page as it stands, light and dark, in each of the widths: how it looks is for its style alone to say.
export async function judgeLooks(page, name, widths) {
  for (const colorScheme of ['light', 'dark'])
    for (const width of widths) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await keep(page, `${name}-${colorScheme}-${width}`);
      await judge(page, `${name}, ${colorScheme}, ${width} pixels wide`);
    }
}
