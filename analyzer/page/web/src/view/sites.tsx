// The call sites as a table: sorted by any column, searched with the words of the search field. Only rows
// in view are in the document, so that a hundred thousand of them scroll as well as ten.
import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import * as format from '../format';
import type { FigureName, Profile, Site } from '../data/profile';
import { isComparison, metric, metrics, profiles, query } from '../state';

const ROW = 32;

interface Row {
  site: Site;
  /** Of each profile: the figures of the site. */
  figures: Partial<Record<FigureName, number>>[];
}

interface Column {
  key: string;
  label: string;
  class: string;
  of: (row: Row) => number | string;
  show: (row: Row) => string;
}

function sumsBySite(profile: Profile): Partial<Record<FigureName, Float64Array>> {
  const sums: Partial<Record<FigureName, Float64Array>> = {};
  for (const [name, column] of Object.entries(profile.figures) as [FigureName, Float64Array][]) {
    const sum = new Float64Array(profile.sites.length);
    for (let i = 0; i < column.length; i++) sum[profile.pointSite[i]] += column[i];
    sums[name] = sum;
  }
  return sums;
}

/** Sites of several profiles are the same when they are called the same, lines apart. */
const rows = computed<Row[]>(() => {
  const made: Row[] = [];
  const known = new Map<string, Row>();
  const many = profiles.value.length > 1;
  profiles.value.forEach((profile, side) => {
    const sums = Object.entries(sumsBySite(profile)) as [FigureName, Float64Array][];
    profile.sites.forEach((site, i) => {
      const key = !many ? String(i)
        : site.function ? `${site.kind} ${site.function} ${format.baseName(site.file)} ${format.baseName(site.module)}` : site.name;
      let row = known.get(key);
      if (!row) {
        row = { site, figures: profiles.value.map(() => ({})) };
        known.set(key, row);
        made.push(row);
      }
      if (side > 0) row.site = site;
      for (const [name, sum] of sums) row.figures[side][name] = (row.figures[side][name] ?? 0) + sum[i];
    });
  });
  return made;
});

const figure = (row: Row, name: FigureName, side = row.figures.length - 1) => row.figures[side][name] ?? 0;
const perBlock = (row: Row, name: FigureName) => {
  const blocks = figure(row, 'totalBlocks');
  return blocks > 0 ? figure(row, name) / blocks : 0;
};

const NAME: Column = { key: 'name', label: 'Call site', class: 'name', of: (row) => row.site.name, show: (row) => row.site.name.replaceAll('(anonymous namespace)::', '') };

function columnsOfOne(): Column[] {
  const { run, figures } = profiles.value[0];
  const columns = metrics.value.map((one): Column => ({
    key: one.key, label: one.label, class: `number metric-${one.key}`, of: (row) => figure(row, one.figure),
    show: (row) => one.counts === 'bytes' ? format.bytes(figure(row, one.figure), run.bytesUnit) : format.count(figure(row, one.figure)),
  }));
  columns.push({
    key: 'size', label: 'Avg size', class: 'number extra', of: (row) => perBlock(row, 'totalBytes'),
    show: (row) => format.bytes(perBlock(row, 'totalBytes'), run.bytesUnit),
  });
  if (figures.lifetime) {
    columns.push({
      key: 'life', label: 'Avg life', class: 'number extra', of: (row) => perBlock(row, 'lifetime'),
      show: (row) => format.time(perBlock(row, 'lifetime'), run.timeUnit),
    });
  }
  return [NAME, ...columns];
}

function columnsOfTwo(): Column[] {
  const one = metric.value;
  const { run } = profiles.value[1];
  const show = (number: number) => one.counts === 'bytes' ? format.bytes(number, run.bytesUnit) : format.count(number);
  const change = (row: Row) => figure(row, one.figure, 1) - figure(row, one.figure, 0);
  return [
    NAME,
    { key: 'before', label: 'Before', class: 'number', of: (row) => figure(row, one.figure, 0), show: (row) => show(figure(row, one.figure, 0)) },
    { key: 'after', label: 'After', class: 'number', of: (row) => figure(row, one.figure, 1), show: (row) => show(figure(row, one.figure, 1)) },
    { key: 'change', label: 'Change', class: 'number', of: (row) => Math.abs(change(row)), show: (row) => `${change(row) > 0 ? '+' : ''}${show(change(row))}` },
    { key: 'percent', label: 'In percent', class: 'number extra', of: change, show: (row) => format.change(figure(row, one.figure, 0), figure(row, one.figure, 1)) },
  ];
}

