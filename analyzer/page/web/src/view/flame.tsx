// The flame graph: stacks as boxes as wide as what was allocated there. Drawn on a canvas of the size of
// what is seen, whatever the depth: only rows in view are drawn.
import { computed, effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { makePalette } from '../colors';
import type { Frame } from '../data/profile';
import * as format from '../format';
import { boxAt, layOut, REST, type Layout } from '../layout';
import { amount, exactAmount } from '../metrics';
import {
  addressOf, compared, found, foundSum, isComparison, isDark, metric, order, profiles, query, shape, stacks, sumsOf,
  turnOver, widths, zoomed, zoomPath, zoomTo,
} from '../state';

const ROW = 21;
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const LABEL_FROM = 26; // pixels; narrower boxes have no name

interface Box {
  node: number;
  parent: number;
  row: number;
}

const canvasWidth = signal(0);
const hovered = signal<Box | null>(null);
const cursor = signal<Box | null>(null); // moved by the keyboard
const layout = computed<Layout>(() => layOut(stacks.value.tree, widths.value, zoomPath.value, Math.max(canvasWidth.value, 1)));
const palette = computed(() => makePalette(stacks.value.frames, isDark.value));

function rowAt(y: number): number {
  const row = Math.floor(y / ROW);
  return shape.value === 'icicle' ? row : layout.value.rows - 1 - row;
}

function topOf(row: number): number {
  return (shape.value === 'icicle' ? row : layout.value.rows - 1 - row) * ROW;
}

function boxOf(index: number, row: number): Box {
  return { node: layout.value.node[index], parent: layout.value.parent[index], row };
}

function frameOf(box: Box): Frame | null {
  return box.node > 0 ? stacks.value.frames[stacks.value.tree.frame[box.node]] : null;
}

function nameOf(box: Box): string {
  if (box.node === 0) return isComparison.value ? 'all of both' : 'all';
  return frameOf(box)?.label ?? 'smaller ones';
}

function placeOf(frame: Frame): string {
  const place = frame.line > 0 ? `${frame.file}:${frame.line}` : frame.file;
  return [place, frame.module].filter(Boolean).join('  ·  ');
}

/** What the children of a node that are not drawn by themselves add up to. */
function restOf(sums: Float64Array, box: Box): number {
  const { node, parent, rowStart } = layout.value;
  const { tree } = stacks.value;
  let rest = 0;
  for (let child = tree.firstChild[box.parent]; child < tree.firstChild[box.parent + 1]; child++) rest += sums[child];
  for (let i = rowStart[box.row]; i < rowStart[box.row + 1]; i++) {
    if (parent[i] === box.parent && node[i] > 0) rest -= sums[node[i]];
  }
  return rest;
}

function figureAt(sums: Float64Array, box: Box): number {
  return box.node === REST ? restOf(sums, box) : sums[box.node];
}

// --- drawing

const nameWidths = new Map<string, number>();

function fitName(ctx: CanvasRenderingContext2D, name: string, room: number): string {
  let width = nameWidths.get(name);
  if (width === undefined) {
    width = ctx.measureText(name).width;
    nameWidths.set(name, width);
  }
  if (width <= room) return name;
  const short = format.shortName(name);
  if (short !== name) return fitName(ctx, short, room);
  const letters = Math.floor((name.length * room) / width) - 1;
  return letters >= 2 ? `${name.slice(0, letters)}…` : '';
}

function draw(canvas: HTMLCanvasElement, scroller: HTMLElement): void {
  const ratio = devicePixelRatio || 1;
  const width = canvasWidth.value;
  const height = scroller.clientHeight;
  if (width === 0 || height === 0) return;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const ctx = canvas.getContext('2d')!;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  ctx.font = FONT;
  ctx.textBaseline = 'middle';
  const { node, parent, x, width: widthOf, rowStart, rows } = layout.value;
  const { tree, frames } = stacks.value;
  const colors = palette.value;
  const search = found.value;
  const isChange = isComparison.value && compared.value === 'change';
  const before = isChange ? sumsOf(metric.value.figure, 0) : null;
  const after = isChange ? sumsOf(metric.value.figure, 1) : null;
  const onTheWay = zoomPath.value.length;
  for (let row = 0; row < rows; row++) {
    const top = topOf(row) - scroller.scrollTop;
    if (top + ROW < 0 || top > height) continue;
    for (let i = rowStart[row]; i < rowStart[row + 1]; i++) {
      const frame = node[i] > 0 ? frames[tree.frame[node[i]]] : null;
      const isFound = search !== null && frame !== null && search.frames[tree.frame[node[i]]] === 1;
      let fill = colors.rest;
      if (isFound) fill = colors.found;
      else if (before && after && node[i] !== REST) fill = colors.change(before[node[i]], after[node[i]]);
      else if (node[i] === 0) fill = colors.faint;
      else if (frame) fill = colors.fill(frame);
      const boxWidth = Math.max(widthOf[i] - (widthOf[i] > 3 ? 1 : 0), 0.5);
      ctx.globalAlpha = row < onTheWay ? 0.6 : search !== null && !isFound ? 0.5 : 1;
      ctx.fillStyle = fill;
      ctx.fillRect(x[i], top, boxWidth, ROW - 1);
      const isMarked = (box: Box | null) => box !== null && box.row === row && box.node === node[i] && box.parent === parent[i];
      if (isMarked(hovered.value) || isMarked(cursor.value)) {
        ctx.globalAlpha = 1;
        ctx.strokeStyle = colors.text;
        ctx.lineWidth = isMarked(cursor.value) ? 2 : 1;
        ctx.strokeRect(x[i] + 0.5, top + 0.5, Math.max(boxWidth - 1, 0.5), ROW - 2);
      }
      if (boxWidth < LABEL_FROM) continue;
      ctx.globalAlpha = row < onTheWay ? 0.75 : search !== null && !isFound ? 0.7 : 1;
      ctx.fillStyle = colors.text;
      const name = frame ? frame.label : node[i] === 0 ? wholeName() : 'smaller ones';
      ctx.fillText(fitName(ctx, name, boxWidth - 10), x[i] + 5, top + ROW / 2);
    }
  }
  ctx.globalAlpha = 1;
}

function wholeName(): string {
  const last = profiles.value[profiles.value.length - 1];
  if (isComparison.value && compared.value === 'change') return 'all, before and after together';
  const side = compared.value === 'before' ? 0 : profiles.value.length - 1;
  return `all: ${amount(last, metric.value, sumsOf(metric.value.figure, side)[0])}`;
}

// --- what is told of a box

function Facts({ box }: { box: Box }) {
  const frame = frameOf(box);
  const shown = profiles.value[profiles.value.length - 1];
  const one = metric.value;
  const sides = profiles.value.map((_, side) => figureAt(sumsOf(one.figure, side), box));
  const wholes = profiles.value.map((_, side) => sumsOf(one.figure, side)[0]);
  return (
    <>
      <strong class="name">{nameOf(box)}</strong>
      {frame && <span class="place">{placeOf(frame)}</span>}
      {sides.length === 1
        ? <span class="figures"><b data-exact={sides[0]}>{amount(shown, one, sides[0])}</b> {format.share(sides[0], wholes[0])} of all
          {sides[0] > 999 && <span class="exact"> · {exactAmount(shown, one, sides[0])}</span>}</span>
        : <span class="figures"><b data-exact={sides[1]}>{amount(shown, one, sides[1])}</b> after, {amount(shown, one, sides[0])} before
          <b class={sides[1] > sides[0] ? 'grew' : 'shrank'}> {format.change(sides[0], sides[1])}</b></span>}
    </>
  );
}

const pointer = signal({ x: 0, y: 0 });

function Tip() {
  const box = hovered.value;
  if (!box) return null;
  const { x, y } = pointer.value;
  const onTheLeft = x > innerWidth / 2;
  const above = y > innerHeight - 140;
  const style = {
    left: onTheLeft ? undefined : `${x + 14}px`, right: onTheLeft ? `${innerWidth - x + 14}px` : undefined,
    top: above ? undefined : `${y + 16}px`, bottom: above ? `${innerHeight - y + 16}px` : undefined,
  };
  return <div class="tip" role="tooltip" style={style}><Facts box={box} /></div>;
}

/** The frame zoomed into, or the one the keyboard is at. */
function Chosen() {
  const path = zoomPath.value;
  const box = cursor.value ?? (path.length > 0 ? { node: path[path.length - 1], parent: 0, row: path.length } : null);
  const matched = found.value;
  const whole = widths.value[0];
  const copy = () => {
    const address = location.href.replace(/#.*$/, '') + addressOf(zoomed.value);
    void navigator.clipboard?.writeText(address).catch(() => undefined);
  };
  return (
    <div class="chosen" aria-live="polite">
      {box && box.node !== REST ? <Facts box={box} /> : <span class="hint">Click a frame to zoom in; press ? for keys.</span>}
      {matched && <span class="matched" id="matched">“{query.value}” is in <b data-exact={foundSum.value}>{amount(profiles.value[0], metric.value, foundSum.value)}</b>, {format.share(foundSum.value, whole)}</span>}
      {path.length > 0 && <span class="actions">
        <button type="button" class="link" id="zoom-out" onClick={() => zoomTo(path.length > 1 ? path[path.length - 2] : 0)}>Zoom out</button>
        <button type="button" class="link" onClick={() => zoomTo(0)}>Show all</button>
        <button type="button" class="link" onClick={copy}>Copy link</button>
      </span>}
    </div>
  );
}

// --- the keyboard

function move(key: string): void {
  const shown = layout.value;
  const toOuter = shape.value === 'icicle' ? 'ArrowUp' : 'ArrowDown';
  const toInner = shape.value === 'icicle' ? 'ArrowDown' : 'ArrowUp';
  let box = cursor.value;
  if (!box || box.row >= shown.rows) {
    const row = Math.min(zoomPath.value.length, shown.rows - 1);
    cursor.value = boxOf(shown.rowStart[row], row);
    return;
  }
  const place = indexOf(box);
  if (place < 0) box = boxOf(0, 0);
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const next = place + (key === 'ArrowLeft' ? -1 : 1);
    if (next >= shown.rowStart[box.row] && next < shown.rowStart[box.row + 1]) cursor.value = boxOf(next, box.row);
  } else if (key === toOuter && box.row > 0) {
    const above = boxAt(shown, box.row - 1, shown.x[place] + shown.width[place] / 2);
    if (above >= 0) cursor.value = boxOf(above, box.row - 1);
  } else if (key === toInner && box.row + 1 < shown.rows) {
    for (let i = shown.rowStart[box.row + 1]; i < shown.rowStart[box.row + 2]; i++) {
      if (shown.parent[i] === box.node) {
        cursor.value = boxOf(i, box.row + 1);
        break;
      }
    }
  }
}

function indexOf(box: Box): number {
  const { rowStart, node, parent } = layout.value;
  for (let i = rowStart[box.row]; i < rowStart[box.row + 1]; i++) if (node[i] === box.node && parent[i] === box.parent) return i;
  return -1;
}

// --- the panel

function Choice<T extends string>({ label, value, options, onChange }:
    { label: string; value: T; options: [T, string][]; onChange: (value: T) => void }) {
  return (
    <div class="choice" role="radiogroup" aria-label={label}>
      {options.map(([key, text]) => (
        <button type="button" key={key} role="radio" data-choice={key} aria-checked={key === value} onClick={() => onChange(key)}>{text}</button>
      ))}
    </div>
  );
}

export function Find() {
  return (
    <input id="find" type="search" placeholder="Search functions, files, modules" aria-label="Search" value={query.value}
      spellcheck={false} autocomplete="off" onInput={(event) => { query.value = event.currentTarget.value; }} />
  );
}

export function Flame() {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const box = scroller.current!;
    const measure = () => { canvasWidth.value = box.clientWidth; };
    measure();
    let asked = 0;
    const redraw = () => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() => draw(canvas.current!, box));
    };
    const observer = new ResizeObserver(() => {
      measure();
      redraw();
    });
    observer.observe(box);
    box.addEventListener('scroll', redraw);
    const stop = effect(() => {
      // Whatever is drawn from.
      void [layout.value, palette.value, found.value, hovered.value, cursor.value, shape.value, compared.value, metric.value];
      redraw();
    });
    const stopCursor = effect(() => {
      void layout.value;
      cursor.value = null;
      hovered.value = null;
    });
    draw(canvas.current!, box);
    performance.mark('memshim:first-paint');
    return () => {
      stop();
      stopCursor();
      observer.disconnect();
    };
  }, []);
  // A flame grows upwards: its root is what one wants to see first.
  useEffect(() => {
    const box = scroller.current!;
    box.scrollTop = shape.value === 'flame' ? box.scrollHeight : 0;
  }, [shape.value, layout.value]);
  useEffect(() => {
    const box = scroller.current!;
    if (!cursor.value) return;
    const top = topOf(cursor.value.row);
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + ROW > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW - box.clientHeight;
  }, [cursor.value]);

  const boxUnder = (event: MouseEvent): Box | null => {
    const area = canvas.current!.getBoundingClientRect();
    const row = rowAt(event.clientY - area.top + scroller.current!.scrollTop);
    const index = boxAt(layout.value, row, event.clientX - area.left);
    return index < 0 ? null : boxOf(index, row);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && cursor.value && cursor.value.node >= 0) zoomTo(cursor.value.node);
    else if (event.key.startsWith('Arrow')) move(event.key);
    else return;
    event.preventDefault();
  };
  const under = (event: MouseEvent) => {
    pointer.value = { x: event.clientX, y: event.clientY };
    const box = boxUnder(event);
    const same = box?.node === hovered.value?.node && box?.parent === hovered.value?.parent && box?.row === hovered.value?.row;
    if (!same) hovered.value = box;
  };
  return (
    <section class="panel" aria-label="Flame graph">
      <div class="panel-head">
        <h2>Stacks <small>{metric.value.label.toLowerCase()}</small></h2>
        <div class="tools">
          {isComparison.value && <Choice label="What is compared" value={compared.value} onChange={(value) => { compared.value = value; }}
            options={[['change', 'Change'], ['before', 'Before'], ['after', 'After']]} />}
          <Choice label="Where stacks begin" value={order.value} onChange={turnOver}
            options={[['callers', 'From main'], ['allocations', 'From allocations']]} />
          <Choice label="Shape" value={shape.value} onChange={(value) => { shape.value = value; }}
            options={[['icicle', 'Icicle'], ['flame', 'Flame']]} />
          <Find />
        </div>
      </div>
      <Chosen />
      <div class="flame" id="flame" ref={scroller} tabIndex={0} role="application" data-boxes={layout.value.node.length} data-rows={layout.value.rows}
        aria-label="Flame graph; arrow keys move, Enter zooms" onKeyDown={onKey} onMouseMove={under}
        onMouseLeave={() => { hovered.value = null; }}
        onClick={(event) => {
          const box = boxUnder(event);
          if (box && box.node >= 0) zoomTo(box.node);
        }}>
        <div style={{ height: `${layout.value.rows * ROW}px` }}><canvas ref={canvas} /></div>
      </div>
      <Tip />
      {isComparison.value && compared.value === 'change' && <p class="legend">
        Boxes are as wide as before and after together. <span class="swatch grew" /> grew <span class="swatch shrank" /> shrank</p>}
    </section>
  );
}
