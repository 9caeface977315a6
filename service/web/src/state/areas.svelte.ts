import { ask } from '../server/ask';
import { readCsv } from '../server/csv';
import type { Flag } from '../server/types';
import { FLAGS } from '../server/types';
import { work } from './work.svelte';

export type AreaRow = Record<string, string>;

/** Rows of the roll-up for a level, without geometries. */
export async function areaRows(level: string, rule?: string): Promise<AreaRow[]> {
  const answer = await ask(work.part('areas', { level, rule, format: 'csv' }));
  return readCsv(await answer.text());
}

export type AreaFlags = { code: string; name: string; flags: Record<Flag, number> };

/** Districts of each flag by area: the parts of one rule's rows count each district once. */
export function flagsByArea(rows: readonly AreaRow[]): AreaFlags[] {
  const rule = rows.find((row) => row['reason_code'] === 'rolled_up')?.['rule'];
  const found = new Map<string, AreaFlags>();
  for (const row of rows) {
    if (row['rule'] !== rule || !['occupied', 'rural', 'planned'].includes(row['part'] ?? '')) {
      continue;
    }
    const code = row['code']!;
    const one = found.get(code) ?? {
      code,
      name: row['name'] || code,
      flags: Object.fromEntries(FLAGS.map((flag) => [flag, 0])) as Record<Flag, number>,
    };
    for (const flag of FLAGS) one.flags[flag] += Number(row[flag] || 0);
    found.set(code, one);
  }
  return [...found.values()];
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
