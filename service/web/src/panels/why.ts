import type { Finding } from '../server/types';
import type { Texts } from '../text/zh';
import { fill, quantity } from '../text/texts.svelte';

/** What would make a finding met, in one line; null where it holds or nobody can say. */
export function remedy(finding: Finding, t: Texts): string | null {
  if (['met', 'met_relaxed', 'indicator', 'not_applicable', 'not_due'].includes(finding.verdict)) {
    return null;
  }
  if (finding.verdict === 'undetermined') {
    return finding.missing === null ? null : fill(t.why.fix.data, { what: finding.reason ?? '' });
  }
  if (finding.threshold === null) return null;
  const threshold = quantity(finding.threshold, finding.unit);
  if (finding.unit === 'm') {
    return fill(t.why.fix.reach, { threshold, value: quantity(finding.value, finding.unit) });
  }
  if (finding.deficit === null) return null;
  const deficit = quantity(finding.deficit, finding.unit);
  if (finding.unit === 'm2') return fill(t.why.fix.area, { deficit });
  if (finding.unit === 'facilities') return fill(t.why.fix.count, { deficit });
  return fill(t.why.fix.other, { deficit });
}

/** What about streets was lacking, in words; other missing data are named by reason or remedy. */
export function lacks(finding: { missing: unknown }, t: Texts): string[] {
  const words: Record<string, string> = t.why.lacking;
  const fields = (Array.isArray(finding.missing) ? finding.missing : []).map(
    (one: { field?: unknown }) => words[String(one.field)],
  );
  return fields.filter((one) => one !== undefined);
}

const ORDER = [
  'not_met',
  'undetermined',
  'advise',
  'not_due',
  'met_relaxed',
  'met',
  'indicator',
  'not_applicable',
];

/** Findings with the worst first, each rule once. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
}
