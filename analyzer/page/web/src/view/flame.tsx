// The panel of stacks: what is shown, what is told of a frame, and one flame graph, or two side by side.
import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import * as format from '../format';
import { boxAt, REST } from '../layout';
import { amount, exactAmount } from '../metrics';
import type { Frame } from '../data/profile';
import {
  addressOf, compared, found, foundSum, isComparison, metric, order, profiles, query, shape, sumsOf, turnOver, widths,
  zoomed, zoomPath, zoomTo,
} from '../state';
import { active, boxOf, cursor, draw, figureAt, frameOf, hovered, move, palette, panes, ROW, rowAt, topOf, type Box, type Pane } from './pane';

// --- what is told of a box

function nameOf(box: Box): string {
  if (box.node === 0) return isComparison.value ? 'all of both' : 'all';
  return frameOf(box)?.label ?? 'smaller ones';
}

function placeOf(frame: Frame): string {
  const place = frame.line > 0 ? `${frame.file}:${frame.line}` : frame.file;
  return [place, frame.module].filter(Boolean).join('  ·  ');
}

function Facts({ box }: { box: Box }) {
  const frame = frameOf(box);
  const shown = profiles.value[profiles.value.length - 1];
  const one = metric.value;
  const sides = profiles.value.map((_, side) => figureAt(sumsOf(one.figure, side), box));
  const wholes = profiles.value.map((_, side) => sumsOf(one.figure, side)[0]);
  return (
    <>
      <strong class="name">{nameOf(box)}</strong>
      {frame && <span class="place">{placeOf(frame)}</span>}
      {sides.length === 1
        ? <span class="figures"><b data-exact={sides[0]}>{amount(shown, one, sides[0])}</b> {format.share(sides[0], wholes[0])} of all
          {sides[0] > 999 && <span class="exact"> · {exactAmount(shown, one, sides[0])}</span>}</span>
        : <span class="figures"><b data-exact={sides[1]}>{amount(shown, one, sides[1])}</b> after, {amount(shown, one, sides[0])} before
          <b class={sides[1] > sides[0] ? 'grew' : 'shrank'}> {format.change(sides[0], sides[1])}</b></span>}
    </>
  );
}

const pointer = signal({ x: 0, y: 0 });

function Tip() {
  const box = hovered.value;
  if (!box) return null;
  const { x, y } = pointer.value;
  const onTheLeft = x > innerWidth / 2;
  const above = y > innerHeight - 140;
  const style = {
    left: onTheLeft ? undefined : `${x + 14}px`, right: onTheLeft ? `${innerWidth - x + 14}px` : undefined,
    top: above ? undefined : `${y + 16}px`, bottom: above ? `${innerHeight - y + 16}px` : undefined,
  };
  return <div class="tip" role="tooltip" style={style}><Facts box={box} /></div>;
}

