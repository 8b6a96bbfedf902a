// Takes apart what the analyzer wrote: page_data.h has the format.
import { FrameKind, type Figures, type FigureName, type Frame, type Profile, type Run, type Site } from './profile';

type Column = [name: string, type: 'u32' | 'f64', offset: number, entries: number];

interface Header extends Run {
  version: number;
  modules: string[];
  frames: [string, string, number, number, number][];
  sites: [name: string, frame: number, line: number, kind: number][];
  columns: Column[];
}

const VERSION = 1;
const NOT_FIGURES = new Set(['nodeFrame', 'firstChild', 'pointNode', 'pointSite']);

const NO_FRAME: Frame = { label: '', file: '', line: 0, module: '', kind: FrameKind.pseudo };

export function decodeProfile(bytes: Uint8Array): Profile {
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset, 8).getUint32(0, true);
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes));
  const header = JSON.parse(text) as Header;
  if (header.version !== VERSION) throw new Error(`expected data of version ${VERSION}, found ${header.version}`);
  const start = bytes.byteOffset + 8 + headerBytes;
  const columns = new Map<string, Uint32Array | Float64Array>();
  for (const [name, type, offset, entries] of header.columns) {
    columns.set(name, type === 'u32' ? new Uint32Array(bytes.buffer, start + offset, entries)
                                     : new Float64Array(bytes.buffer, start + offset, entries));
  }
  const indices = (name: string) => columns.get(name) as Uint32Array;
  const figures: Figures = {};
  for (const [name, column] of columns) {
    if (!NOT_FIGURES.has(name)) figures[name as FigureName] = column as Float64Array;
  }
  const frames = header.frames.map(([label, file, line, module, kind]): Frame =>
    ({ label, file, line, module: module < 0 ? '' : header.modules[module], kind }));
  const sites = header.sites.map(([name, frame, line, kind]): Site => {
    const { label, file, module } = frame < 0 ? NO_FRAME : frames[frame];
    return { name, function: label, file, line, module, kind };
  });
  return {
    run: header, frames, sites,
    tree: { frame: indices('nodeFrame'), firstChild: indices('firstChild') },
    pointNode: indices('pointNode'), pointSite: indices('pointSite'), figures,
  };
}

async function inflate(packed: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([packed as BlobPart]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** The profiles that stand in the page; their text is dropped, it would only take memory. */
export async function loadProfiles(): Promise<Profile[]> {
  const profiles: Profile[] = [];
  for (const element of document.querySelectorAll('script.memshim-profile')) {
    const packed = fromBase64(element.textContent);
    element.textContent = '';
    profiles.push(decodeProfile(await inflate(packed)));
  }
  return profiles;
}
