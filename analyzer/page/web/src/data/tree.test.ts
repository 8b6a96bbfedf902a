import { describe, expect, it } from 'vitest';
import { boxAt, layOut, REST } from '../layout';
import { findFrames, inclusive, invert, parents, pathTo, sumFound, unite } from './tree';
import type { Frame, Tree } from './profile';

const frameOf = (label: string): Frame => ({ label, file: `${label}.c`, line: 1, module: '/bin/x', kind: 0 });

/** A tree from stacks, outermost frame first, as the analyzer builds it. */
function treeOf(stacks: string[][]): { tree: Tree; frames: Frame[]; pointNode: Uint32Array } {
  const labels = [...new Set(stacks.flat())];
  interface Node { frame: number; children: Map<string, Node>; number: number }
  const root: Node = { frame: 0, children: new Map(), number: 0 };
  const leaves = stacks.map((stack) => stack.reduce((node, label) => {
    if (!node.children.has(label)) node.children.set(label, { frame: labels.indexOf(label), children: new Map(), number: 0 });
    return node.children.get(label)!;
  }, root));
  const order = [root];
  const firstChild: number[] = [];
  for (const node of order) {
    firstChild.push(order.length);
    for (const child of node.children.values()) {
      child.number = order.length;
      order.push(child);
    }
  }
  firstChild.push(order.length);
  return {
    tree: { frame: Uint32Array.from(order.map((node) => node.frame)), firstChild: Uint32Array.from(firstChild) },
    frames: labels.map(frameOf), pointNode: Uint32Array.from(leaves.map((leaf) => leaf.number)),
  };
}

/** Of each way down from the root, what it adds up to: independent of how nodes are numbered. */
function waysOf(tree: Tree, frames: Frame[], sums: Float64Array): Map<string, number> {
  const parent = parents(tree);
  const ways = new Map<string, number>();
  for (let node = 1; node < tree.frame.length; node++) {
    const way = pathTo(parent, node).map((step) => frames[tree.frame[step]].label).join(';');
    expect(ways.has(way), way).toBe(false);
    ways.set(way, sums[node]);
  }
  return ways;
}

function expectedWays(stacks: string[][], figure: number[]): Map<string, number> {
  const ways = new Map<string, number>();
  stacks.forEach((stack, i) => stack.forEach((_, depth) => {
    const way = stack.slice(0, depth + 1).join(';');
    ways.set(way, (ways.get(way) ?? 0) + figure[i]);
  }));
  return ways;
}

let seed = 7;
const random = (below: number) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
const randomStacks = (count: number) => Array.from({ length: count }, () =>
  Array.from({ length: 1 + random(7) }, () => 'abcde'[random(5)]));

