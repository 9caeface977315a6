import type { FeatureCollection, Position } from 'geojson';
import { ask, askJson, query } from '../../server/ask';

export const KINDS = [
  'districts',
  'facilities',
  'buildings',
  'areas',
  'parks',
  'network',
  'indicators',
] as const;
export type Kind = (typeof KINDS)[number];
/** What a key of some areas may not write: all areas rest on it. */
export const WHOLE: readonly Kind[] = ['areas', 'network'];

export type Bounds = [number, number, number, number];
export type Fault = {
  row: number;
  field: string | null;
  reason: string;
  position?: Position | null;
};
export type Difference = Record<'added' | 'changed' | 'reopened' | 'unchanged' | 'gone', number>;
export type Streets = {
  version: string;
  name: string;
  nodes: number;
  edges: number;
  length_m: number;
};
export type Network = Streets & {
  known: boolean;
  in_use: boolean;
  before: Streets | null;
  diagnosis: {
    components: number;
    largest_share: number;
    dead_ends: number;
    gap_m: number;
    islands: { edges: number; length_m: number; lon: number; lat: number }[];
    undershoots: number;
    undershoot_places: { lon: number; lat: number; gap_m: number }[];
    snapped: Record<string, { places: number; within: number; share: number | null }>;
  };
};

export type Report = {
  refused?: string;
  failed?: string;
  count?: number;
  faults?: { row: number | null; field: string | null; reason: string }[];
  rows?: { read: number; accepted: number; repaired: number; quarantined: number };
  quarantined?: Fault[];
  crs?: {
    origin: string | null;
    declared: string | null;
    transformation: string | null;
    evidence?: string[];
  };
  encoding?: { name: string; decided_by: string; doubtful: boolean; sample: string[] } | null;
  columns?: {
    mapped: { column: string; field: string; how: string; unit: string | null }[];
    unread: { column: string; why: string; may_be: string[] }[];
  };
  repairs?: { row: number; what: string; detail: string }[];
  warnings?: string[];
  diff?: Difference;
  outside_scope?: { count: number };
  first_rows?: Record<string, unknown>[];
  left_out?: Record<string, number>;
  network?: Network;
  map?: { bbox: Bounds | null; of: number; features: FeatureCollection } | null;
};

export type Action = 'commit' | 'discard' | 'undo';

export type Upload = {
  id: string;
  kind: string;
  file: string;
  state: string;
  stage: string | null;
  rows_done: number | null;
  created_at: string;
  created_by: string;
  /** What may be done with it now; absent in lists. */
  actions?: Action[];
  report?: Report;
};

/** A table that comes as lines for a terminal: its columns are two blanks or more apart. */
export function evidenceRows(lines: readonly string[]): string[][] {
  return lines.map((line) => line.trim().split(/ {2,}/)).filter((cells) => cells.length > 1);
}

/** How a file is to be read, as the form says it. */
export type Asked = {
  kind: Kind;
  crs: string;
  asDeclared: boolean;
  mapping: string;
  key: string;
  operating: boolean;
  kindsFromNames: boolean;
  complete: boolean;
  name: string;
  planarize: boolean;
};

/** The parameters of a request that say it; what does not go with the kind is left out. */
function parameters(asked: Asked): Record<string, string | boolean | undefined> {
  const placed = asked.kind !== 'indicators';
  const streets = asked.kind === 'network';
  const layer = placed && !streets;
  const facilities = asked.kind === 'facilities';
  return {
    kind: asked.kind,
    crs: placed ? asked.crs.trim() : undefined,
    crs_as_declared: (placed && asked.asDeclared) || undefined,
    mapping: streets ? undefined : asked.mapping.trim(),
    key: layer ? asked.key.trim() : undefined,
    complete: (layer && asked.complete) || undefined,
    assume_status: facilities && asked.operating ? 'operating' : undefined,
    kinds_from_names: (facilities && asked.kindsFromNames) || undefined,
    name: streets ? asked.name.trim() : undefined,
    planarize: (streets && asked.planarize) || undefined,
  };
}

/** Send a file, or one with those that lie beside it, and wait until it is read. */
export async function upload(
  files: readonly File[],
  asked: Asked,
  tell: (state: Upload) => void,
): Promise<Upload> {
  const [first] = files;
  const alone = files.length === 1 && first !== undefined;
  const form = new FormData();
  if (!alone) for (const file of files) form.append('file', file, file.name);
  const path = `/v1/imports${query({ ...parameters(asked), file: alone ? first.name : undefined })}`;
  const answer = await ask(path, {
    method: 'POST',
    body: alone ? first : form,
    // The ending of its name says the format; a form says its type itself.
    ...(alone ? { type: 'application/octet-stream' } : {}),
  });
  let state = (await answer.json()) as Upload;
  while (state.state === 'reading') {
    tell(state);
    await new Promise((resolve) => setTimeout(resolve, 500));
    state = await askJson<Upload>(`/v1/imports/${state.id}`);
  }
  return state;
}
