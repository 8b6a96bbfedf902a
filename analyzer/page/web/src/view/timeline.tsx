// Live bytes over time, the resident set beside them, and the peak.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import * as format from '../format';
import { sumOf, type Profile } from '../data/profile';
import { isDark, profiles } from '../state';

type Pairs = [number, number][];

// What is told of a moment holds until the next: what was kept through a pause is no slope.
const steps = uPlot.paths.stepped!({ align: 1 });

/** The samples with what is known besides: nothing at the beginning, the peak, the end. */
function liveOf(profile: Profile): Pairs {
  const { run } = profile;
  const pairs: Pairs = run.timeline.map(([time, bytes]) => [time, bytes]);
  if (run.hasLifetimes && run.mergedProfiles === 0) {
    pairs.push([run.tGmax, sumOf(profile.figures.peakBytes)]);
    pairs.push([run.tEnd, sumOf(profile.figures.endBytes)]);
  }
  if (!pairs.some(([time]) => time === 0)) pairs.push([0, 0]);
  return pairs.sort((a, b) => a[0] - b[0]);
}

function table(pairs: Pairs): uPlot.AlignedData {
  return [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])];
}

interface Curve {
  label: string;
  pairs: Pairs;
  color: string;
  fill?: string;
  dash?: number[];
}

function curvesOf(all: Profile[], dark: boolean): Curve[] {
  const live = dark ? '#e0a458' : '#b4690e';
  const other = dark ? '#7d8590' : '#8a8f98';
  const resident = dark ? '#6ea8dc' : '#2f6fae';
  const curves = all.map((profile, i): Curve => all.length > 1 && i === 0
    ? { label: 'Live bytes, before', pairs: liveOf(profile), color: other, dash: [5, 3] }
    : { label: all.length > 1 ? 'Live bytes, after' : 'Live bytes', pairs: liveOf(profile), color: live, fill: dark ? 'rgba(224,164,88,.16)' : 'rgba(180,105,14,.12)' });
  all.forEach((profile, i) => {
    if (profile.run.resident.length < 2) return;
    curves.push({
      label: all.length > 1 ? `RSS, ${i === 0 ? 'before' : 'after'}` : 'RSS', pairs: profile.run.resident, color: resident,
      dash: all.length > 1 && i === 0 ? [2, 3] : undefined,
    });
  });
  return curves;
}

/** A line down from the peak of the last profile, and its figure. */
function markPeak(plot: uPlot, profile: Profile, color: string): void {
  const { run } = profile;
  if (!run.hasLifetimes || run.mergedProfiles > 0) return;
  const peak = sumOf(profile.figures.peakBytes);
  const x = plot.valToPos(run.tGmax, 'x', true);
  const y = plot.valToPos(peak, 'y', true);
  const ratio = devicePixelRatio;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = color;
  ctx.lineWidth = ratio;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.beginPath();
  ctx.arc(x, y, 3.5 * ratio, 0, 2 * Math.PI);
  ctx.fill();
  ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  const text = `peak ${format.bytes(peak, run.bytesUnit)}`;
  const toTheLeft = x + ctx.measureText(text).width + 12 * ratio > bbox.left + bbox.width;
  ctx.textAlign = toTheLeft ? 'right' : 'left';
  ctx.textBaseline = 'bottom';
  ctx.fillText(text, x + (toTheLeft ? -8 : 8) * ratio, y - 3 * ratio);
  ctx.restore();
}

function optionsFor(element: HTMLElement, curves: Curve[], last: Profile, dark: boolean): uPlot.Options {
  const { run } = last;
  const ink = dark ? '#a3a29e' : '#65635e';
  const grid = { stroke: dark ? 'rgba(255,255,255,.06)' : 'rgba(0,0,0,.06)', width: 1 };
  const axis = { stroke: ink, grid, ticks: { ...grid, size: 4 }, font: '11px system-ui, sans-serif' };
  const most = Math.max(1, ...curves.flatMap((curve) => curve.pairs.map((pair) => pair[1])));
  return {
    width: element.clientWidth,
    height: 190,
    padding: [18, 28, 0, 0],
    legend: { show: true, live: true },
    cursor: { points: { size: 6 }, y: false, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: { range: () => [0, most * 1.04] } },
    axes: [
      { ...axis, size: 30, space: 70, values: (_, splits) => splits.map((split) => format.time(split, run.timeUnit)) },
      { ...axis, size: 62, space: 34, values: (_, splits) => splits.map((split) => format.bytes(split, run.bytesUnit)) },
    ],
    series: [
      { label: 'Time', value: (_, at) => (at === null ? '–' : format.time(at, run.timeUnit)) },
      ...curves.map((curve): uPlot.Series => ({
        label: curve.label, stroke: curve.color, fill: curve.fill, width: 1.5, dash: curve.dash, spanGaps: true, points: { show: false }, paths: steps,
        value: (_, number) => (number === null || number === undefined ? '–' : format.bytes(number, run.bytesUnit)),
      })),
    ],
    hooks: { draw: [(plot) => markPeak(plot, last, curves[profiles.value.length - 1].color)] },
  };
}

export function Timeline() {
  const element = useRef<HTMLDivElement>(null);
  const dark = isDark.value;
  const shown = profiles.value;
  useEffect(() => {
    const box = element.current!;
    const curves = curvesOf(shown, dark);
    const data = uPlot.join(curves.map((curve) => table(curve.pairs)));
    const plot = new uPlot(optionsFor(box, curves, shown[shown.length - 1], dark), data, box);
    const observer = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: 190 }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [shown, dark]);
  return (
    <section class="panel" aria-label="Timeline">
      <div class="panel-head"><h2>Over time</h2></div>
      <div id="timeline" ref={element} />
    </section>
  );
}
