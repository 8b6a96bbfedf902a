// What dh_view must show for a DHAT JSON file, computed from the file alone. Independent of the
// viewer's code; the line grammar is the viewer's output format.
import assert from 'node:assert/strict';

const kDecimal = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const kPercent = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2, style: 'percent' });

const share = (part, whole) => kPercent.format(whole === 0 && part === 0 ? 0 : part / whole);

export function sums(json) {
  const total = {};
  for (const key of ['tb', 'tbk', 'tl', 'gb', 'gbk', 'eb', 'ebk', 'rb', 'wb']) {
    total[key] = json.pps.reduce((sum, point) => sum + (point[key] ?? 0), 0);
  }
  return total;
}

// The footer of every enabled sort metric, by the metric's row in the menu.
export function thresholds(json) {
  const total = sums(json);
  const bytes = (value, whole) =>
    `${kDecimal.format(value)} ${json.bsu ?? 'bytes'} (${share(value, whole)})`;
  const blocks = (value, whole) =>
    `${kDecimal.format(value)} ${json.bksu ?? 'blocks'} (${share(value, whole)})`;
  const head = 'PP significance threshold: ';
  const expected = new Map([
    [0, `${head}total >= ${bytes(0.01 * total.tb, total.tb)}`],
    [1, `${head}total >= ${blocks(0.01 * total.tbk, total.tbk)}`],
    [2, `${head}(total >= ${blocks(0.005 * total.tbk, total.tbk)}) && ` +
        `(avg size <= 16 ${json.bsu ?? 'bytes'})`],
  ]);
  if (json.bklt) {
    expected.set(3, `${head}(total >= ${blocks(0.005 * total.tbk, total.tbk)}) && ` +
                    `(avg lifetime <= ${kDecimal.format(json.tuth)} ${json.tu})`);
    expected.set(8, `${head}at-t-gmax >= ${bytes(0.01 * total.gb, total.gb)}`);
    expected.set(9, `${head}at-t-end >= ${bytes(0.01 * total.eb, total.eb)}`);
  }
  if (json.bkacc) {
    expected.set(10, `${head}reads >= ${bytes(0.01 * total.rb, total.rb)}`);
    expected.set(12, `${head}writes >= ${bytes(0.01 * total.wb, total.wb)}`);
  }
  return expected;
}

// The rows of the menu that must be enabled.
export function enabledMetrics(json) {
  const rows = [0, 1, 2];
  if (json.bklt) rows.push(3, 8, 9);
  if (json.bkacc) rows.push(4, 5, 6, 7, 10, 11, 12, 13);
  return rows.sort((a, b) => a - b);
}

// Fails unless `shown` (from Viewer.load) is exactly what `json` says. Returns the comparisons made.
export function checkShown(shown, json) {
  let compared = 0;
  const equal = (actual, expected, what) => {
    compared++;
    assert.deepEqual(actual, expected, `${shown.file}: ${what}`);
  };
  const number = (value) => kDecimal.format(value);
  equal(shown.error, null, 'the viewer shows an error');
  equal(shown.pageErrors, [], 'the page raised errors');
  equal(shown.rendered, true, 'rendered');
  equal(shown.metric, 1, 'the default metric');

  equal(shown.invocation,
        `Invocation {\n  Mode:    ${json.mode}\n  Command: ${json.cmd}\n  PID:     ${json.pid}\n}\n\n`,
        'header');
  const peak = `  t-gmax: ${number(json.tg)} ${json.tu} (${share(json.tg, json.te)} of program duration)\n`;
  equal(shown.times,
        `Times {\n${json.bklt ? peak : ''}  t-end:  ${number(json.te)} ${json.tu}\n}\n\n`, 'times');

  // The root line: bytes and blocks of each row, and its share, which is the whole.
  const total = sums(json);
  const root = shown.nodes[0].text;
  const row = (title) => {
    const found = root.match(new RegExp(`${title}: +([^ ]+) ${json.bsu ?? 'bytes'} \\([^)]*\\)` +
                                        ` in ([^ ]+) ${json.bksu ?? 'blocks'} \\(`));
    return found ? [found[1], found[2]] : null;
  };
  equal(row('Total'), [number(total.tb), number(total.tbk)], 'Total of the root line');
  if (json.bklt) {
    equal(row('At t-gmax'), [number(total.gb), number(total.gbk)], 'At t-gmax of the root line');
    equal(row('At t-end'), [number(total.eb), number(total.ebk)], 'At t-end of the root line');
    const average = total.tbk === 0 ? 0 : total.tl / total.tbk;
    equal(root.match(/avg lifetime ([^ ]+) /)?.[1], number(average), 'avg lifetime of the root line');
  }
  equal(/undefined|NaN/.test(root), false, 'no undefined or NaN in the root');
  equal(root.includes(json.ftbl[0]), true, 'the root names [root]');

  equal(shown.perMetric.map((metric) => metric.index), enabledMetrics(json), 'enabled metrics');
  const footers = thresholds(json);
  for (const metric of shown.perMetric) {
    equal(metric.error, null, `metric ${metric.label}`);
    equal(metric.nodeCount > 0, true, `nodes with metric ${metric.label}`);
    equal(metric.title.endsWith(` - ${metric.label}`), true, `title with metric ${metric.label}`);
    if (footers.has(metric.index)) {
      equal(metric.threshold, footers.get(metric.index), `threshold of metric ${metric.label}`);
    }
    // Every frame shown is one of the file's: an index out of range would print "undefined".
    for (const node of metric.nodes) {
      equal(/#\d+: undefined/.test(node.text), false, `frames with metric ${metric.label}`);
    }
  }
  equal(shown.pageErrors, [], 'the page raised errors while metrics were switched');
  return compared;
}
