import { render } from 'preact';
import './style.css';
import { loadProfiles } from './data/container';
import { failure, followAddress, followTheme, profiles } from './state';
import { App } from './view/app';

async function start(): Promise<void> {
  followTheme();
  const root = document.getElementById('app')!;
  try {
    const loaded = await loadProfiles();
    if (loaded.length === 0) throw new Error('there is no profile in this page; memshim-report --html FILE PROFILE makes one');
    profiles.value = loaded;
    followAddress();
    document.title = `${loaded.map((profile) => profile.run.name).join(' → ')} – memshim`;
  } catch (error) {
    failure.value = error instanceof Error ? error.message : String(error);
  }
  render(<App />, root);
}

void start();
