import { view } from '../state/view.svelte';
import { en } from './en';
import { zh, type Texts } from './zh';

/** The texts in the language of the view. */
export function texts(): Texts {
  return view.language === 'en' ? en : zh;
}

/** Put values into the places of a text: `{name}`. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The word for an identifier, itself where there is none. */
export function word(words: Record<string, string>, id: string): string {
  return words[id] ?? id;
}

const locale = (): string => (view.language === 'en' ? 'en' : 'zh-CN');

export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined) return texts().app.none;
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

export function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return texts().app.none;
  return new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: 1 }).format(
    value,
  );
}

/** A quantity with its unit, as `380.9 m`. */
export function quantity(value: number | null | undefined, unit: string | null): string {
  if (value === null || value === undefined) return texts().app.none;
  if (unit === null) return number(value, 2);
  if (unit === '%' || unit === '‰') return `${number(value, 3)}${unit}`;
  return `${number(value, unit === 'm' ? 1 : 2)} ${word(texts().units, unit)}`;
}

/** A moment, to the minute, in the time of whoever looks. */
export function time(moment: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(moment),
  );
}
