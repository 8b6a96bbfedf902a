// A flame graph on a canvas of the size of what is seen: where its boxes lie, which of them the pointer and
// the keyboard are at, and how they are drawn. There is one, or two beside each other for two profiles.
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { makePalette } from '../colors';
import type { Frame } from '../data/profile';
import * as format from '../format';
import { boxAt, layOut, REST, type Layout } from '../layout';
import { amount } from '../metrics';
import {
  compared, found, isComparison, isDark, metric, profiles, shape, stacks, sumsOf, widths, zoomPath,
} from '../state';

export const ROW = 21;
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const LABEL_FROM = 26; // pixels; narrower boxes have no name

export interface Box {
  node: number;
  parent: number;
  row: number;
}

export interface Pane {
  id: string;
  side: number; // the profile whose figures are shown; WHOLE: as `compared` says
  canvasWidth: Signal<number>;
  layout: ReadonlySignal<Layout>;
}

const WHOLE = -1;

function makePane(id: string, side: number): Pane {
  const canvasWidth = signal(0);
  const layout = computed(() => {
    const room = Math.max(canvasWidth.value, 1);
    if (side === WHOLE) return layOut(stacks.value.tree, widths.value, zoomPath.value, room);
    // Side by side, a byte is as wide in one as in the other.
    const [own, other] = [side, 1 - side].map((one) => sumsOf(metric.value.figure, one));
    const path = zoomPath.value;
    const top = path.length > 0 ? path[path.length - 1] : 0;
    const most = Math.max(own[top], other[top]);
    return layOut(stacks.value.tree, own, path, most > 0 ? Math.max((room * own[top]) / most, 1) : room);
  });
  return { id, side, canvasWidth, layout };
}

const WHOLE_PANE = makePane('flame', WHOLE);
const SIDES = [makePane('flame', 0), makePane('flame-after', 1)];
export const panes = computed(() => isComparison.value && compared.value === 'both' ? SIDES : [WHOLE_PANE]);

// The nodes of two profiles are those of one tree: a frame is marked in both.
export const hovered = signal<Box | null>(null);
export const cursor = signal<Box | null>(null); // moved by the keyboard
/** Where the pointer or the keyboard was last. */
export const active = signal<Pane>(WHOLE_PANE);
export const palette = computed(() => makePalette(stacks.value.frames, isDark.value));

export function rowAt(pane: Pane, y: number): number {
  const row = Math.floor(y / ROW);
  return shape.value === 'icicle' ? row : pane.layout.value.rows - 1 - row;
}

export function topOf(pane: Pane, row: number): number {
  return (shape.value === 'icicle' ? row : pane.layout.value.rows - 1 - row) * ROW;
}

export function boxOf(pane: Pane, index: number, row: number): Box {
  return { node: pane.layout.value.node[index], parent: pane.layout.value.parent[index], row };
}

export function frameOf(box: Box): Frame | null {
  return box.node > 0 ? stacks.value.frames[stacks.value.tree.frame[box.node]] : null;
}

/** What the children of a node that are not drawn by themselves add up to. */
function restOf(sums: Float64Array, box: Box): number {
  const { node, parent, rowStart } = active.value.layout.value;
  const { tree } = stacks.value;
  let rest = 0;
  for (let child = tree.firstChild[box.parent]; child < tree.firstChild[box.parent + 1]; child++) rest += sums[child];
  for (let i = rowStart[box.row]; i < rowStart[box.row + 1]; i++) {
    if (parent[i] === box.parent && node[i] > 0) rest -= sums[node[i]];
  }
  return rest;
}

export function figureAt(sums: Float64Array, box: Box): number {
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

export function draw(pane: Pane, canvas: HTMLCanvasElement, scroller: HTMLElement): void {
  const ratio = devicePixelRatio || 1;
  const width = pane.canvasWidth.value;
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
  const { node, parent, x, width: widthOf, rowStart, rows } = pane.layout.value;
  const { tree, frames } = stacks.value;
  const colors = palette.value;
  const search = found.value;
  const isChange = isComparison.value && compared.value === 'change';
  const before = isChange ? sumsOf(metric.value.figure, 0) : null;
  const after = isChange ? sumsOf(metric.value.figure, 1) : null;
  const onTheWay = zoomPath.value.length;
  for (let row = 0; row < rows; row++) {
    const top = topOf(pane, row) - scroller.scrollTop;
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
      const name = frame ? frame.label : node[i] === 0 ? wholeName(pane) : 'smaller ones';
      ctx.fillText(fitName(ctx, name, boxWidth - 10), x[i] + 5, top + ROW / 2);
    }
  }
  ctx.globalAlpha = 1;
}

function wholeName(pane: Pane): string {
  const last = profiles.value[profiles.value.length - 1];
  if (isComparison.value && compared.value === 'change') return 'all, before and after together';
  const side = pane.side !== WHOLE ? pane.side : compared.value === 'before' ? 0 : profiles.value.length - 1;
  return `all: ${amount(last, metric.value, sumsOf(metric.value.figure, side)[0])}`;
}

// --- the keyboard

export function move(key: string): void {
  const pane = active.value;
  const shown = pane.layout.value;
  const toOuter = shape.value === 'icicle' ? 'ArrowUp' : 'ArrowDown';
  const toInner = shape.value === 'icicle' ? 'ArrowDown' : 'ArrowUp';
  let box = cursor.value;
  if (!box || box.row >= shown.rows) {
    const row = Math.min(zoomPath.value.length, shown.rows - 1);
    cursor.value = boxOf(pane, shown.rowStart[row], row);
    return;
  }
  const place = indexOf(pane, box);
  if (place < 0) box = boxOf(pane, 0, 0);
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const next = place + (key === 'ArrowLeft' ? -1 : 1);
    if (next >= shown.rowStart[box.row] && next < shown.rowStart[box.row + 1]) cursor.value = boxOf(pane, next, box.row);
  } else if (key === toOuter && box.row > 0) {
    const above = boxAt(shown, box.row - 1, shown.x[place] + shown.width[place] / 2);
    if (above >= 0) cursor.value = boxOf(pane, above, box.row - 1);
  } else if (key === toInner && box.row + 1 < shown.rows) {
    for (let i = shown.rowStart[box.row + 1]; i < shown.rowStart[box.row + 2]; i++) {
      if (shown.parent[i] === box.node) {
        cursor.value = boxOf(pane, i, box.row + 1);
        break;
      }
    }
  }
}

function indexOf(pane: Pane, box: Box): number {
  const { rowStart, node, parent } = pane.layout.value;
  for (let i = rowStart[box.row]; i < rowStart[box.row + 1]; i++) if (node[i] === box.node && parent[i] === box.parent) return i;
  return -1;
}
