// The figures a reader can choose between; the cards at the top, the flame graph and the table follow.
import * as format from './format';
import { sumOf, type FigureName, type Profile } from './data/profile';

export interface Metric {
  key: string; // as memshim-report --sort has it
  label: string;
  figure: FigureName; // what widths and ranks come from
  counts: 'bytes' | 'blocks';
  bytes: FigureName;
  blocks: FigureName;
  about: (profile: Profile) => string; // below the number on its card
}

const blocksOf = (profile: Profile, number: number) =>
  `${format.count(number)} ${number === 1 && profile.run.blocksUnit === 'blocks' ? 'block' : profile.run.blocksUnit}`;

const inBlocks = (profile: Profile, figure: FigureName) => `in ${blocksOf(profile, sumOf(profile.figures[figure]))}`;

export const METRICS: Metric[] = [
  {
    key: 'total-bytes', label: 'Total bytes', figure: 'totalBytes', counts: 'bytes', bytes: 'totalBytes', blocks: 'totalBlocks',
    about: (profile) => `over ${format.time(profile.run.tEnd, profile.run.timeUnit)}`,
  },
  {
    key: 'total-blocks', label: 'Total blocks', figure: 'totalBlocks', counts: 'blocks', bytes: 'totalBytes', blocks: 'totalBlocks',
    about: (profile) => {
      const blocks = sumOf(profile.figures.totalBlocks);
      return `${format.bytes(blocks > 0 ? sumOf(profile.figures.totalBytes) / blocks : 0, profile.run.bytesUnit)} on average`;
    },
  },
  {
    key: 'peak', label: 'At the peak', figure: 'peakBytes', counts: 'bytes', bytes: 'peakBytes', blocks: 'peakBlocks',
    about: (profile) => profile.run.mergedProfiles > 0 ? 'sum of each one’s peak'
      : `${inBlocks(profile, 'peakBlocks')}, at ${format.time(profile.run.tGmax, profile.run.timeUnit)}`,
  },
  {
    key: 'end', label: 'At the end', figure: 'endBytes', counts: 'bytes', bytes: 'endBytes', blocks: 'endBlocks',
    about: (profile) => inBlocks(profile, 'endBlocks'),
  },
  {
    key: 'temporary', label: 'Temporary', figure: 'temporaryBlocks', counts: 'blocks', bytes: 'temporaryBytes', blocks: 'temporaryBlocks',
    about: () => 'freed before the next allocation',
  },
  {
    key: 'short-lived', label: 'Short-lived', figure: 'shortBlocks', counts: 'blocks', bytes: 'shortBytes', blocks: 'shortBlocks',
    about: (profile) => `${format.time(profile.run.shortLivedThreshold, profile.run.timeUnit)} or less on average`,
  },
];

/** Those that every one of the profiles tells. */
export function metricsOf(profiles: Profile[]): Metric[] {
  return METRICS.filter((metric) => profiles.every((profile) => profile.figures[metric.figure]));
}

/** "9.76 MB" or "160,000 blocks". */
export function amount(profile: Profile, metric: Metric, number: number): string {
  return metric.counts === 'bytes' ? format.bytes(number, profile.run.bytesUnit) : blocksOf(profile, number);
}

/** "9,760,123 bytes": nothing rounded. */
export function exactAmount(profile: Profile, metric: Metric, number: number): string {
  return `${format.exact(number)} ${metric.counts === 'bytes' ? profile.run.bytesUnit : profile.run.blocksUnit}`;
}
