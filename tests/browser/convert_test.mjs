// What `memshim convert` writes for speedscope, opened in speedscope itself (its published build, offline)
// in a headless Chromium: what it shows of each function is what the profile says. Its own format is
// besides checked against the schema that speedscope publishes.
//
//   MEMSHIM_BUILD=DIR MEMSHIM_DHAT_FILES=PATH[:PATH...] node --test convert_test.mjs
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import Ajv from 'ajv';
import { openBrowser } from './dhview.mjs';

const kSpeedscope = join(dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist/release');
const kConvert = join(process.env.MEMSHIM_BUILD ?? '../../build', 'analyzer/cli/memshim');
const kDecimal = new Intl.NumberFormat('en-US');

let browser;
let folder;
let compared = 0;

function convert(profile, format) {
  const out = join(folder, `out.${format}`);
  execFileSync(kConvert, ['convert', `--to=${format}`, profile, out]);
  return readFileSync(out);
}

// The bytes of each innermost frame, by name: what speedscope calls "self".
function expectedSelf(profile) {
  const self = new Map();
  for (const point of profile.pps) {
    const name = profile.ftbl[point.fs[0]].replace(/^0x[0-9A-Fa-f]+: /, '').replace(/ \((in )?[^()]*\)$/, '');
    self.set(name, (self.get(name) ?? 0) + point.tb);
  }
  return [...self].filter(([, bytes]) => bytes > 0).sort((a, b) => b[1] - a[1]);
}

// As speedscope writes sizes: powers of 1024, two decimals.
function inUnits(bytes) {
  const units = [' B', ' KB', ' MB', ' GB'];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit++) bytes /= 1024;
  return unit === 0 ? `${Math.round(bytes)} B` : bytes.toFixed(2) + units[unit];
}

async function open(name, content) {
  const page = await browser.context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const nothing = join(folder, 'nothing.js');
  writeFileSync(nothing, '');
  await page.goto(`${pathToFileURL(join(kSpeedscope, 'index.html'))}#localProfilePath=${nothing.slice(1)}`);
  await page.waitForFunction(() => window.speedscope);
  await page.evaluate(([file, base64]) => window.speedscope.loadFileFromBase64(file, base64),
                      [name, content.toString('base64')]);
  await page.waitForSelector('text=Sandwich');
  await page.waitForFunction(() => !document.body.innerText.includes('Loading'));
  await page.getByText('Sandwich').click();
  await page.getByText('Symbol Name').waitFor();
  const rows = await page.evaluate(() => [...document.querySelectorAll('tr')].map(
    (row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)).filter((cells) => cells.length >= 3));
  await page.close();
  assert.deepEqual(errors, []);
  return rows.map((cells) => ({ self: cells[1].replace(/ ?\(.*/, ''), name: cells[2] }));
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'memshim-convert-'));
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
  console.log(`browser: ${compared} values of converted files compared`);
});

describe('converted profiles in speedscope', () => {
  const given = process.env.MEMSHIM_DHAT_FILES ?? '';
  const names = ['sqlite3.json', 'threads.json'];
  it('there are profiles', () => {
    assert.ok(names.every((name) => readdirSync(given).includes(name)), `no ${names} in '${given}'`);
  });
  for (const name of names) {
    for (const [format, shown] of [['collapsed', kDecimal.format], ['pprof', inUnits], ['speedscope', inUnits]]) {
      it(`${name} as ${format}`, async () => {
        const path = join(given, name);
        const rows = await open(`x.${format}`, convert(path, format));
        const expected = expectedSelf(JSON.parse(readFileSync(path, 'utf8')));
        assert.ok(expected.length >= 2);
        for (const [frame, bytes] of expected.slice(0, 4)) {
          assert.equal(rows.find((row) => row.name.startsWith(frame))?.self, shown(bytes), frame);
          compared++;
        }
      });
    }
    it(`${name} obeys speedscope's schema`, () => {
      const schema = JSON.parse(readFileSync(join(kSpeedscope, 'file-format-schema.json'), 'utf8'));
      const validate = new Ajv({ strict: false }).compile(schema);
      const file = JSON.parse(convert(join(given, name), 'speedscope'));
      assert.ok(validate(file), JSON.stringify(validate.errors));
      delete file.profiles[0].weights;
      assert.ok(!validate(file), 'a profile without weights passed');
      compared += file.profiles.length;
    });
  }
});
