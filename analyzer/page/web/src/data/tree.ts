// What is computed of trees of stacks: sums, the tree seen from the allocations, the tree of two
// profiles together, and what a search finds.
import type { Frame, Tree } from './profile';

/** Of each node: what its points and those below it add up to. */
export function inclusive(tree: Tree, pointNode: Uint32Array, figure: Float64Array): Float64Array {
  const sums = new Float64Array(tree.frame.length);
  for (let i = 0; i < pointNode.length; i++) sums[pointNode[i]] += figure[i];
  const { firstChild } = tree;
  for (let node = sums.length - 1; node >= 0; node--) {
    for (let child = firstChild[node]; child < firstChild[node + 1]; child++) sums[node] += sums[child];
  }
  return sums;
}

export function parents(tree: Tree): Uint32Array {
  const parent = new Uint32Array(tree.frame.length);
  for (let node = 0; node < parent.length; node++) {
    for (let child = tree.firstChild[node]; child < tree.firstChild[node + 1]; child++) parent[child] = node;
  }
  return parent;
}

/** From the root's child down to `node`. */
export function pathTo(parent: Uint32Array, node: number): number[] {
  const path: number[] = [];
  for (; node !== 0; node = parent[node]) path.unshift(node);
  return path;
}

/** Grows a tree breadth first, as its order demands. */
class Builder {
  frame: number[] = [0];
  firstChild: number[] = [];

  add(frame: number): number {
    this.frame.push(frame);
    return this.frame.length - 1;
  }
  /** To be called for each node in order, before its children are added. */
  begin(): void {
    this.firstChild.push(this.frame.length);
  }
  tree(): Tree {
    this.firstChild.push(this.frame.length);
    return { frame: Uint32Array.from(this.frame), firstChild: Uint32Array.from(this.firstChild) };
  }
}

/**
 * The same stacks with the allocation first. A group of stacks is told apart further only as long as
 * its share of one of `figures` is worth a pixel or so: else there would be as many nodes as frames
 * in all stacks together.
 */
export function invert(tree: Tree, pointNode: Uint32Array, figures: Float64Array[], smallest = 1 / 4000):
    { tree: Tree; pointNode: Uint32Array } {
  const parent = parents(tree);
  const limits = figures.map((figure) => figure.reduce((a, b) => a + b, 0) * smallest);
  const points = pointNode.length;
  const at = Uint32Array.from(pointNode); // of each point: the node whose frame comes next
  const order = Uint32Array.from({ length: points }, (_, i) => i);
  const scratch = new Uint32Array(points);
  const reached = new Uint32Array(points);
  const builder = new Builder();
  const ranges: [number, number][] = [[0, points]];
  const isWorthIt = (from: number, to: number) => figures.some((figure, f) => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += figure[order[i]];
    return sum > 0 && sum >= limits[f];
  });
  for (let node = 0; node < ranges.length; node++) {
    builder.begin();
    const [from, to] = ranges[node];
    const counts = new Map<number, number>();
    let ends = 0;
    if (node === 0 || isWorthIt(from, to)) {
      for (let i = from; i < to; i++) {
        const next = at[order[i]];
        if (next === 0) ends++;
        else counts.set(tree.frame[next], (counts.get(tree.frame[next]) ?? 0) + 1);
      }
    }
    if (counts.size === 0) continue;
    // Points side by side by their next frame; those whose stack ends here stand first.
    let offset = from + ends;
    const places = new Map<number, number>();
    for (const [frame, count] of counts) {
      const child = builder.add(frame);
      ranges[child] = [offset, offset + count];
      places.set(frame, offset);
      offset += count;
    }
    let end = from;
    for (let i = from; i < to; i++) {
      const point = order[i];
      const next = at[point];
      if (next === 0) {
        scratch[end++] = point;
        continue;
      }
      const frame = tree.frame[next];
      const place = places.get(frame)!;
      places.set(frame, place + 1);
      scratch[place] = point;
      at[point] = parent[next];
    }
    order.set(scratch.subarray(from, to), from);
    for (let child = builder.firstChild[node]; child < builder.frame.length; child++) {
      for (let i = ranges[child][0]; i < ranges[child][1]; i++) reached[order[i]] = child;
    }
  }
  return { tree: builder.tree(), pointNode: reached };
}

/**
 * Two trees as one: nodes are the same when the frames on the way to them are called the same,
 * whatever their lines, which move from version to version.
 */
export function unite(trees: Tree[], frames: Frame[][]): { tree: Tree; frames: Frame[]; nodeOf: Uint32Array[] } {
  const shown: Frame[] = [];
  const known = new Map<string, number>();
  const frameOf = frames.map((list) => list.map((frame) => {
    const key = `${frame.label}\n${frame.module.slice(frame.module.lastIndexOf('/') + 1)}`;
    let index = known.get(key);
    if (index === undefined) {
      index = shown.length;
      known.set(key, index);
      shown.push(frame);
    }
    return index;
  }));
  const nodeOf = trees.map((tree) => new Uint32Array(tree.frame.length));
  const builder = new Builder();
  // Of each node made: the nodes that it stands for, of one tree after the other.
  const members: number[][][] = [trees.map(() => [0])];
  for (let node = 0; node < members.length; node++) {
    builder.begin();
    const children = new Map<number, number>();
    for (let t = 0; t < trees.length; t++) {
      const { frame, firstChild } = trees[t];
      for (const member of members[node][t]) {
        for (let child = firstChild[member]; child < firstChild[member + 1]; child++) {
          const name = frameOf[t][frame[child]];
          let made = children.get(name);
          if (made === undefined) {
            made = builder.add(name);
            children.set(name, made);
            members[made] = trees.map(() => []);
          }
          members[made][t].push(child);
          nodeOf[t][child] = made;
        }
      }
    }
    members[node] = []; // not needed again
  }
  return { tree: builder.tree(), frames: shown, nodeOf };
}

export interface Found {
  /** One flag a frame. */
  frames: Uint8Array;
  count: number;
}

/** Frames in whose name, file or module all words of `query` stand; null: nothing is searched. */
export function findFrames(frames: Frame[], query: string): Found | null {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const found = new Uint8Array(frames.length);
  let count = 0;
  frames.forEach((frame, i) => {
    const text = `${frame.label} ${frame.file}:${frame.line} ${frame.module}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) return;
    found[i] = 1;
    count++;
  });
  return { frames: found, count };
}

/** What the stacks with a found frame add up to; a stack with several counts once. */
export function sumFound(tree: Tree, sums: Float64Array, found: Found): number {
  const covered = new Uint8Array(tree.frame.length);
  let sum = 0;
  for (let node = 0; node < covered.length; node++) {
    for (let child = tree.firstChild[node]; child < tree.firstChild[node + 1]; child++) {
      if (covered[node]) {
        covered[child] = 1;
      } else if (found.frames[tree.frame[child]]) {
        covered[child] = 1;
        sum += sums[child];
      }
    }
  }
  return sum;
}
