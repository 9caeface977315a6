import { Problem } from '../../server/problem';
import type { Texts } from '../../text/zh';
import { fill } from '../../text/texts.svelte';

/** What is wrong with a project, at the fields of the form it concerns. */
export class Faults {
  constructor(
    readonly at: ReadonlyMap<string, readonly string[]> = new Map(),
    /** What concerns no field of the form, each with its place. */
    readonly elsewhere: readonly string[] = [],
    /** A fault that is not of the project at all. */
    readonly other: unknown = null,
  ) {}

  /** The lines that belong under a field, or a row of fields. */
  under(place: string): string[] {
    const found = [...this.at].filter(([at]) => at === place || at.startsWith(`${place}/`));
    return found.flatMap(([, lines]) => lines);
  }

  has(place: string): boolean {
    return this.at.has(place);
  }
}

export const NO_FAULTS = new Faults();

const FIELDS = ['id', 'name', 'area', 'site', 'stage', 'pack', 'history'];
// Told of the feature as a whole, and it is the identifier that is at fault.
const TAKEN = / exists already$/;
// A project inside of another body: of a review by name, of a feature of the layer.
const INSIDE = /^\/(project|properties\/document|properties)(?=\/|$)/;

/**
 * Place the faults of an answer.
 *
 * @param phases The row of the form each phase of the question came from.
 */
export function place(error: unknown, phases: readonly number[], t: Texts): Faults {
  if (!(error instanceof Problem) || error.errors.length === 0) {
    return error === null ? NO_FAULTS : new Faults(undefined, undefined, error);
  }
  const at = new Map<string, string[]>();
  const elsewhere: string[] = [];
  for (const one of error.errors) {
    const pointer = (one.pointer ?? `/${one.parameter ?? ''}`).replace(INSIDE, '');
    const field = TAKEN.test(one.detail) ? 'id' : fieldOf(pointer, phases);
    const line = worded(one.detail, t);
    if (field === null) elsewhere.push(pointer.length > 1 ? `${pointer}：${line}` : line);
    else at.set(field, [...(at.get(field) ?? []), line]);
  }
  return new Faults(at, elsewhere);
}

function fieldOf(pointer: string, phases: readonly number[]): string | null {
  const [first = '', number, ...rest] = pointer.split('/').slice(1);
  if (FIELDS.includes(first)) return first;
  if (number === undefined || !/^\d+$/.test(number)) return null;
  const inner = rest.length > 0 ? `/${rest.join('/')}` : '';
  if (first === 'facilities') return `facilities/${number}${inner}`;
  if (first === 'phases') return `phases/${phases[Number(number)] ?? number}${inner}`;
  return null;
}

/** The commonest faults in the words of the page; the service's own for the others. */
function worded(detail: string, t: Texts): string {
  const words = t.review.faults;
  const known: [RegExp, string][] = [
    [/^is not valid: /, words.invalidShape],
    [/^is more than (?<km>\d+) km across/, words.wide],
    [/lies outside the site$/, words.outside],
    [/ is in no phase; /, words.noPhase],
    [/^there is no phase /, words.noPhase],
    [/ is already in /, words.twice],
    [TAKEN, words.taken],
    [/'(?<stage>\w+)' skips '(?<next>\w+)'/, words.skips],
    [/stands where '(?<next>\w+)' comes next/, words.order],
    [/ is before /, words.before],
    [/ is outside the region of /, words.region],
  ];
  for (const [pattern, text] of known) {
    const found = pattern.exec(detail);
    if (found === null) continue;
    const values = Object.entries(found.groups ?? {}).map(([name, value]): [string, string] => [
      name,
      (t.review.stages as Record<string, string>)[value] ?? value,
    ]);
    return fill(text, { detail, ...Object.fromEntries(values) });
  }
  return detail;
}
