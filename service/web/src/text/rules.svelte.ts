import { work } from '../state/work.svelte';
import { fill, texts, word } from './texts.svelte';

/** A short name for a clause: what it asks for, and of whom where others ask the same. */
export function ruleName(id: string, kind?: string): string {
  const t = texts();
  const rule = work.rules.get(id);
  const base = word(t.ruleKinds, rule?.kind ?? kind ?? id);
  const parts: string[] = [];
  const stages = rule?.applies_to ?? [];
  if (stages.includes('existing') && !stages.includes('new')) parts.push(t.stages.existing);
  if (stages.includes('new') && !stages.includes('existing')) parts.push(t.stages.new);
  if (id.endsWith('.relaxed')) parts.push(t.verdicts.met_relaxed);
  const subject = rule?.subject;
  if (subject === 'elderly' || subject === 'childcare') parts.unshift(t.services[subject]);
  return parts.length > 0 ? fill(t.why.qualified, { base, parts: parts.join('·') }) : base;
}
