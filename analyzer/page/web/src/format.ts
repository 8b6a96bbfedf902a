// Numbers as people read them, in the units of memshim-report: 1 KB is 1,000 bytes; three digits.
const EXACT = new Intl.NumberFormat('en-US');

export function exact(number: number): string {
  return EXACT.format(number);
}

function threeDigits(number: number): string {
  if (number >= 99.95) return number.toFixed(0);
  return number >= 9.995 ? number.toFixed(1) : number.toFixed(2);
}

function scaled(number: number, units: readonly string[]): string {
  let unit = 0;
  // 999.5 is shown as the next unit's 1.00.
  for (; Math.abs(number) >= 999.5 && unit < units.length - 1; unit++) number /= 1000;
  const digits = unit === 0 ? String(Math.round(Math.abs(number))) : threeDigits(Math.abs(number));
  return `${number < 0 ? '−' : ''}${digits}${units[unit]}`;
}

export function bytes(number: number, unit = 'bytes'): string {
  return unit === 'bytes' ? scaled(number, [' B', ' KB', ' MB', ' GB', ' TB', ' PB', ' EB'])
                          : `${scaled(number, ['', ' k', ' M', ' G', ' T', ' P'])} ${unit}`;
}

/** Whole numbers up to seven digits, then three digits. */
export function count(number: number): string {
  return Math.abs(number) < 10_000_000 ? exact(Math.round(number)) : scaled(number, ['', ' k', ' M', ' G', ' T', ' P']);
}

export function time(number: number, unit: string): string {
  if (unit !== 'µs') return `${scaled(number, ['', ' k', ' M', ' G', ' T', ' P'])} ${unit}`;
  if (number < 0.95) return number > 0 ? '<1 µs' : '0 µs';
  if (number < 999.5) return `${Math.round(number)} µs`;
  if (number < 999_500) return `${threeDigits(number / 1e3)} ms`;
  if (number < 119.5e6) return `${threeDigits(number / 1e6)} s`;
  if (number < 119.5 * 60e6) return `${threeDigits(number / 60e6)} min`;
  return `${threeDigits(number / 3600e6)} h`;
}

export function share(part: number, whole: number): string {
  if (whole === 0) return '–';
  if (part >= whole) return '100%';
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.05) return '<0.1%';
  // All but a little of the whole is not all of it.
  return `${Math.min(percent, 99.9).toFixed(1)}%`;
}

/** "+12.3%" of `before`; what was not there before is new. */
export function change(before: number, after: number): string {
  if (before === after) return 'same';
  if (before === 0) return 'new';
  if (after === 0) return 'gone';
  const percent = (100 * (after - before)) / before;
  const shown = Math.abs(percent) < 0.1 ? '<0.1' : Math.abs(percent) >= 1000 ? count(Math.abs(percent)) : Math.abs(percent).toFixed(1);
  return `${percent > 0 ? '+' : '−'}${shown}%`;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A function without parameters, template arguments and anonymous namespaces, as far as it is understood. */
export function shortName(label: string): string {
  if (label.startsWith('<') || label.startsWith('[')) return label;
  let out = '';
  let angle = 0;
  for (let i = 0; i < label.length; i++) {
    const operator = /^operator\s*(\(\)|[<>=!+\-*/%^&|~,]+|\[\])/.exec(label.slice(i, i + 24));
    if (operator && !/\w/.test(label[i - 1] ?? ' ')) {
      if (angle === 0) out += operator[0];
      i += operator[0].length - 1;
    } else if (label[i] === '<') {
      if (angle++ === 0) out += '<…>';
    } else if (label[i] === '>' && angle > 0 && label[i - 1] !== '-') {
      angle--;
    } else if (angle > 0) {
      continue;
    } else if (label[i] === '(') {
      if (label.startsWith('(anonymous namespace)', i)) {
        i += '(anonymous namespace)'.length + 1; // and the colons
      } else if (out === '' || out.endsWith(' ')) {
        return label;
      } else {
        break;
      }
    } else {
      out += label[i];
    }
  }
  return angle === 0 ? out : label;
}
