// The figures of the whole run; each card also chooses what the rest of the page shows.
import * as format from '../format';
import { sumOf } from '../data/profile';
import { amount, exactAmount, type Metric } from '../metrics';
import { metric, metrics, profiles, select } from '../state';

function Card({ one }: { one: Metric }) {
  const [first, second] = profiles.value;
  const before = sumOf(first.figures[one.figure]);
  const shown = second ?? first;
  const number = sumOf(shown.figures[one.figure]);
  const direction = number > before ? 'grew' : number < before ? 'shrank' : '';
  const value = one.counts === 'bytes' ? amount(shown, one, number) : format.count(number);
  return (
    <button type="button" role="radio" class="card" data-metric={one.key} aria-checked={metric.value === one}
      title={exactAmount(shown, one, number)} onClick={() => select(one.key)}>
      <span class="label">{one.label}</span>
      <span class="value" data-exact={number}>{value}</span>
      {second
        ? <span class="about">{one.counts === 'bytes' ? amount(first, one, before) : format.count(before)} before <b class={direction}>{format.change(before, number)}</b></span>
        : <span class="about">{one.about(first)}</span>}
    </button>
  );
}

export function Cards() {
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const all = metrics.value;
    const next = all[(all.indexOf(metric.value) + step + all.length) % all.length];
    select(next.key);
    document.querySelector<HTMLElement>(`[data-metric="${next.key}"]`)?.focus();
  };
  return (
    <div class="cards" role="radiogroup" aria-label="What is shown" onKeyDown={onKey}>
      {metrics.value.map((one) => <Card key={one.key} one={one} />)}
    </div>
  );
}
