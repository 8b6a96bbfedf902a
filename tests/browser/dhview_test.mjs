// Loads DHAT JSON files in valgrind's real dh_view in a headless Chromium and compares what is shown
// with what the files say.
//
//   MEMSHIM_DHAT_FILES=PATH[:PATH...] node --test dhview_test.mjs
//
// A PATH is a file or a directory (every *.json in it). With MEMSHIM_DHAT_FILES unset only the
// fixtures made here are loaded, and the test fails unless MEMSHIM_FIXTURES_ONLY=1 says that this is
// meant: a run that was given no profile proves nothing about memshim.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Viewer } from './dhview.mjs';
import { checkShown } from './expected.mjs';

const kStarted = performance.now();
const kMinComparedPerFile = 25;

function givenFiles() {
  const files = [];
  for (const path of (process.env.MEMSHIM_DHAT_FILES ?? '').split(':').filter(Boolean)) {
    if (!statSync(path).isDirectory()) files.push(path);
    else files.push(...readdirSync(path).filter((n) => n.endsWith('.json')).sort().map((n) => join(path, n)));
  }
  return files;
}

// Two points under one caller, one elsewhere: enough for inner nodes, leaves and an aggregate.
function heapShape(overrides = {}) {
  const lifetime = (scale) => ({ tl: 700 * scale, mb: 60 * scale, mbk: scale, gb: 40 * scale,
                                 gbk: scale, eb: 16 * scale, ebk: 1 });
  return {
    dhatFileVersion: 2, mode: 'heap', verb: 'Allocated', bklt: true, bkacc: false,
    tu: 'µs', Mtu: 's', tuth: 10, cmd: './app --flag "quoted" ü', pid: 4711, te: 1234567, tg: 345678,
    pps: [
      { tb: 123456, tbk: 1000, ...lifetime(700), fs: [1, 2, 3] },
      { tb: 777, tbk: 111, ...lifetime(3), fs: [1, 2, 4] },
      { tb: 9999999, tbk: 12, ...lifetime(5), fs: [5, 4, 3] },
      { tb: 1, tbk: 1, ...lifetime(0), eb: 0, ebk: 0, fs: [5] },
    ],
    ftbl: ['[root]', '0x4848899: malloc (in /usr/lib/libmemshim.so)', '0x109154: Inner (a.c:3)',
           '0x109188: main (a.c:9)', '0x1091A0: std::vector<int, std::allocator<int> >::grow<&f>() (v.h:1)',
           '0x48488AA: calloc (in /usr/lib/libmemshim.so)'],
    ...overrides,
  };
}

function fixtures() {
  const accesses = heapShape({ bkacc: true, tu: 'instrs', Mtu: 'Minstr', tuth: 500 });
  accesses.pps = accesses.pps.map((point, i) => ({ ...point, rb: 10 * i + 100000, wb: 5 * i, acc: [-4, i] }));
  const noLifetimes = heapShape({ mode: 'copy', verb: 'Copied', bklt: false });
  noLifetimes.pps = noLifetimes.pps.map(({ tb, tbk, fs }) => ({ tb, tbk, fs }));
  delete noLifetimes.tg;
  delete noLifetimes.tuth;
  const extras = heapShape({
    memshim: { version: '0.0', modules: [['/usr/lib/<b>x</b>.so', 'abc']], frameModules: [0, 0, 0, 0, 0, 0],
               timeline: Array.from({ length: 2000 }, (_, i) => [i, i * 100, i]) },
  });
  extras.ftbl[2] = '0x109154: <img src=x onerror=alert(1)> \u0000 \t (a.c:3)';
  const large = heapShape({ te: 1e12, tg: 1e11 });
  large.pps[0] = { ...large.pps[0], tb: 2 ** 52, tbk: 2 ** 40 };
  return {
    'memshim_shape.json': heapShape(),
    'valgrind_shape.json': accesses,
    'copy_shape.json': noLifetimes,
    'extra_keys.json': extras,
    'large_numbers.json': large,
    'one_point.json': heapShape({ pps: heapShape().pps.slice(0, 1) }),
    'no_points.json': heapShape({ pps: [] }),
  };
}

let folder;
let viewer;
let compared = 0;
let loaded = 0;

function written(name, content) {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function check(path) {
  const json = JSON.parse(readFileSync(path, 'utf8'));
  const count = checkShown(await viewer.load(path), json);
  assert.ok(count >= kMinComparedPerFile, `${path}: only ${count} comparisons`);
  compared += count;
  loaded++;
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dhview-fixtures-'));
  viewer = await Viewer.open();
});

after(async () => {
  await viewer?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
  const seconds = ((performance.now() - kStarted) / 1000).toFixed(1);
  console.log(`browser: ${loaded} files loaded, ${compared} values compared, ${seconds} s`);
});

describe('files of our own shape and of valgrind\'s', () => {
  for (const [name, json] of Object.entries(fixtures())) {
    it(name, async () => check(written(name, json)));
  }
});

describe('profiles of real programs', () => {
  const files = givenFiles();
  it('there are some', () => {
    if (process.env.MEMSHIM_FIXTURES_ONLY === '1') return;
    assert.ok(files.length > 0, 'MEMSHIM_DHAT_FILES names no file');
  });
  for (const path of files) it(path, async () => check(path));
});

// The controls: what must be seen as wrong is seen.
describe('a wrong file is told from a right one', () => {
  const text = JSON.stringify(heapShape());
  const repeated = heapShape();
  repeated.pps[1].fs = repeated.pps[0].fs;
  const incomplete = heapShape();
  delete incomplete.ftbl;
  const bad = {
    'truncated.json': [text.slice(0, text.length / 2), /SyntaxError/],
    'empty.json': ['', /Unexpected end of JSON input/],
    'repeated_stack.json': [repeated, /repeated location/],
    'no_frame_table.json': [incomplete, /missing a field: ftbl/],
    'version_3.json': [heapShape({ dhatFileVersion: 3 }), /version number 3/],
  };
  for (const [name, [content, message]] of Object.entries(bad)) {
    it(`${name} is refused`, async () => {
      const shown = await viewer.load(written(name, content));
      assert.match(shown.error ?? '', message);
      assert.ok(shown.pageErrors.length > 0, 'no uncaught error on the page');
      assert.equal(shown.rendered, false);
      assert.throws(() => checkShown(shown, heapShape()));
      loaded++;
      compared += 4;
    });
  }

  it('a tree that differs from the file in one figure fails the comparison', async () => {
    const path = written('tampered.json', heapShape());
    const shown = await viewer.load(path);
    checkShown(shown, heapShape());
    for (const [key, row] of [['tb', 'Total'], ['tbk', 'Total'], ['tl', 'lifetime'], ['gb', 't-gmax'],
                              ['gbk', 't-gmax'], ['eb', 't-end'], ['ebk', 't-end']]) {
      const other = heapShape();
      other.pps[1][key] += 1000000;
      assert.throws(() => checkShown(shown, other), new RegExp(row), `${key} is not compared`);
      compared++;
    }
    for (const change of [{ pid: 1 }, { cmd: 'x' }, { te: 9 }, { tg: 9 }, { mode: 'x' }, { bkacc: true }]) {
      assert.throws(() => checkShown(shown, heapShape(change)), undefined, `${Object.keys(change)} is not compared`);
      compared++;
    }
  });
});
