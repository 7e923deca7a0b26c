// The console of latchkey emulate, and its sign-in pages, by keyboard alone: Tab, Space, Enter, letters. No pointer.
const MOST_STOPS = 200;

// Tab, until the element has the focus, as people without a pointer do.
export async function tabTo(page, locator) {
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${locator} cannot be reached by ${MOST_STOPS} times Tab`);
}

export async function press(page, locator, key = 'Enter') {
  await tabTo(page, locator);
  await page.keyboard.press(key);
}

export async function type(page, locator, text) {
  await tabTo(page, locator);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(text);
}

const link = (page, name) => page.getByRole('link', { name, exact: true });
const button = (page, name) => page.getByRole('button', { name, exact: true });
// A form goes to a new page: what is on it next must not be looked for on the old one.
async function submit(page, locator, told) {
  await press(page, locator);
  await page.getByRole('status').filter({ hasText: told }).waitFor();
}

export async function openDirectory(page, url, name) {
  await page.goto(url);
  await press(page, link(page, name));
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

export async function hire(page, { first, last, groups }) {
  await type(page, page.getByLabel('First name'), first);
  await type(page, page.getByLabel('Last name'), last);
  await type(page, page.getByLabel('Department'), 'Design');
  for (const group of groups) await press(page, page.getByLabel(group), 'Space');
  await submit(page, button(page, 'Hire'), 'The person was hired.');
}

// Out of one group and into another, and into another department.
export async function move(page, name, { from, to, department }) {
  await press(page, link(page, name));
  await page.getByRole('heading', { name, level: 1 }).waitFor();
  await type(page, page.getByLabel('Department'), department);
  await press(page, page.getByLabel(from), 'Space');
  await press(page, page.getByLabel(to), 'Space');
  await submit(page, button(page, 'Save'), 'The changes are saved.');
}

// From the person's own page.
export async function suspend(page, name) {
  await submit(page, button(page, `Suspend ${name}`), 'The person is suspended.');
}

export async function remove(page, name) {
  await press(page, link(page, name));
  await page.getByRole('heading', { name, level: 1 }).waitFor();
  await submit(page, button(page, `Remove ${name}`), 'The person was removed.');
}