/** The frame zoomed into, or the one the keyboard is at. */
function Chosen() {
  const path = zoomPath.value;
  const box = cursor.value ?? (path.length > 0 ? { node: path[path.length - 1], parent: 0, row: path.length } : null);
  const matched = found.value;
  const whole = widths.value[0];
  const copy = () => {
    const address = location.href.replace(/#.*$/, '') + addressOf(zoomed.value);
    void navigator.clipboard?.writeText(address).catch(() => undefined);
  };
  return (
    <div class="chosen" aria-live="polite">
      {box && box.node !== REST ? <Facts box={box} /> : <span class="hint">Click a frame to zoom in; press ? for keys.</span>}
      {matched && <span class="matched" id="matched">“{query.value}” is in <b data-exact={foundSum.value}>{amount(profiles.value[0], metric.value, foundSum.value)}</b>, {format.share(foundSum.value, whole)}</span>}
      {path.length > 0 && <span class="actions">
        <button type="button" class="link" id="zoom-out" onClick={() => zoomTo(path.length > 1 ? path[path.length - 2] : 0)}>Zoom out</button>
        <button type="button" class="link" onClick={() => zoomTo(0)}>Show all</button>
        <button type="button" class="link" onClick={copy}>Copy link</button>
      </span>}
    </div>
  );
}

// --- the panel

function Choice<T extends string>({ label, value, options, onChange }:
    { label: string; value: T; options: [T, string][]; onChange: (value: T) => void }) {
  return (
    <div class="choice" role="radiogroup" aria-label={label}>
      {options.map(([key, text]) => (
        <button type="button" key={key} role="radio" data-choice={key} aria-checked={key === value} onClick={() => onChange(key)}>{text}</button>
      ))}
    </div>
  );
}

export function Find() {
  return (
    <input id="find" type="search" placeholder="Search functions, files, modules" aria-label="Search" value={query.value}
      spellcheck={false} autocomplete="off" onInput={(event) => { query.value = event.currentTarget.value; }} />
  );
}

function Graph({ pane }: { pane: Pane }) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { layout } = pane;
  useEffect(() => {
    const box = scroller.current!;
    const measure = () => { pane.canvasWidth.value = box.clientWidth; };
    measure();
    let asked = 0;
    const redraw = () => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() => draw(pane, canvas.current!, box));
    };
    const observer = new ResizeObserver(() => {
      measure();
      redraw();
    });
    observer.observe(box);
    box.addEventListener('scroll', redraw);
    const stop = effect(() => {
      // Whatever is drawn from.
      void [layout.value, palette.value, found.value, hovered.value, cursor.value, shape.value, compared.value, metric.value];
      redraw();
    });
    const stopCursor = effect(() => {
      void layout.value;
      cursor.value = null;
      hovered.value = null;
    });
    active.value = pane;
    draw(pane, canvas.current!, box);
    performance.mark('memshim:first-paint');
    return () => {
      cancelAnimationFrame(asked);
      stop();
      stopCursor();
      observer.disconnect();
    };
  }, []);
  // A flame grows upwards: its root is what one wants to see first.
  useEffect(() => {
    const box = scroller.current!;
    box.scrollTop = shape.value === 'flame' ? box.scrollHeight : 0;
  }, [shape.value, layout.value]);
  useEffect(() => {
    const box = scroller.current!;
    if (!cursor.value) return;
    const top = topOf(pane, cursor.value.row);
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + ROW > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW - box.clientHeight;
  }, [cursor.value]);

  const boxUnder = (event: MouseEvent): Box | null => {
    const area = canvas.current!.getBoundingClientRect();
    const row = rowAt(pane, event.clientY - area.top + scroller.current!.scrollTop);
    const index = boxAt(layout.value, row, event.clientX - area.left);
    return index < 0 ? null : boxOf(pane, index, row);
  };
  const onKey = (event: KeyboardEvent) => {
    active.value = pane;
    if (event.key === 'Enter' && cursor.value && cursor.value.node >= 0) zoomTo(cursor.value.node);
    else if (event.key.startsWith('Arrow')) move(event.key);
    else return;
    event.preventDefault();
  };
  const under = (event: MouseEvent) => {
    pointer.value = { x: event.clientX, y: event.clientY };
    active.value = pane;
    const box = boxUnder(event);
    const same = box?.node === hovered.value?.node && box?.parent === hovered.value?.parent && box?.row === hovered.value?.row;
    if (!same) hovered.value = box;
  };
  return (
    <div class="flame" id={pane.id} ref={scroller} tabIndex={0} role="application" data-boxes={layout.value.node.length} data-rows={layout.value.rows}
      aria-label="Flame graph; arrow keys move, Enter zooms" onKeyDown={onKey} onMouseMove={under}
      onMouseLeave={() => { hovered.value = null; }}
      onClick={(event) => {
        const box = boxUnder(event);
        if (box && box.node >= 0) zoomTo(box.node);
      }}>
      <div style={{ height: `${layout.value.rows * ROW}px` }}><canvas ref={canvas} /></div>
    </div>
  );
}

export function Flame() {
  return (
    <section class="panel" aria-label="Flame graph">
      <div class="panel-head">
        <h2>Stacks <small>{metric.value.label.toLowerCase()}</small></h2>
        <div class="tools">
          {isComparison.value && <Choice label="What is compared" value={compared.value} onChange={(value) => { compared.value = value; }}
            options={[['change', 'Change'], ['both', 'Side by side'], ['before', 'Before'], ['after', 'After']]} />}
          <Choice label="Where stacks begin" value={order.value} onChange={turnOver}
            options={[['callers', 'From main'], ['allocations', 'From allocations']]} />
          <Choice label="Shape" value={shape.value} onChange={(value) => { shape.value = value; }}
            options={[['icicle', 'Icicle'], ['flame', 'Flame']]} />
          <Find />
        </div>
      </div>
      <Chosen />
      <div class={panes.value.length > 1 ? 'graphs two' : 'graphs'}>
        {panes.value.map((pane) => <div key={`${pane.id} ${pane.side}`}>
          {panes.value.length > 1 && <h3>{pane.side === 0 ? 'Before' : 'After'}</h3>}
          <Graph pane={pane} />
        </div>)}
      </div>
      <Tip />
      {isComparison.value && compared.value === 'change' && <p class="legend">
        Boxes are as wide as before and after together. <span class="swatch grew" /> grew <span class="swatch shrank" /> shrank</p>}
      {panes.value.length > 1 && <p class="legend">A byte is as wide on one side as on the other. Zooming and searching go for both.</p>}
    </section>
  );
}
