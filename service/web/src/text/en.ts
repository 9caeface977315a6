import { ask } from './en/ask';
import { figures } from './en/figures';
import { frame } from './en/frame';
import { importing } from './en/importing';
import { map } from './en/map';
import { overview } from './en/overview';
import { review } from './en/review';
import { scenario } from './en/scenario';
import { why } from './en/why';
import { words } from './en/words';
import type { Texts } from './zh';

/** Every text of the page in English. */
export const en: Texts = {
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
