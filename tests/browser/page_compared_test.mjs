// The HTML page of two profiles: what changed, one side beside the other. As page_test.mjs.
//
//   MEMSHIM_BUILD=DIR MEMSHIM_DHAT_FILES=PATH[:PATH...] node --test page_compared_test.mjs
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { figuresOf } from './page_expected.mjs';
import { close, count, equal, exactOf, kFiles, makePage, open, settle, tipAt } from './page_testing.mjs';

describe('two profiles', () => {
  it('show what changed: cards, flame graph, sites', async () => {
    const [old, now] = [kFiles['threads.json'], kFiles['sqlite3.json']].map((path) => figuresOf(JSON.parse(readFileSync(path, 'utf8'))));
    const page = await open(makePage(kFiles['sqlite3.json'], `--before=${kFiles['threads.json']}`));
    equal(await page.locator('.role').allTextContents(), ['Before', 'After'], 'roles');
    for (const key of ['total-bytes', 'peak']) {
      await page.click(`[data-metric="${key}"]`);
      equal(await exactOf(page, `[data-metric="${key}"] .value`), now.totals[key], key);
      for (const [side, expected] of [['before', old], ['after', now]]) {
        await page.click(`[data-choice="${side}"]`);
        await settle(page);
        equal((await tipAt(page, 5, 0)).figure, now.totals[key], `after, of ${key}`);
        const widest = await tipAt(page, 5, 1);
        const both = (name) => now.outermost[key].get(name) ?? 0;
        equal(widest.figure, both(widest.name), `${widest.name} after`);
        equal([...expected.outermost[key]].sort((a, b) => b[1] - a[1])[0][0], widest.name, `widest ${side}`);
      }
    }
    const sums = await page.locator('#sites tbody tr:not(.gap)').evaluateAll((rows) => rows.map((row) =>
      [1, 2, 3].map((cell) => Number(row.cells[cell].dataset.exact))));
    for (const [before, after, change] of sums) equal(change, Math.abs(after - before), 'change');
    await close(page);
  });

  it('side by side: a byte is as wide on one side as on the other, and both zoom', async () => {
    const totals = ['threads.json', 'sqlite3.json'].map((name) => figuresOf(JSON.parse(readFileSync(kFiles[name], 'utf8'))).totals['total-bytes']);
    const page = await open(makePage(kFiles['sqlite3.json'], `--before=${kFiles['threads.json']}`), { hash: '#compare=both' });
    equal(await page.locator('.graphs h3').allTextContents(), ['Before', 'After'], 'headings');
    const nameAt = async (id, x, row) => {
      await page.locator(id).evaluate((element) => element.scrollIntoView({ block: 'start' }));
      const box = await page.locator(id).boundingBox();
      for (const y of [8, 10]) await page.mouse.move(box.x + x, box.y + row * 21 + y);
      await settle(page);
      return (await page.locator('.tip').count()) === 0 ? null : page.locator('.tip .name').textContent();
    };
    for (const [side, id] of ['#flame', '#flame-after'].entries()) {
      const width = await page.locator(id).evaluate((element) => element.clientWidth);
      const edge = (width * totals[side]) / Math.max(...totals);
      equal(await nameAt(id, edge - 3, 0), 'all of both', `inside, ${id}`);
      equal(edge + 5 < width ? await nameAt(id, edge + 5, 0) : null, null, `outside, ${id}`);
    }
    assert.ok(Math.min(...totals) < 0.95 * Math.max(...totals));
    const name = await nameAt('#flame-after', 4, 1);
    for (const press of ['down', 'up']) await page.mouse[press]();
    await page.waitForURL(/compare=both.*frame=\d+/);
    for (const id of ['#flame', '#flame-after']) equal(await nameAt(id, 0.4, 1), name, `zoomed, ${id}`);
    await close(page);
  });

  it('a profile compared with itself changed nowhere', async () => {
    const page = await open(makePage(kFiles['threads.json'], `--before=${kFiles['threads.json']}`));
    const changes = await page.locator('#sites tbody tr:not(.gap)').evaluateAll((rows) => rows.map((row) => row.cells[4].textContent));
    assert.ok(changes.length > 3);
    for (const change of changes) equal(change, 'same', 'a site');
    await close(page);
  });
});
