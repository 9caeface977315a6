import type { Flag, Verdict } from '../server/types';

/** Colours of the flags, those of the printed map; told apart with any colour vision. */
export const FLAG_COLOURS: Record<Flag, string> = {
  underserved: '#C8442B',
  undetermined: '#6E5A8A',
  watch: '#F2C14E',
  served: '#3E8FC0',
  not_assessed: '#BDBDBD',
};

/** Which flag's colour and sign stands for a verdict. */
export const VERDICT_FLAGS: Record<Verdict, Flag> = {
  not_met: 'underserved',
  advise: 'watch',
  undetermined: 'undetermined',
  met: 'served',
  met_relaxed: 'served',
  not_due: 'not_assessed',
  indicator: 'not_assessed',
  not_applicable: 'not_assessed',
};

export const SERVICE_COLOURS = {
  childcare: '#0B5563',
  elderly: '#6A2C70',
  education: '#7A5C00',
} as const;

/** Light to dark, for shares in five equal classes. */
export const SHARE_COLOURS = ['#f1eef6', '#c3d4e6', '#8bb5d4', '#4a8dbb', '#1d5c8f'] as const;

/** Rings of walking reach: nearest first. */
export const REACH_COLOURS = ['#1b7f5c', '#4aa77f', '#9ccfb2'] as const;

// Drawn with the fonts of the machine: no glyphs are fetched.
export const FONT = ['Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', 'sans-serif'];
export const INK = '#22303c';
