import { askJson } from '../server/ask';
import type { Flag, Verdict } from '../server/types';
import { work } from './work.svelte';

type Columns = {
  id: string[];
  rank: number[];
  name: (string | null)[];
  stage: string[];
  households: (number | null)[];
  community: (string | null)[];
  flag: Flag[];
  households_concerned: (number | null)[];
  bbox: [number, number, number, number][];
  place: [number, number][];
  verdicts: Record<string, (Verdict | null)[]>;
};

export type Row = {
  at: number;
  id: string;
  rank: number;
  name: string | null;
  stage: string;
  households: number | null;
  flag: Flag;
  concerned: number | null;
  bbox: [number, number, number, number];
  place: [number, number];
};

/** All districts of the evaluation shown, light enough to sort and filter in the page. */
class Rows {
  all = $state.raw<readonly Row[]>([]);
  verdicts = $state.raw<Readonly<Record<string, (Verdict | null)[]>>>({});
  error = $state.raw<unknown>(null);
  loading = $state(false);
  #of: string | null = null;

  /** Read them once for each evaluation. */
  async read(): Promise<void> {
    const evaluation = work.evaluation?.id ?? null;
    if (evaluation === null || evaluation === this.#of) return;
    this.#of = evaluation;
    this.loading = true;
    this.error = null;
    try {
      const found = await askJson<Columns>(work.part('table'));
      if (this.#of !== evaluation) return;
      this.all = found.id.map((id, at) => ({
        at,
        id,
        rank: found.rank[at]!,
        name: found.name[at] ?? null,
        stage: found.stage[at]!,
        households: found.households[at] ?? null,
        flag: found.flag[at]!,
        concerned: found.households_concerned[at] ?? null,
        bbox: found.bbox[at]!,
        place: found.place[at]!,
      }));
      this.verdicts = found.verdicts;
    } catch (error) {
      this.error = error;
      this.#of = null;
    } finally {
      this.loading = false;
    }
  }

  find(id: string): Row | undefined {
    return this.all.find((row) => row.id === id);
  }
}

export const rows = new Rows();
