import { useEffect } from 'preact/hooks';
import { failure, helpIsOpen, isComparison, metrics, order, profiles, query, select, shape, turnOver, zoomed, zoomPath, zoomTo } from '../state';
import { Cards } from './cards';
import { Flame } from './flame';
import { Head } from './head';
import { Help } from './help';
import { Sites } from './sites';
import { Timeline } from './timeline';

/** One step out of the frame zoomed into. */
export function zoomOut(): void {
  const path = zoomPath.value;
  zoomTo(path.length > 1 ? path[path.length - 2] : 0);
}

function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape') {
    if (helpIsOpen.value) helpIsOpen.value = false;
    else if (query.value !== '') query.value = '';
    else if (zoomed.value !== 0) zoomOut();
    if (event.target instanceof HTMLInputElement) event.target.blur();
    return;
  }
  if (isTyping(event)) return;
  const chosen = metrics.value[Number(event.key) - 1];
  if (chosen) select(chosen.key);
  else if (event.key === '/') document.getElementById('find')?.focus();
  else if (event.key === 'f') shape.value = shape.value === 'icicle' ? 'flame' : 'icicle';
  else if (event.key === 'i') turnOver(order.value === 'callers' ? 'allocations' : 'callers');
  else if (event.key === '0') zoomTo(0);
  else if (event.key === '?') helpIsOpen.value = !helpIsOpen.value;
  else return;
  event.preventDefault();
}

export function App() {
  useEffect(() => {
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  if (failure.value) return <main class="failure" role="alert"><h1>memshim</h1><p>{failure.value}</p></main>;
  return (
    <>
      <Head />
      <main>
        <Cards />
        {profiles.value.some((profile) => profile.run.timeline.length > 1) && <Timeline />}
        <Flame />
        <Sites key={String(isComparison.value)} />
      </main>
      <Help />
    </>
  );
}
