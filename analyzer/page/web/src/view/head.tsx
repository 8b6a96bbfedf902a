// Which run this is, how it ended, what the verdict is, and what was not recorded.
import * as format from '../format';
import type { Profile } from '../data/profile';
import { helpIsOpen, isDark, profiles, theme } from '../state';

function endingOf({ ending, exitStatus }: Profile['run']): string {
  switch (ending) {
    case 'exit': return `exited with status ${exitStatus}`;
    case 'fast-exit': return `ended by _exit with status ${exitStatus}`;
    case 'exec': return 'replaced itself by another program';
    case 'killed': return 'was killed';
    case 'running': return 'still running';
    default: return '';
  }
}

function factsOf(profile: Profile): string[] {
  const { run } = profile;
  return [
    run.mergedProfiles > 0 ? `${run.mergedProfiles} profiles added up` : `pid ${run.pid}`,
    `ran ${format.time(run.tEnd, run.timeUnit)}`,
    endingOf(run),
    run.threads ? `${format.count(run.threads)} ${run.threads === 1 ? 'thread' : 'threads'}` : '',
    run.peakRssBytes ? `peak RSS ${format.bytes(run.peakRssBytes)}` : '',
    run.startUnixMs ? new Date(run.startUnixMs).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' }) : '',
    `${format.count(run.points)} program ${run.points === 1 ? 'point' : 'points'}`,
  ].filter(Boolean);
}

function remarksOf({ run }: Profile): string[] {
  return [
    ...run.losses.map(([what, count]) => `Not recorded: ${format.count(count)} ${what}`),
    ...(run.foldedPoints > 0 ? [`${format.count(run.foldedPoints)} small program points (${format.bytes(run.foldedBytes, run.bytesUnit)}) are folded into their callers`] : []),
    ...run.notes,
  ];
}

function RunHead({ profile, role }: { profile: Profile; role: string }) {
  const remarks = remarksOf(profile);
  return (
    <section class="run">
      {role && <span class={`role ${role.toLowerCase()}`}>{role}</span>}
      <div>
        <h1 class="command" title={profile.run.command}>{profile.run.command || profile.run.name}</h1>
        <p class="facts">{factsOf(profile).map((fact) => <span key={fact}>{fact}</span>)}</p>
        {profile.run.verdict.length > 0 && (
          <ul class="verdict" aria-label="Verdict">{profile.run.verdict.map((line) => <li key={line}>{line}</li>)}</ul>
        )}
        {remarks.length > 0 && (
          <details class="remarks">
            <summary>{remarks.length === 1 ? '1 remark' : `${remarks.length} remarks`} on what was recorded</summary>
            <ul>{remarks.map((remark) => <li key={remark}>{remark}</li>)}</ul>
          </details>
        )}
      </div>
    </section>
  );
}

export function Head() {
  const roles = profiles.value.length > 1 ? ['Before', 'After'] : [''];
  const next = isDark.value ? 'light' : 'dark';
  return (
    <header>
      <div class="bar">
        <span class="brand">memshim</span>
        <span class="file">{profiles.value.map((profile) => profile.run.name).join('  →  ')}</span>
        <button type="button" id="theme" class="plain" title={`Use the ${next} theme`} aria-label={`Use the ${next} theme`}
          onClick={() => { theme.value = next; }}>{isDark.value ? '☀' : '☾'}</button>
        <button type="button" id="help" class="plain" title="Keys and terms (?)" aria-label="Keys and terms"
          onClick={() => { helpIsOpen.value = true; }}>?</button>
      </div>
      {profiles.value.map((profile, i) => <RunHead key={i} profile={profile} role={roles[i]} />)}
    </header>
  );
}
