import { askAhead, askJson, query } from '../server/ask';
import type { Evaluation, Pack, Rule, Summary } from '../server/types';
import { Problem } from '../server/problem';
import { view } from './view.svelte';

export type Basemap = {
  tiles: string[];
  labels: string[] | null;
  attribution: string;
  tile_size: number;
  max_zoom: number;
};
export type PageConfig = {
  packs: Pack[];
  evaluations: { id: string; packs: string[]; as_of: string; target_year: number | null }[];
  network: { attribution: string } | null;
  extent: [number, number, number, number] | null;
  base_map: Basemap | null;
  notices: string[];
};

/** How many of the worst districts are listed at a time. */
export const WORST = 15;

const SOON_MS = 400;

/** What the page works on: the configuration, one evaluation, and the rules of its packs. */
class Work {
  config = $state.raw<PageConfig | null>(null);
  /** Of the evaluation shown, known before what it holds is: the map need not wait for that. */
  id = $state<string | null>(null);
  evaluation = $state.raw<Evaluation | null>(null);
  summary = $state.raw<Summary | null>(null);
  rules = $state.raw<ReadonlyMap<string, Rule & { pack: string }>>(new Map());
  error = $state.raw<unknown>(null);
  evaluating = $state(false);
  /** True where the evaluation of the address is not there, and the newest is shown instead. */
  gone = $state(false);
  /** To be called when the list of the worst stands on the screen. */
  listed: () => void = () => undefined;
  /** Kept when it does, or when it does not come soon: making the map holds the page up. */
  readonly soonListed = new Promise<void>((kept) => {
    this.listed = kept;
  });

  /** Ask for what the first view needs, before it is known who is signed in. */
  askAhead(): void {
    askAhead('/v1/page');
    if (view.evaluation !== null) this.#askAheadOf(view.evaluation);
  }

  #askAheadOf(id: string): void {
    const run = `/v1/evaluations/${id}`;
    for (const path of [run, `${run}/summary`]) askAhead(path);
    askAhead(`${run}/districts${query({ limit: WORST })}`);
  }

  async start(): Promise<void> {
    this.error = null;
    try {
      this.config = await askJson<PageConfig>('/v1/page');
      setTimeout(this.listed, SOON_MS);
      this.id = view.evaluation ?? this.config.evaluations[0]?.id ?? null;
      if (this.id !== null) {
        this.#askAheadOf(this.id);
        await this.open(this.id);
        if (this.#isGone()) await this.#openNewest();
      }
    } catch (error) {
      this.error = error;
    }
  }

  #isGone(): boolean {
    return this.evaluation === null && this.error instanceof Problem && this.error.status === 404;
  }

  /** What an old link named is not there: the newest is, and that it is another is told. */
  async #openNewest(): Promise<void> {
    const newest = this.config?.evaluations[0]?.id;
    if (newest === undefined || newest === this.id) return;
    this.id = newest;
    await this.open(newest);
    this.gone = this.evaluation !== null;
  }

  /** Show another evaluation. */
  async open(id: string): Promise<void> {
    this.error = null;
    try {
      const [evaluation, summary] = await Promise.all([
        askJson<Evaluation>(`/v1/evaluations/${id}`),
        askJson<Summary>(`/v1/evaluations/${id}/summary`),
      ]);
      // The first view does not wait for the rules; another evaluation comes with its own, all at once.
      const rules = this.#readRules(summary.pack);
      if (this.evaluation !== null) this.rules = await rules;
      this.id = id;
      this.evaluation = evaluation;
      this.summary = summary;
      view.evaluation = id;
      this.rules = await rules;
      if (view.rule !== null && !this.rules.has(view.rule)) view.rule = null;
    } catch (error) {
      this.error = error;
    }
  }

  /** Read what is shown again in the language of the view. */
  async reread(): Promise<void> {
    if (this.config === null) return;
    this.config = await askJson<PageConfig>('/v1/page');
    if (this.evaluation !== null) await this.open(this.evaluation.id);
  }

  /** Read the rules of packs that are not those of the evaluation shown, to name what they ask. */
  async know(packs: readonly string[]): Promise<void> {
    const read = new Set([...this.rules.values()].map((rule) => rule.pack));
    const known = new Set(this.config?.packs.map((one) => one.id));
    const missing = packs.filter((one) => !read.has(one) && known.has(one));
    if (missing.length > 0) {
      this.rules = new Map([...this.rules, ...(await this.#readRules(missing))]);
    }
  }

  async evaluate(packs: string[], asOf: string, targetYear: number | null): Promise<void> {
    this.evaluating = true;
    this.gone = false;
    this.error = null;
    try {
      const parameters = targetYear === null ? {} : { target_year: targetYear };
      const made = await askJson<Evaluation>('/v1/evaluations', {
        method: 'POST',
        json: { packs, as_of: asOf, parameters },
      });
      await this.open(made.id);
      this.config = await askJson<PageConfig>('/v1/page');
    } catch (error) {
      this.error = error;
    } finally {
      this.evaluating = false;
    }
  }

  /** The address of a part of the evaluation shown. */
  part(name: string, values: Parameters<typeof query>[0] = {}): string {
    return `/v1/evaluations/${this.evaluation?.id ?? ''}/${name}${query(values)}`;
  }

  async #readRules(packs: string[]): Promise<ReadonlyMap<string, Rule & { pack: string }>> {
    const lists = await Promise.all(
      packs.map(async (pack) => ({
        pack,
        found: await askJson<{ rules: Rule[] }>(`/v1/packs/${pack}/rules`),
      })),
    );
    return new Map(
      lists.flatMap(({ pack, found }) => found.rules.map((rule) => [rule.id, { ...rule, pack }])),
    );
  }
}

export const work = new Work();
