// Colours of boxes. Code of one module has one hue; what is not the user's is grey. Of a comparison, red
// grew and blue shrank.
import { FrameKind, type Frame } from './data/profile';

const HUES = [32, 210, 150, 265, 60, 185, 330, 95, 240, 10];

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

export interface Palette {
  fill: (frame: Frame) => string;
  change: (before: number, after: number) => string;
  rest: string;
  found: string;
  text: string;
  faint: string;
  border: string;
}

/** Hues go to modules in the order in which they are met, which is the same for the same file. */
export function makePalette(frames: Frame[], isDark: boolean): Palette {
  const hueOf = new Map<string, number>();
  for (const frame of frames) {
    if (frame.kind !== FrameKind.user) continue;
    const key = frame.module || frame.file;
    if (!hueOf.has(key)) hueOf.set(key, HUES[hueOf.size % HUES.length]);
  }
  const cache = new Map<Frame, string>();
  const fill = (frame: Frame): string => {
    let color = cache.get(frame);
    if (color === undefined) {
      // Neighbours of one module differ a little in lightness, so that their edges show.
      const shade = (hashOf(frame.label) % 7) - 3;
      if (frame.kind === FrameKind.user) {
        color = `hsl(${hueOf.get(frame.module || frame.file) ?? 32} ${isDark ? 36 : 58}% ${(isDark ? 36 : 79) + shade}%)`;
      } else {
        color = `hsl(220 ${isDark ? 9 : 12}% ${(isDark ? 31 : 88) + shade * 0.6}%)`;
      }
      cache.set(frame, color);
    }
    return color;
  };
  const change = (before: number, after: number): string => {
    const most = Math.max(before, after);
    const grade = most === 0 ? 0 : (after - before) / most; // -1 gone, 1 new
    const strength = Math.sqrt(Math.abs(grade));
    const lightness = isDark ? 28 + 14 * strength : 91 - 26 * strength;
    return `hsl(${grade >= 0 ? 6 : 214} ${Math.round(58 * strength)}% ${lightness}%)`;
  };
  return isDark
    ? { fill, change, rest: 'hsl(220 8% 22%)', found: 'hsl(292 62% 52%)', text: '#eceae6', faint: 'hsl(220 6% 17%)', border: '#16171a' }
    : { fill, change, rest: 'hsl(220 10% 93%)', found: 'hsl(292 78% 80%)', text: '#1c1b19', faint: 'hsl(220 14% 96%)', border: '#ffffff' };
}
