import type { FeatureCollection } from 'geojson';
import { ask, askJson, query } from '../server/ask';

export type Upload = {
  id: string;
  kind: string;
  file: string;
  state: string;
  stage: string | null;
  rows_done: number | null;
  created_at: string;
  report?: {
    refused?: string;
    failed?: string;
    faults?: { row?: number; field?: string; reason?: string }[];
    rows?: { read: number; accepted: number; repaired: number; quarantined: number };
    quarantined?: { row: number; field: string | null; reason: string }[];
    crs?: { origin: string | null; declared: string | null; evidence?: string[] };
    columns?: { mapped: { column: string; field: string }[]; unread: string[] };
    repairs?: unknown[];
    warnings?: string[];
    diff?: Record<'added' | 'changed' | 'reopened' | 'unchanged' | 'gone', number>;
    first_rows?: Record<string, unknown>[];
    map?: {
      bbox: [number, number, number, number] | null;
      of: number;
      features: FeatureCollection;
    };
  };
};

const TYPES: Record<string, string> = {
  csv: 'text/csv',
  json: 'application/json',
  geojson: 'application/geo+json',
  zip: 'application/zip',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  gpkg: 'application/geopackage+sqlite3',
  kml: 'application/vnd.google-earth.kml+xml',
};

/** Send a file and wait until it is read; `tell` hears how far it is. */
export async function upload(
  file: File,
  values: { kind: string; crs: string },
  tell: (state: Upload) => void,
): Promise<Upload> {
  const suffix = file.name.split('.').pop()?.toLowerCase() ?? '';
  const answer = await ask(`/v1/imports${query({ ...values, file: file.name })}`, {
    method: 'POST',
    body: file,
    type: TYPES[suffix] ?? 'application/octet-stream',
  });
  let state = (await answer.json()) as Upload;
  while (state.state === 'reading') {
    tell(state);
    await new Promise((resolve) => setTimeout(resolve, 500));
    state = await askJson<Upload>(`/v1/imports/${state.id}`);
  }
  return state;
}
