// What the reader has chosen, and what follows from it. All of it is in the address, so that a link
// leads back to the same view.
import { computed, effect, signal } from '@preact/signals';
import { findFrames, inclusive, invert, parents, pathTo, sumFound, unite } from './data/tree';
import type { FigureName, Frame, Profile, Tree } from './data/profile';
import { metricsOf, type Metric } from './metrics';

export const profiles = signal<Profile[]>([]);
export const failure = signal('');
export const metricKey = signal('total-bytes');
export const shape = signal<'icicle' | 'flame'>('icicle');
export const order = signal<'callers' | 'allocations'>('callers');
export const compared = signal<'change' | 'both' | 'before' | 'after'>('change');
export const query = signal('');
export const zoomed = signal(0); // a node of the tree shown
export const theme = signal<'auto' | 'light' | 'dark'>('auto');
export const helpIsOpen = signal(false);

export const isComparison = computed(() => profiles.value.length > 1);
export const metrics = computed(() => metricsOf(profiles.value));
export const metric = computed<Metric>(() =>
  metrics.value.find((candidate) => candidate.key === metricKey.value) ?? metrics.value[0]);

interface Stacks {
  frames: Frame[];
  tree: Tree;
  pointNode: Uint32Array;
}

/** The points of all profiles one after the other; `figure` has zeros where another profile's are. */
function figureOf(name: FigureName, side: number): Float64Array {
  const own = profiles.value[side].figures[name]!;
  if (profiles.value.length === 1) return own;
  const all = new Float64Array(profiles.value.reduce((sum, profile) => sum + profile.pointNode.length, 0));
  all.set(own, side === 0 ? 0 : profiles.value[0].pointNode.length);
  return all;
}

const fromCallers = computed<Stacks>(() => {
  const [first, second] = profiles.value;
  if (!second) return { frames: first.frames, tree: first.tree, pointNode: first.pointNode };
  const united = unite([first.tree, second.tree], [first.frames, second.frames]);
  const pointNode = new Uint32Array(first.pointNode.length + second.pointNode.length);
  first.pointNode.forEach((node, i) => { pointNode[i] = united.nodeOf[0][node]; });
  second.pointNode.forEach((node, i) => { pointNode[first.pointNode.length + i] = united.nodeOf[1][node]; });
  return { frames: united.frames, tree: united.tree, pointNode };
});

const fromAllocations = computed<Stacks>(() => {
  const { frames, tree, pointNode } = fromCallers.value;
  const figures = metrics.value.flatMap((one) => profiles.value.map((_, side) => figureOf(one.figure, side)));
  return { frames, ...invert(tree, pointNode, figures) };
});

export const stacks = computed(() => order.value === 'callers' ? fromCallers.value : fromAllocations.value);
export const parentOf = computed(() => parents(stacks.value.tree));

const sumsCache = computed(() => ({ stacks: stacks.value, sums: new Map<string, Float64Array>() }));

/** Of each node of the tree shown, of one profile. */
export function sumsOf(name: FigureName, side: number): Float64Array {
  const { sums, stacks: shown } = sumsCache.value;
  const key = `${name} ${side}`;
  let known = sums.get(key);
  if (!known) {
    known = inclusive(shown.tree, shown.pointNode, figureOf(name, side));
    sums.set(key, known);
  }
  return known;
}

/** What boxes are as wide as: one profile's figures; of a change, of both together. */
export const widths = computed<Float64Array>(() => {
  const name = metric.value.figure;
  if (!isComparison.value || compared.value === 'before') return sumsOf(name, 0);
  const after = sumsOf(name, 1);
  if (compared.value === 'after') return after;
  const before = sumsOf(name, 0);
  return before.map((number, node) => number + after[node]);
});

export const zoomPath = computed(() => {
  const node = zoomed.value < stacks.value.tree.frame.length ? zoomed.value : 0;
  return pathTo(parentOf.value, node);
});

export const found = computed(() => findFrames(stacks.value.frames, query.value));
export const foundSum = computed(() =>
  found.value ? sumFound(stacks.value.tree, widths.value, found.value) : 0);

export function select(key: string): void {
  metricKey.value = key;
}

export function turnOver(next: 'callers' | 'allocations'): void {
  zoomed.value = 0; // nodes of one tree mean nothing in the other
  order.value = next;
}

// The address. Defaults are left out.
const PARTS = {
  metric: metricKey, shape, order, compare: compared, find: query,
} as const;
const DEFAULTS: Record<string, string> = Object.fromEntries(
  Object.entries(PARTS).map(([name, part]) => [name, part.value]));

export function addressOf(node: number): string {
  const parts = new URLSearchParams();
  for (const [name, part] of Object.entries(PARTS)) if (part.value !== DEFAULTS[name]) parts.set(name, part.value);
  if (node !== 0) parts.set('frame', String(node));
  return `#${parts.toString()}`;
}

const CHOICES: Record<string, string[] | null> = {
  metric: null, find: null,
  shape: ['icicle', 'flame'], order: ['callers', 'allocations'], compare: ['change', 'both', 'before', 'after'],
};

function readAddress(): void {
  const parts = new URLSearchParams(location.hash.slice(1));
  for (const [name, part] of Object.entries(PARTS)) {
    const value = parts.get(name) ?? DEFAULTS[name];
    if (CHOICES[name]?.includes(value) ?? true) (part as { value: string }).value = value;
  }
  const node = Number(parts.get('frame') ?? 0);
  zoomed.value = Number.isInteger(node) && node > 0 ? node : 0;
}

/** Zooming is a step that the browser's Back undoes; other changes are not. */
export function zoomTo(node: number): void {
  if (node === zoomed.value) return;
  // First a new entry: what follows from the choice replaces the address of the entry it is in.
  history.pushState(null, '', addressOf(node));
  zoomed.value = node;
}

export function followAddress(): void {
  readAddress();
  addEventListener('popstate', readAddress);
  addEventListener('hashchange', readAddress);
  effect(() => {
    const address = addressOf(zoomed.value);
    if (address !== (location.hash || '#')) history.replaceState(null, '', address);
  });
}

const THEME = 'memshim-theme';

export function followTheme(): void {
  try {
    const kept = localStorage.getItem(THEME);
    if (kept === 'light' || kept === 'dark') theme.value = kept;
  } catch {
    // Some browsers keep nothing for files.
  }
  effect(() => {
    if (theme.value === 'auto') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.dataset.theme = theme.value;
    try {
      localStorage.setItem(THEME, theme.value);
    } catch {
      // As above.
    }
  });
}

const prefersDark = signal(matchMedia('(prefers-color-scheme: dark)').matches);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => { prefersDark.value = event.matches; });
export const isDark = computed(() => theme.value === 'dark' || (theme.value === 'auto' && prefersDark.value));
