// A profile as the page has it: what every reader makes and every view takes.

/** What can be measured of a stack; each is a column of figures, one a point. */
export type FigureName =
  | 'totalBytes' | 'totalBlocks' | 'peakBytes' | 'peakBlocks' | 'endBytes' | 'endBlocks'
  | 'temporaryBytes' | 'temporaryBlocks' | 'shortBytes' | 'shortBlocks' | 'lifetime';

export type Figures = Partial<Record<FigureName, Float64Array>>;

/** Whose code a frame is; the numbers are those of the file. */
export const FrameKind = { user: 0, allocation: 1, runtime: 2, start: 3, pseudo: 4 } as const;

export interface Frame {
  label: string;
  file: string;
  line: number;
  module: string;
  kind: number;
}

export interface Site {
  name: string;
  function: string;
  file: string;
  line: number;
  module: string;
  /** 0: the user's own; others: the runtime's, folded, unknown. */
  kind: number;
}

/**
 * Nodes in breadth-first order, the root first: the children of node n are nodes firstChild[n] to
 * firstChild[n + 1] - 1. A parent stands before its children, so that one pass from the end adds up.
 */
export interface Tree {
  frame: Uint32Array;
  firstChild: Uint32Array;
}

export interface Run {
  name: string;
  verdict: string[];
  command: string;
  pid: number;
  mode: string;
  timeUnit: string;
  bytesUnit: string;
  blocksUnit: string;
  tEnd: number;
  tGmax: number;
  shortLivedThreshold: number;
  ending: string;
  exitStatus: number;
  peakRssBytes?: number;
  threads?: number;
  startUnixMs?: number;
  mergedProfiles: number;
  memshimVersion?: string;
  hasLifetimes: boolean;
  notes: string[];
  losses: [string, number][];
  foldedPoints: number;
  foldedBytes: number;
  points: number;
  timeline: [time: number, bytes: number, blocks: number][];
  resident: [time: number, bytes: number][];
}

export interface Profile {
  run: Run;
  frames: Frame[];
  sites: Site[];
  tree: Tree;
  /** Of each point: the node its stack ends at, its call site, its figures. */
  pointNode: Uint32Array;
  pointSite: Uint32Array;
  figures: Figures;
}

export function sumOf(figure: Float64Array | undefined): number {
  let sum = 0;
  if (figure) for (let i = 0; i < figure.length; i++) sum += figure[i];
  return sum;
}
