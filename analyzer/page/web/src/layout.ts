// Where the boxes of a flame graph lie, in rows of equal height; the canvas draws them.
import type { Tree } from './data/profile';

/** Stands for the children of a node that are too narrow to be drawn by themselves. */
export const REST = -1;

export interface Layout {
  node: Int32Array; // REST: see `parent`
  parent: Int32Array;
  x: Float32Array; // 0 to width
  width: Float32Array;
  rowStart: Uint32Array; // boxes of row r: rowStart[r] to rowStart[r + 1] - 1
  rows: number;
}

const NARROWEST = 0.7; // in pixels
const MOST_BOXES = 60_000; // then only wider ones, so that a frame is drawn in time

interface Row {
  node: number[];
  parent: number[];
  x: number[];
  width: number[];
}

function rowsBelow(tree: Tree, sums: Float64Array, path: number[], width: number, narrowest: number): Row[] | null {
  // The frames on the way to the one zoomed into are as wide as it.
  const rows: Row[] = [0, ...path].map((node) => ({ node: [node], parent: [node], x: [0], width: [width] }));
  const zoomed = path.length > 0 ? path[path.length - 1] : 0;
  const scale = sums[zoomed] > 0 ? width / sums[zoomed] : 0;
  let boxes = rows.length;
  for (let above = rows[rows.length - 1]; ;) {
    const row: Row = { node: [], parent: [], x: [], width: [] };
    for (let i = 0; i < above.node.length; i++) {
      const node = above.node[i];
      if (node === REST) continue;
      const children: number[] = [];
      let rest = 0;
      for (let child = tree.firstChild[node]; child < tree.firstChild[node + 1]; child++) {
        if (sums[child] * scale >= narrowest) children.push(child);
        else rest += sums[child];
      }
      children.sort((a, b) => sums[b] - sums[a] || a - b);
      let x = above.x[i];
      for (const child of children) {
        row.node.push(child);
        row.parent.push(node);
        row.x.push(x);
        row.width.push(sums[child] * scale);
        x += sums[child] * scale;
      }
      if (rest * scale >= narrowest) {
        row.node.push(REST);
        row.parent.push(node);
        row.x.push(x);
        row.width.push(rest * scale);
      }
    }
    if (row.node.length === 0) return rows;
    boxes += row.node.length;
    if (boxes > MOST_BOXES) return null;
    rows.push(row);
    above = row;
  }
}

/** `path`: from the root's child to the node that is to fill the width; empty for the whole. */
export function layOut(tree: Tree, sums: Float64Array, path: number[], width: number): Layout {
  let rows: Row[] | null = null;
  for (let narrowest = NARROWEST; rows === null; narrowest *= 2) {
    rows = rowsBelow(tree, sums, path, width, narrowest);
  }
  const rowStart = new Uint32Array(rows.length + 1);
  rows.forEach((row, r) => { rowStart[r + 1] = rowStart[r] + row.node.length; });
  const boxes = rowStart[rows.length];
  const layout: Layout = {
    node: new Int32Array(boxes), parent: new Int32Array(boxes), x: new Float32Array(boxes),
    width: new Float32Array(boxes), rowStart, rows: rows.length,
  };
  rows.forEach((row, r) => {
    layout.node.set(row.node, rowStart[r]);
    layout.parent.set(row.parent, rowStart[r]);
    layout.x.set(row.x, rowStart[r]);
    layout.width.set(row.width, rowStart[r]);
  });
  return layout;
}

/** The box of row `row` at `x`, or -1. */
export function boxAt(layout: Layout, row: number, x: number): number {
  if (row < 0 || row >= layout.rows) return -1;
  let low = layout.rowStart[row];
  let high = layout.rowStart[row + 1] - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (layout.x[middle] > x) high = middle - 1;
    else if (layout.x[middle] + layout.width[middle] <= x) low = middle + 1;
    else return middle;
  }
  return -1;
}
