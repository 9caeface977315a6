import { ask, askJson } from '../server/ask';
import { readCsv } from '../server/csv';
import type { Flag } from '../server/types';
import { work } from './work.svelte';

export type AreaRow = Record<string, string>;

/** Rows of the roll-up for a level, without geometries. */
export async function areaRows(level: string, rule?: string): Promise<AreaRow[]> {
  const answer = await ask(work.part('areas', { level, rule, format: 'csv' }));
  return readCsv(await answer.text());
}

export type AreaVerdicts = {
  code: string;
  name: string | null;
  level: string;
  districts: number;
  households: number;
  flags: Record<Flag, number>;
};

/** Districts of each flag by area of a level. */
export async function verdictsByArea(level: string): Promise<AreaVerdicts[]> {
  return (await askJson<{ areas: AreaVerdicts[] }>(work.part('verdicts', { level }))).areas;
}

/** Share within reach by area code; of the part of an area that most live in. */
export function sharesByArea(rows: readonly AreaRow[]): Map<string, number> {
  const found = new Map<string, { weight: number; share: number }>();
  for (const row of rows) {
    const weight = Number(row['denominator'] || 0);
    if (!['occupied', 'rural'].includes(row['part'] ?? '') || !(weight > 0)) continue;
    const share = Number(row['numerator']) / weight;
    const before = found.get(row['code']!);
    if (before === undefined || before.weight < weight) found.set(row['code']!, { weight, share });
  }
  return new Map([...found].map(([code, one]) => [code, one.share]));
}
