import { ask } from './zh/ask';
import { figures } from './zh/figures';
import { frame } from './zh/frame';
import { importing } from './zh/importing';
import { map } from './zh/map';
import { overview } from './zh/overview';
import { review } from './zh/review';
import { scenario } from './zh/scenario';
import { why } from './zh/why';
import { words } from './zh/words';

/** Every text of the page in Chinese; the English ones have the same keys. */
export const zh = {
  ...frame,
  ...words,
  ...map,
  ...overview,
  ...why,
  ...ask,
  ...scenario,
  ...review,
  ...importing,
  ...figures,
};

export type Texts = typeof zh;
