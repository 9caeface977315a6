import { VERDICT_FLAGS } from '../map/palette';
import { FLAGS, type Flag, type Verdict } from '../server/types';
import { rows } from './rows.svelte';
import { view } from './view.svelte';
import { work } from './work.svelte';

/**
 * Which flag each district is shown with where that is not the stored one: by one clause, by the
 * clauses of one service, or as a scenario would have it. Null: as stored.
 */
class Colouring {
  /** Flags a scenario changes, by district. */
  scenario = $state.raw<ReadonlyMap<string, Flag> | null>(null);

  readonly flags = $derived.by((): ReadonlyMap<string, Flag> | null => {
    if (this.scenario !== null) return this.scenario;
    const rules = this.rules;
    if (rules === null || rows.all.length === 0) return null;
    return new Map(
      rows.all.map((row) => [
        row.id,
        worst(rules.map((rule) => rows.verdicts[rule]?.[row.at] ?? null)),
      ]),
    );
  });

  /** The clauses that colour the map; null for the overall flag. */
  readonly rules = $derived.by((): string[] | null => {
    const known = Object.keys(rows.verdicts);
    if (view.rule !== null) return known.includes(view.rule) ? [view.rule] : null;
    if (view.service === 'all') return null;
    return known.filter((rule) => work.rules.get(rule)?.subject === view.service);
  });

  flagOf(id: string, stored: Flag): Flag {
    return this.flags?.get(id) ?? stored;
  }
}

// As an evaluation flags a district: not met, then undetermined, then advise, then met.
function worst(verdicts: readonly (Verdict | null)[]): Flag {
  const found = verdicts.flatMap((one) => (one === null ? [] : [VERDICT_FLAGS[one]]));
  return FLAGS.find((flag) => found.includes(flag)) ?? 'not_assessed';
}

export const colouring = new Colouring();
