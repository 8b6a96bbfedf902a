// Drives valgrind's own dh_view in a headless Chromium: loads a DHAT JSON file the way a user does
// and returns what the page shows. Used by dhview_test.mjs, and by hand:
//
//   node dhview.mjs [--nodes N] [--shot PNG] FILE...      one JSON object a file on stdout
//
// Exit status: 0 every file was rendered, 1 the viewer refused one, 2 the browser failed.
// Environment: CHROMIUM (/usr/bin/chromium), DHVIEW_DIR (/usr/libexec/valgrind).
//
// No server and no network: the page is opened as a file. Numbers are in the browser's locale, so
// the locale is fixed to en-US.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const kView = join(process.env.DHVIEW_DIR || '/usr/libexec/valgrind', 'dh_view.html');
const kBrowser = process.env.CHROMIUM || '/usr/bin/chromium';

// Runs in the page. dh_view replaces its main section on every render: it is looked up each time.
function readPage(maxNodes) {
  const main = document.querySelectorAll('body > div.section')[1];
  const error = main?.querySelector('span.error');
  const pre = main?.querySelector('pre');
  const state = { title: document.title, error: error ? error.textContent : null, rendered: !!pre };
  if (!pre) return state;
  const select = document.querySelector('select');
  state.metric = select.selectedIndex;
  state.metrics = [...select.options].map((o) => ({ label: o.label, disabled: o.disabled }));
  state.invocation = pre.querySelector('span.invocation').textContent;
  state.times = pre.querySelector('span.times').textContent;
  state.threshold = pre.querySelector('span.threshold').textContent.trim();
  const nodes = [...pre.querySelectorAll('span.internal, span.leaf')];
  state.nodeCount = nodes.length;
  state.nodes = nodes.slice(0, maxNodes).map((node) => ({
    classes: node.className,
    bold: [...node.querySelectorAll(':scope > span.bold')].map((b) => b.textContent),
    // The node's own text, without the drawn tree and without the nodes below it.
    text: [...node.childNodes]
      .filter((child) => !['treeline', 'arrow'].includes(child.className) &&
                         !child.classList?.contains('kids'))
      .map((child) => child.textContent).join(''),
  }));
  return state;
}

// A browser with a profile folder of its own; close() ends it.
export async function openBrowser() {
  if (!existsSync(kBrowser)) throw new Error(`${kBrowser} is missing: install chromium`);
  const profile = mkdtempSync(join(tmpdir(), 'memshim-browser-'));
  // --no-sandbox: as root, Chromium refuses to start with its sandbox. The pages are local files.
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: kBrowser,
    headless: true,
    viewport: { width: 1400, height: 1000 },
    locale: 'en-US',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
           '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const close = async () => {
    // A browser that hangs at its end must not hang the tests.
    await Promise.race([context.close().catch(() => {}),
                        new Promise((done) => setTimeout(done, 8000).unref())]);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { context, close };
}

export class Viewer {
  static async open() {
    if (!existsSync(kView)) throw new Error(`${kView} is missing: install valgrind`);
    return Object.assign(new Viewer(), await openBrowser());
  }

  // Loads one file in a page of its own: dh_view sees no change when the same path is chosen twice.
  // Returns readPage's state with pageErrors and, for every enabled sort metric, perMetric.
  async load(file, { maxNodes = 20, timeoutMs = 120000, shot = null } = {}) {
    const page = await this.context.newPage();
    page.setDefaultTimeout(timeoutMs);
    const pageErrors = [];
    page.on('pageerror', (error) => pageErrors.push(String(error.message || error)));
    page.on('console', (message) => {
      if (message.type() === 'error') pageErrors.push(`console: ${message.text()}`);
    });
    const crashed = new Promise((_, reject) => {
      page.on('crash', () => reject(new Error(`the page crashed on ${file}`)));
    });
    crashed.catch(() => {});
    const unlessCrashed = (promise) => Promise.race([promise, crashed]);
    try {
      await unlessCrashed(page.goto(pathToFileURL(kView).href));
      await unlessCrashed(page.setInputFiles('input[type=file]', resolve(file)));
      // "Loading..." is neither a tree nor an error.
      await unlessCrashed(page.waitForFunction(() => {
        const main = document.querySelectorAll('body > div.section')[1];
        return main && (main.querySelector('span.error') || main.querySelector('pre span.threshold'));
      }, null, { polling: 100, timeout: timeoutMs }));
      const state = await unlessCrashed(page.evaluate(readPage, maxNodes));
      if (shot) await page.screenshot({ path: shot });
      state.perMetric = [];
      for (const [index, metric] of (state.metrics ?? []).entries()) {
        if (metric.disabled) continue;
        await unlessCrashed(page.selectOption('select', { index }));
        const shown = await unlessCrashed(page.evaluate(readPage, maxNodes));
        state.perMetric.push({ index, label: metric.label, ...shown });
      }
      return { file, pageErrors, ...state };
    } finally {
      await Promise.race([page.close().catch(() => {}),
                          new Promise((done) => setTimeout(done, 3000).unref())]);
    }
  }
}

async function main(args) {
  const options = { maxNodes: 20 };
  const files = [];
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--nodes') options.maxNodes = Number(args[++i]);
    else if (args[i] === '--shot') options.shot = args[++i];
    else files.push(args[i]);
  }
  if (files.length === 0) {
    console.error('usage: node dhview.mjs [--nodes N] [--shot PNG] FILE...');
    return 2;
  }
  const viewer = await Viewer.open();
  let status = 0;
  try {
    for (const file of files) {
      const state = await viewer.load(file, options);
      console.log(JSON.stringify(state, null, 1));
      if (state.error || state.pageErrors.length > 0) status = 1;
    }
  } finally {
    await viewer.close();
  }
  return status;
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  process.exitCode = await main(process.argv.slice(2)).catch((error) => {
    console.error(`dhview: ${error.message}`);
    return 2;
  });
}
