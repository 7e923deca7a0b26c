#!/usr/bin/env node
// A person at the console of latchkey emulate, in a Chromium window beside ours, with nothing but the keyboard. Steps come
// on standard input, one a line; each is answered by its name when it is done.
//
//   console.mjs URL
import readline from 'node:readline';
import { chromium } from '../interop/node_modules/playwright-core/index.mjs';
import { hire, move, openDirectory, remove, suspend } from '../e2e/console-keys.mjs';

const NAME = 'Grace Hopper';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-crash-reporter', '--disable-breakpad', '--window-position=960,0', '--window-size=960,900'];
const steps = {
  open: (page) => openDirectory(page, process.argv[2], 'Juniper Works staff'),
  hire: (page) => hire(page, { first: 'Grace', last: 'Hopper', groups: ['Everybody', 'Design'] }),
  move: (page) => move(page, NAME, { from: 'Design', to: 'Workshop', department: 'Workshop' }),
  suspend: (page) => suspend(page, NAME),
  remove: (page) => remove(page, NAME),
};

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: false, args: FLAGS });
try {
  const page = await (await browser.newContext({ viewport: null })).newPage();
  for await (const step of readline.createInterface({ input: process.stdin })) {
    await steps[step](page);
    console.log(step);
  }
} finally {
  await browser.close();
}
