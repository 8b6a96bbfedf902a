// The HTML page, as a reader uses it, in a headless Chromium: clicks, searches, zooms, switches what is
// shown, and compares every number on the way with the file's. Screenshots of both themes and of two widths
// stay in the build directory (MEMSHIM_BUILD/page-screenshots).
//
//   MEMSHIM_BUILD=DIR MEMSHIM_DHAT_FILES=PATH[:PATH...] node --test page_test.mjs
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { figuresOf, largeProfile, METRICS } from './page_expected.mjs';
import { close, count, equal, exactOf, folder, kFiles, kShots, makePage, open, settle, tipAt } from './page_testing.mjs';

const kMost = 3000; // ms to the first paint of 400,000 points

describe('a page shows what the file says', () => {
  for (const [name, path] of Object.entries(kFiles)) {
    it(`${name}: cards, flame graph, call sites, for each metric`, async () => {
      const profile = JSON.parse(readFileSync(path, 'utf8'));
      const expected = figuresOf(profile);
      const page = await open(makePage(path));
      equal(await page.locator('.command').textContent(), profile.cmd || profile.cmd, 'command');
      equal(await page.locator('.card').evaluateAll((cards) => cards.map((card) => card.dataset.metric)),
            METRICS.filter((metric) => expected.totals[metric.key] !== undefined).map((metric) => metric.key), 'cards');
      for (const { key } of METRICS) {
        if (expected.totals[key] === undefined) continue;
        await page.click(`[data-metric="${key}"]`);
        await settle(page);
        equal(await page.locator(`[data-metric="${key}"]`).getAttribute('aria-checked'), 'true', key);
        equal(await exactOf(page, `[data-metric="${key}"] .value`), expected.totals[key], `card of ${key}`);
        const whole = await tipAt(page, 5, 0);
        equal(whole.figure, expected.totals[key], `root of ${key}`);
        // The second row: the outermost frames, widest first.
        const outermost = [...expected.outermost[key]].sort((a, b) => b[1] - a[1])[0];
        if (expected.totals[key] > 0) {
          const first = await tipAt(page, 5, 1);
          equal(first.figure, outermost[1], `outermost frame of ${key}`);
          equal(first.name, outermost[0], `outermost frame of ${key}`);
        }
        const rows = await page.locator('#sites tbody tr:not(.gap)').evaluateAll((all, column) => all.map((row) =>
          Number(row.cells[column].dataset.exact)), 1 + METRICS.filter((m) => expected.totals[m.key] !== undefined).findIndex((m) => m.key === key));
        equal(rows, [...rows].sort((a, b) => b - a), `order of sites by ${key}`);
        const all = await page.locator('#sites table').getAttribute('aria-rowcount');
        if (Number(all) - 1 === rows.length) equal(rows.reduce((a, b) => a + b, 0), expected.totals[key], `sum of sites of ${key}`);
      }
      await close(page);
    });
  }
});