describe('trees of random stacks', () => {
  it('sums, inverted sums and sums of two trees are those of the stacks', () => {
    let compared = 0;
    for (let round = 0; round < 60; round++) {
      const stacks = randomStacks(40);
      const figure = Float64Array.from(stacks, () => random(1000));
      const { tree, frames, pointNode } = treeOf(stacks);
      const own = waysOf(tree, frames, inclusive(tree, pointNode, figure));
      expect(own).toEqual(expectedWays(stacks, [...figure]));

      const turned = invert(tree, pointNode, [figure], 0);
      const sums = inclusive(turned.tree, turned.pointNode, figure);
      const reversed = expectedWays(stacks.map((stack) => [...stack].reverse()), [...figure]);
      const ways = waysOf(turned.tree, frames, sums);
      // A group without any of the figure is not told apart further.
      for (const [way, sum] of reversed) if (sum > 0) expect(ways.get(way), way).toBe(sum);
      compared += own.size + reversed.size;

      const others = randomStacks(30);
      const second = treeOf(others);
      const both = unite([tree, second.tree], [frames, second.frames]);
      const otherFigure = Float64Array.from(others, () => random(1000));
      const united = [...stacks, ...others];
      const nodes = Uint32Array.from([...pointNode].map((node) => both.nodeOf[0][node])
        .concat([...second.pointNode].map((node) => both.nodeOf[1][node])));
      const all = inclusive(both.tree, nodes, Float64Array.from([...figure, ...otherFigure]));
      expect(waysOf(both.tree, both.frames, all)).toEqual(expectedWays(united, [...figure, ...otherFigure]));
      compared += all.length;
    }
    expect(compared).toBeGreaterThan(10_000);
  });

  it('two trees are one whatever the lines of their frames, but not whatever the modules', () => {
    const { tree, frames } = treeOf([['m', 'a']]);
    const moved = frames.map((frame) => ({ ...frame, line: frame.line + 10, file: 'other.c' }));
    expect(unite([tree, tree], [frames, moved]).tree.frame.length).toBe(tree.frame.length);
    const other = frames.map((frame) => ({ ...frame, module: '/bin/y' }));
    expect(unite([tree, tree], [frames, other]).tree.frame.length).toBe(2 * tree.frame.length - 1);
  });

  it('what is cut off an inverted tree stays in its parents', () => {
    const stacks = [['m', 'a', 'x'], ['m', 'b', 'x'], ['m', 'c', 'y']];
    const figure = Float64Array.from([1000, 1, 1]);
    const { tree, pointNode } = treeOf(stacks);
    const turned = invert(tree, pointNode, [figure], 1 / 100);
    const sums = inclusive(turned.tree, turned.pointNode, figure);
    expect(sums[0]).toBe(1002);
    expect(turned.tree.frame.length).toBeLessThan(8);
  });

  it('a search counts each stack once', () => {
    const stacks = [['a', 'b', 'a'], ['a', 'c'], ['d', 'b'], ['d', 'c']];
    const { tree, frames, pointNode } = treeOf(stacks);
    const sums = inclusive(tree, pointNode, Float64Array.from([1, 10, 100, 1000]));
    const sum = (words: string) => sumFound(tree, sums, findFrames(frames, words)!);
    expect([sum('a.c'), sum('b.c'), sum('c.c:1 /BIN'), sum('nothing')]).toEqual([11, 101, 1010, 0]);
    expect(findFrames(frames, '  ')).toBeNull();
  });
});

describe('the layout', () => {
  const stacks = [['m', 'a'], ['m', 'b'], ['m', 'c'], ['n']];
  const { tree, pointNode, frames } = treeOf(stacks);
  const sums = inclusive(tree, pointNode, Float64Array.from([500, 300, 0.1, 200]));
  const names = (from: ReturnType<typeof layOut>, row: number) => [...from.node.slice(from.rowStart[row], from.rowStart[row + 1])]
    .map((node) => (node === REST ? '…' : node === 0 ? 'all' : frames[tree.frame[node]].label));

  it('gives widths in proportion, widest first, and leaves out what is too narrow', () => {
    const whole = layOut(tree, sums, [], 1000.1);
    expect([0, 1, 2].map((row) => names(whole, row))).toEqual([['all'], ['m', 'n'], ['a', 'b']]);
    expect([...whole.width].map(Math.round)).toEqual([1000, 800, 200, 500, 300]);
    expect(boxAt(whole, 1, 850)).toBe(2);
    expect(boxAt(whole, 2, 850)).toBe(-1);
    expect(boxAt(whole, 5, 0)).toBe(-1);
  });
  it('fills the width with the frame zoomed into, its callers above', () => {
    const m = [...tree.frame].findIndex((frame, node) => node > 0 && frames[frame].label === 'm');
    const zoomed = layOut(tree, sums, [m], 800.1);
    expect(names(zoomed, 1)).toEqual(['m']);
    expect(Math.round(zoomed.width[zoomed.rowStart[2]])).toBe(500);
  });
  it('puts many narrow ones into one box', () => {
    const wide = treeOf(Array.from({ length: 5000 }, (_, i) => ['m', `f${i}`]));
    const even = inclusive(wide.tree, wide.pointNode, new Float64Array(5000).fill(1));
    const layout = layOut(wide.tree, even, [], 1000);
    expect(layout.node[layout.rowStart[2]]).toBe(REST);
    expect(layout.width[layout.rowStart[2]]).toBeCloseTo(1000, 0);
  });
  it('takes a stack of any depth', () => {
    const deep = treeOf([Array.from({ length: 5000 }, (_, i) => `f${i}`)]);
    expect(layOut(deep.tree, inclusive(deep.tree, deep.pointNode, Float64Array.from([1])), [], 500).rows).toBe(5001);
  });
});
