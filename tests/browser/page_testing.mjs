// What the tests of the page share: a browser and a folder for each file of tests, pages made of profiles, and
// what they show read back.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openBrowser } from './dhview.mjs';

const kBuild = process.env.MEMSHIM_BUILD ?? '../../build';
const kReport = join(kBuild, 'analyzer/cli/memshim-report');
const kGiven = process.env.MEMSHIM_DHAT_FILES ?? '';
export const kShots = join(kBuild, 'page-screenshots');
const kValgrind = new URL('../unit/data/valgrind-heap.json', import.meta.url).pathname;
const kDhatRs = new URL('../unit/data/dhat-rs-heap.json', import.meta.url).pathname;

let browser;
export let folder;
let compared = 0;

export function equal(found, expected, what) {
  count();
  assert.deepEqual(found, expected, what);
}

// One more value was compared.
export function count() { compared++; }

const pages = new Map();
export function makePage(profile, ...options) {
  const key = [profile, ...options].join(' ');
  if (!pages.has(key)) {
    const out = join(folder, `${pages.size}.html`);
    execFileSync(kReport, [`--html=${out}`, ...options, profile]);
    pages.set(key, out);
  }
  return pages.get(key);
}

// A tab that fails the test for whatever the page complains about or asks the network for.
export async function open(html, { hash = '', width = 1400, scheme = 'light' } = {}) {
  const page = await browser.context.newPage();
  page.setDefaultTimeout(20_000);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error') page.complaints.push(message.text()); });
  page.on('request', (request) => { if (!/^(file|data|blob):/.test(request.url())) page.complaints.push(request.url()); });
  await page.setViewportSize({ width, height: 1000 });
  await page.emulateMedia({ colorScheme: scheme });
  await page.goto(pathToFileURL(html).href + hash);
  await page.waitForSelector('#flame canvas');
  await settle(page);
  return page;
}

export const settle = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

export async function close(page) {
  assert.deepEqual(page.complaints, []);
  await page.close();
}

export const exactOf = async (page, selector) => Number(await page.locator(selector).first().getAttribute('data-exact'));

// The box of the flame graph at a place: hovers, and reads what is told of it.
export async function tipAt(page, x, row, rowCount = 0) {
  await page.locator('#flame').evaluate((element, end) => element.scrollIntoView({ block: end ? 'end' : 'start' }), rowCount > 0);
  const box = await page.locator('#flame').boundingBox();
  const y = rowCount === 0 ? row * 21 + 10 : (rowCount - 1 - row) * 21 + 10;
  const scrolled = await page.locator('#flame').evaluate((element) => element.scrollTop);
  await page.mouse.move(box.x + x - 1, box.y + y - scrolled);
  await page.mouse.move(box.x + x, box.y + y - scrolled);
  await settle(page);
  const tip = page.locator('.tip');
  if ((await tip.count()) === 0) return null;
  return { name: await tip.locator('.name').textContent(), figure: await exactOf(page, '.tip b[data-exact]') };
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'memshim-page-'));
  mkdirSync(kShots, { recursive: true });
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
  console.log(`browser: ${compared} values of pages compared; screenshots in ${kShots}`);
});

export const kFiles = { 'sqlite3.json': join(kGiven, 'sqlite3.json'), 'threads.json': join(kGiven, 'threads.json'), valgrind: kValgrind, 'dhat-rs': kDhatRs };