const columns = computed(() => isComparison.value ? columnsOfTwo() : columnsOfOne());

/** Empty: by what the page shows. */
const sortKey = signal('');
const isRising = signal(false);
const ownKey = computed(() => isComparison.value ? 'change' : metric.value.key);
const sortColumn = computed(() => columns.value.find((column) => column.key === sortKey.value)
  ?? columns.value.find((column) => column.key === ownKey.value)!);

const shown = computed<Row[]>(() => {
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  const { of } = sortColumn.value;
  const direction = isRising.value ? 1 : -1;
  return rows.value
    .filter((row) => {
      const { site } = row;
      const text = `${site.name} ${site.function} ${site.file} ${site.module}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => {
      const [x, y] = [of(a), of(b)];
      const order = typeof x === 'string' ? x.localeCompare(y as string) : x - (y as number);
      return order * direction || figure(b, 'totalBytes') - figure(a, 'totalBytes');
    });
});

const scrolled = signal(0);
const height = signal(480);

function sortBy(column: Column): void {
  if (sortColumn.value === column) {
    isRising.value = !isRising.value;
  } else {
    isRising.value = column.key === 'name';
  }
  sortKey.value = column.key;
}

function TableRow({ row, index, whole }: { row: Row; index: number; whole: number }) {
  const { site } = row;
  const part = figure(row, metric.value.figure);
  const change = isComparison.value ? part - figure(row, metric.value.figure, 0) : 0;
  const place = [site.function, site.line > 0 ? `${site.file}:${site.line}` : '', site.module].filter(Boolean).join('\n');
  const search = () => { query.value = site.function || site.name; };
  return (
    <tr aria-rowindex={index + 2} data-site={site.name} onClick={search} onKeyDown={(event) => { if (event.key === 'Enter') search(); }} tabIndex={0}>
      {columns.value.map((column) => (
        <td key={column.key} class={`${column.class} ${column.key === ownKey.value ? 'own' : ''} ${column.key === 'change' ? (change > 0 ? 'grew' : 'shrank') : ''}`}
          title={column.key === 'name' ? place : undefined} data-exact={column.key === 'name' ? undefined : column.of(row)}>
          {column.key === 'name' && site.kind !== 0 ? <span class="faint">{column.show(row)}</span> : column.show(row)}
        </td>
      ))}
      <td class="number share"><span>{format.share(part, whole)}</span><i><b style={{ width: `${whole > 0 ? (100 * part) / whole : 0}%` }} /></i></td>
    </tr>
  );
}

export function Sites() {
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = scroller.current!;
    const observer = new ResizeObserver(() => { height.value = box.clientHeight; });
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  const all = shown.value;
  const whole = rows.value.reduce((sum, row) => sum + figure(row, metric.value.figure), 0);
  const first = Math.max(0, Math.min(Math.floor(scrolled.value / ROW) - 8, all.length - 1));
  const last = Math.min(all.length, Math.ceil((scrolled.value + height.value) / ROW) + 8);
  return (
    <section class="panel" aria-label="Call sites">
      <div class="panel-head">
        <h2>Call sites <small>{all.length === rows.value.length ? format.count(all.length) : `${format.count(all.length)} of ${format.count(rows.value.length)}`}</small></h2>
      </div>
      <div class="table" id="sites" ref={scroller} onScroll={(event) => { scrolled.value = event.currentTarget.scrollTop; }}>
        <table aria-rowcount={all.length + 1} data-own={ownKey.value}>
          <thead>
            <tr>
              {columns.value.map((column) => (
                <th key={column.key} class={`${column.class} ${column.key === ownKey.value ? 'own' : ''}`}
                  aria-sort={sortColumn.value !== column ? 'none' : isRising.value ? 'ascending' : 'descending'}>
                  <button type="button" data-column={column.key} onClick={() => sortBy(column)}>
                    {column.label}<span class="arrow">{sortColumn.value !== column ? '' : isRising.value ? '▴' : '▾'}</span></button>
                </th>
              ))}
              <th class="number share">Share</th>
            </tr>
          </thead>
          <tbody>
            {first > 0 && <tr class="gap" style={{ height: `${first * ROW}px` }} />}
            {all.slice(first, last).map((row, i) => <TableRow key={first + i} row={row} index={first + i} whole={whole} />)}
            {last < all.length && <tr class="gap" style={{ height: `${(all.length - last) * ROW}px` }} />}
          </tbody>
        </table>
        {all.length === 0 && <p class="none">No call site has “{query.value}” in its name, file or module; frames that have it are marked above.</p>}
      </div>
    </section>
  );
}