describe('what a reader does', () => {
  const path = kFiles['sqlite3.json'];

  it('a search tells what the stacks with a match add up to, and leaves the sites that match', async () => {
    const expected = figuresOf(JSON.parse(readFileSync(path, 'utf8')));
    const page = await open(makePage(path));
    await page.keyboard.press('/');
    for (const word of ['sqlite3', 'malloc', 'realloc', 'nothing at all']) {
      await page.locator('#find').fill(word);
      await settle(page);
      equal(await exactOf(page, '#matched b'), expected.withWord(word, 'tb'), word);
    }
    equal(await page.locator('.none').count(), 1, 'a word that nothing has');
    await page.keyboard.press('Escape');
    equal(await page.locator('#find').inputValue(), '', 'Escape clears');
    equal(await page.locator('#matched').count(), 0, 'Escape clears');
    await close(page);
  });

  it('zooming fills the width, goes into the address, and Back and a link lead back', async () => {
    const page = await open(makePage(path));
    const before = await tipAt(page, 5, 4);
    const box = await page.locator('#flame').boundingBox();
    await page.mouse.click(box.x + 5, box.y + 4 * 21 + 10);
    await settle(page);
    const address = page.url();
    assert.match(address, /#frame=\d+$/);
    const width = box.width - 40;
    for (const x of [5, width / 2, width]) equal(await tipAt(page, x, 4), before, `zoomed, at ${x}`);
    equal(await exactOf(page, '.chosen b[data-exact]'), before.figure, 'the frame zoomed into is told');
    await page.click('#zoom-out');
    assert.notEqual(page.url(), address);
    await page.goBack();
    await settle(page);
    equal(page.url(), address, 'Back');
    await close(page);
    const again = await open(makePage(path), { hash: new URL(address).hash });
    equal(await tipAt(again, width, 4), before, 'a link leads to the frame');
    await again.keyboard.press('0');
    equal(new URL(again.url()).hash, '', 'the whole has no address');
    await close(again);
  });

  it('flame, icicle, from main, from allocations: the same figures', async () => {
    const profile = JSON.parse(readFileSync(path, 'utf8'));
    const expected = figuresOf(profile);
    const page = await open(makePage(path));
    const icicle = await tipAt(page, 5, 3);
    await page.keyboard.press('f');
    await settle(page);
    const rows = Number(await page.locator('#flame').getAttribute('data-rows'));
    equal(await tipAt(page, 5, 3, rows), icicle, 'a flame is an icicle upside down');
    assert.match(page.url(), /shape=flame/);
    await page.keyboard.press('f');
    await page.click('[data-choice="allocations"]');
    await settle(page);
    const innermost = [...expected.innermost['total-bytes']].sort((a, b) => b[1] - a[1])[0];
    equal(await tipAt(page, 5, 1), { name: innermost[0], figure: innermost[1] }, 'allocation functions first');
    equal((await tipAt(page, 5, 0)).figure, expected.totals['total-bytes'], 'all');
    await close(page);
  });

  it('the keyboard moves, zooms and chooses', async () => {
    const page = await open(makePage(path));
    await page.locator('#flame').focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
    await settle(page);
    equal(await exactOf(page, '.chosen b[data-exact]'), (await tipAt(page, 5, 2)).figure, 'arrow keys');
    await page.keyboard.press('Enter');
    assert.match(page.url(), /frame=\d+/);
    await page.keyboard.press('Escape');
    await page.keyboard.press('3');
    equal(await page.locator('[data-metric="peak"]').getAttribute('aria-checked'), 'true', 'a digit chooses');
    assert.match(page.url(), /metric=peak/);
    await page.keyboard.press('?');
    await settle(page);
    equal(await page.locator('dialog').evaluate((dialog) => dialog.open), true, '? helps');
    await page.keyboard.press('Escape');
    await settle(page);
    equal(await page.locator('dialog').evaluate((dialog) => dialog.open), false, 'Escape closes');
    await page.click('#theme');
    equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark', 'the other theme');
    await page.evaluate(() => localStorage.clear());
    await close(page);
  });

  it('a table is sorted by any column, and a row searches its function', async () => {
    const page = await open(makePage(path));
    await page.click('[data-column="total-blocks"]');
    const blocks = () => page.locator('#sites tbody tr:not(.gap)').evaluateAll((rows) => rows.map((row) => Number(row.cells[2].dataset.exact)));
    let shown = await blocks();
    equal(shown, [...shown].sort((a, b) => b - a), 'falling');
    await page.click('[data-column="total-blocks"]');
    shown = await blocks();
    equal(shown, [...shown].sort((a, b) => a - b), 'rising');
    await page.locator('#sites tbody tr:not(.gap)').nth(2).click();
    assert.notEqual(await page.locator('#find').inputValue(), '');
    await close(page);
  });

  it('the timeline has the peak where the file has it', async () => {
    const profile = JSON.parse(readFileSync(path, 'utf8'));
    const page = await open(makePage(path));
    equal(await page.locator('#timeline canvas').count(), 1, 'there is one');
    const area = await page.locator('#timeline .u-over').boundingBox();
    const peak = profile.pps.reduce((sum, point) => sum + point.gb, 0);
    // In a short run other samples lie within a pixel of it.
    const shown = [];
    for (const pixels of [0, 1, -1, 2, -2]) {
      await page.mouse.move(area.x + (profile.tg / profile.te) * area.width + pixels, area.y + 20);
      await settle(page);
      shown.push(await page.locator('#timeline .u-series').nth(1).locator('.u-value').textContent());
    }
    const isPeak = (text) => {
      const [number, unit] = text.split(' ');
      return Math.abs(Number(number) * { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 }[unit] - peak) <= peak * 0.006;
    };
    count();
    assert.ok(shown.some(isPeak), `${shown} at the peak of ${peak}`);
    await close(page);
  });
});

describe('the timeline', () => {
  it('has steps: what holds through a pause is no slope', async () => {
    const path = join(folder, 'pause.json');
    writeFileSync(path, JSON.stringify({
      dhatFileVersion: 2, mode: 'heap', verb: 'Allocated', bklt: true, bkacc: false, tu: 'µs', Mtu: 's', tuth: 10, cmd: 'pause', pid: 1, te: 1000, tg: 400,
      memshim: { schema: 1, version: '0', timeline: [[0, 0, 0], [400, 1000000, 1], [600, 0, 0]] },
      pps: [{ tb: 1000000, tbk: 1, tl: 200, mb: 1000000, mbk: 1, gb: 1000000, gbk: 1, eb: 0, ebk: 0, fs: [1] }], ftbl: ['[root]', '0x10: main (a.c:3)'],
    }));
    const page = await open(makePage(path));
    const [area, whole] = await Promise.all(['.u-over', 'canvas'].map((part) => page.locator(`#timeline ${part}`).boundingBox()));
    for (const [time, drawn] of [[150, false], [350, false], [450, true], [550, true], [650, false], [950, false]]) {
      const place = [area.x - whole.x + (area.width * time) / 1000, area.y - whole.y + area.height * 0.43]; // half way up
      equal(await page.locator('#timeline canvas').evaluate((canvas, [x, y]) =>
        canvas.getContext('2d').getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data[3] > 0, place), drawn, `at ${time} of 1000`);
    }
    await close(page);
  });
});

describe('files that are too much for DHAT\'s viewer', () => {
  for (const kind of ['points', 'deep', 'wide']) {
    it(kind, async () => {
      const path = join(folder, `${kind}.json`);
      const totals = largeProfile(kind, (text) => writeFileSync(path, text, { flag: 'a' }));
      const page = await open(makePage(path));
      for (const [key, number] of Object.entries(totals)) equal(await exactOf(page, `[data-metric="${key}"] .value`), number, key);
      equal((await tipAt(page, 5, 0)).figure, totals['total-bytes'], 'all');
      const paint = await page.evaluate(() => Math.round(performance.getEntriesByName('memshim:first-paint')[0].startTime));
      console.log(`browser: ${kind}: first paint after ${paint} ms (aim: ${kMost})`);
      if (kind === 'deep') {
        assert.ok(Number(await page.locator('#flame').getAttribute('data-rows')) > 1000);
        await page.locator('#flame').evaluate((element) => { element.scrollTop = element.scrollHeight; });
        await settle(page);
        const last = Number(await page.locator('#flame').getAttribute('data-rows')) - 1;
        const box = await page.locator('#flame').boundingBox();
        await page.mouse.move(box.x, box.y + box.height - 10);
        await settle(page);
        assert.match(await page.locator('.tip .name').textContent(), /^(ns::function_number_|malloc|smaller)/, `row ${last}`);
      }
      await page.click('[data-choice="allocations"]');
      await settle(page);
      equal((await tipAt(page, 5, 0)).figure, totals['total-bytes'], 'all, from allocations');
      await close(page);
    });
  }
});

describe('hostile names', () => {
  it('stay text', async () => {
    const evil = ['</script><script>document.title="owned"</script>', '<img src=x onerror="document.title=\'owned\'">', 'a\u0000\u001b[31m\u202e', '-->', '${1}'];
    const path = join(folder, 'evil.json');
    writeFileSync(path, JSON.stringify({
      dhatFileVersion: 2, mode: 'heap', verb: 'Allocated', bklt: true, bkacc: false, tu: 'µs', Mtu: 's', tuth: 10, cmd: evil[0], pid: 1, te: 10, tg: 5,
      pps: evil.map((_, i) => ({ tb: 10 + i, tbk: 1, tl: 1, mb: 1, mbk: 1, gb: 1, gbk: 1, eb: 0, ebk: 0, fs: [i + 1] })),
      ftbl: ['[root]', ...evil.map((name, i) => `0x${i + 1}0: ${name} (${name}:3)`)],
    }));
    const page = await open(makePage(path));
    equal(await page.locator('.command').textContent(), evil[0], 'the command');
    assert.match(await page.title(), /memshim/);
    equal(await page.locator('img').count(), 0, 'no element of a name');
    await close(page);
  });
});

describe('how it looks', () => {
  const shown = {
    program: ['sqlite3.json', [], ''], found: ['threads.json', [], '#order=allocations&shape=flame&find=malloc'],
    compared: ['sqlite3.json', [`--before=${kFiles['threads.json']}`], ''],
    sides: ['sqlite3.json', [`--before=${kFiles['threads.json']}`], '#compare=both'],
  };
  for (const [name, [file, options, hash]] of Object.entries(shown)) {
    it(name, async () => {
      for (const scheme of ['light', 'dark']) {
        for (const width of [1400, 400]) {
          const page = await open(makePage(kFiles[file], ...options), { hash, width, scheme });
          equal(await page.evaluate(() => document.documentElement.scrollWidth), width, 'nothing is wider than the window');
          // No text of the head, the cards or the tools lies over another.
          const overlaps = await page.evaluate(() => {
            const boxes = [...document.querySelectorAll('.card, .bar > *, .tools > *, h2, .command, .facts')].map((element) => element.getBoundingClientRect());
            const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
            return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => meet(a, b))).length;
          });
          equal(overlaps, 0, 'nothing overlaps');
          const cut = await page.evaluate(() => [...document.querySelectorAll('.card .value, .table td.own, .table td.share')]
            .filter((cell) => cell.scrollWidth > cell.clientWidth + 1 && getComputedStyle(cell).display !== 'none').length);
          equal(cut, 0, 'no number is cut');
          await page.screenshot({ path: join(kShots, `${name}-${scheme}-${width}.png`), fullPage: true });
          await close(page);
        }
      }
    });
  }
});
