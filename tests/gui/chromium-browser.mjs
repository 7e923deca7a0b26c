#!/usr/bin/env node
// The browser of one story: real Chromium opens the address it is given; a person's one click is made by Playwright.
// Understands BROWSER_LOG as stand-in-browser does.
import fs from 'node:fs';
import { chromium } from '../interop/node_modules/playwright-core/index.mjs';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-crash-reporter', '--disable-breakpad'];
const url = process.argv[2];
const note = (text) => fs.appendFileSync(process.env.BROWSER_LOG, `${text}\n`);

note(url);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
try {
  const page = await browser.newPage();
  await page.goto(url);
  if (url.includes('/authorize')) {
    await page.getByRole('button', { name: 'Mira Holt' }).click();
    await page.waitForURL('http://127.0.0.1:*/callback?*');
    note(`page: ${(await page.innerText('body')).replace(/\s+/g, ' ')}`);
  }
} finally {
  await browser.close();
}
