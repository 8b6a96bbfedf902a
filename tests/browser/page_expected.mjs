// What the page must show of a profile, computed from the file alone, and large profiles of known sums.

export const METRICS = [
  { key: 'total-bytes', of: (p) => p.tb }, { key: 'total-blocks', of: (p) => p.tbk },
  { key: 'peak', of: (p) => p.gb, lifetimes: true }, { key: 'end', of: (p) => p.eb, lifetimes: true },
  { key: 'temporary', of: (p) => p.temporaryBlocks ?? 0, details: true },
  { key: 'short-lived', of: (p, file) => (p.tbk > 0 && p.tl / p.tbk <= file.tuth ? p.tbk : 0), lifetimes: true },
];

// The name of a frame: its function; of code without a name, where it lies.
export function labelOf(text) {
  const match = /^(?:0x([0-9A-Fa-f]+): )?([\s\S]*?)(?: \((in )?([^()]*)\))?$/.exec(text);
  const [, address, name, isIn, place] = match;
  if (name !== '???') return name;
  const base = (place ?? '').slice((place ?? '').lastIndexOf('/') + 1);
  if (base.includes('+0x')) return base;
  return `0x${Number.parseInt(address, 16).toString(16).toUpperCase()}${isIn ? ` in ${base}` : ''}`;
}

export function figuresOf(file) {
  const told = METRICS.filter((metric) => (!metric.lifetimes || file.bklt) && (!metric.details || file.memshim?.moments !== undefined));
  const totals = {};
  const outermost = {};
  const innermost = {};
  for (const { key, of } of told) {
    totals[key] = 0;
    outermost[key] = new Map();
    innermost[key] = new Map();
    for (const point of file.pps) {
      const number = of(point, file);
      totals[key] += number;
      for (const [map, frame] of [[outermost[key], point.fs[point.fs.length - 1]], [innermost[key], point.fs[0]]]) {
        const name = labelOf(file.ftbl[frame]);
        map.set(name, (map.get(name) ?? 0) + number);
      }
    }
  }
  const withWord = (word, key) => {
    const matches = file.ftbl.map((text) => text.replace(/^0x[0-9A-Fa-f]+: /, '').toLowerCase().includes(word));
    return file.pps.filter((point) => point.fs.some((frame) => matches[frame])).reduce((sum, point) => sum + point[key], 0);
  };
  return { totals, outermost, innermost, withWord };
}

// 400,000 points of 48 frames; 2,000 levels that all allocate; 100,000 callers of one function.
export function largeProfile(kind, write) {
  const totals = { 'total-bytes': 0, 'total-blocks': 0, peak: 0, end: 0 };
  let text = '{"dhatFileVersion":2,"mode":"heap","verb":"Allocated","bklt":true,"bkacc":false,"tu":"µs","Mtu":"s","tuth":10,' +
    '"cmd":"./large","pid":1,"te":1000000,"tg":400000,"pps":[';
  let seed = 1;
  const random = (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const put = (piece) => {
    text += piece;
    if (text.length < 1 << 24) return;
    write(text);
    text = '';
  };
  const point = (i, stack) => {
    const [tb, tbk, gb, eb] = [100 + (i % 977) * 13, 1 + (i % 7), 80, (i % 3) * 7];
    totals['total-bytes'] += tb;
    totals['total-blocks'] += tbk;
    totals.peak += gb;
    totals.end += eb;
    put(`${i > 0 ? ',\n' : '\n'}{"tb":${tb},"tbk":${tbk},"tl":${i % 5000},"mb":90,"mbk":1,"gb":${gb},"gbk":1,"eb":${eb},"ebk":${i % 3},"fs":[${stack}]}`);
  };
  const counts = { points: [400_000, 12_000], deep: [2000, 2100], wide: [100_000, 100_100] };
  const [points, frames] = counts[kind];
  // Of the many points the two innermost callers tell the number, so that no two stacks are equal.
  const common = Array.from({ length: 45 }, () => 2 + random(9000));
  for (let i = 0; i < points; i++) {
    if (kind === 'points') {
      const from = 44 - Math.min(44, Math.floor(-5 * Math.log(1 - random(1 << 20) / (1 << 20))));
      for (let d = from; d < 45; d++) common[d] = 2 + random(9000);
      point(i, `1,${2 + (i % 9000)},${10_000 + Math.floor(i / 9000)},${[...common].reverse().join(',')}`);
    } else if (kind === 'deep') {
      point(i, `1,${Array.from({ length: i + 1 }, (_, d) => i + 2 - d).join(',')}`);
    } else {
      point(i, `1,${i + 2}`);
    }
  }
  put('],\n"ftbl":["[root]"');
  for (let i = 1; i <= frames; i++) {
    put(`,\n"0x${(i * 16).toString(16).toUpperCase()}: ${i === 1 ? 'malloc' : `ns::function_number_${i}(int, char const*)`} (file${i % 500}.cc:${1 + (i % 2000)})"`);
  }
  put(']}\n');
  write(text);
  return totals;
}
