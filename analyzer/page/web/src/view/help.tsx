import { useEffect, useRef } from 'preact/hooks';
import { helpIsOpen } from '../state';

const KEYS: [string, string][] = [
  ['1 … 6', 'choose what is shown'], ['/', 'search; words are looked for in names, files and modules'],
  ['f', 'flame graph or icicle'], ['i', 'begin with the callers, or with the allocations'],
  ['← ↑ ↓ →', 'move in the flame graph'], ['Enter', 'zoom into the frame'],
  ['Esc', 'clear the search, or zoom out'], ['0', 'zoom out to the whole'], ['?', 'this help'],
];
const TERMS: [string, string][] = [
  ['Total', 'all blocks over the whole run, in requested bytes; a resize counts its full new size'],
  ['At the peak', 'live when live bytes were most'],
  ['At the end', 'never freed: leaks, or kept'],
  ['Temporary', 'freed by the thread that allocated them before it allocated anything else'],
  ['Short-lived', 'blocks of stacks whose blocks live, on average, no longer than the threshold'],
  ['Call site', 'the innermost frame of a stack that is the program’s own'],
];

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (helpIsOpen.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [helpIsOpen.value]);
  return (
    <dialog ref={dialog} onClose={() => { helpIsOpen.value = false; }}
      onClick={(event) => { if (event.target === dialog.current) helpIsOpen.value = false; }}>
      <div class="help">
        <h2>Keys</h2>
        <dl>{KEYS.map(([key, what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>)}</dl>
        <h2>Terms</h2>
        <dl>{TERMS.map(([term, what]) => <div key={term}><dt>{term}</dt><dd>{what}</dd></div>)}</dl>
        <button type="button" onClick={() => { helpIsOpen.value = false; }}>Close</button>
      </div>
    </dialog>
  );
}
