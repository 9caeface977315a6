import { untrack } from 'svelte';
import { ask, askJson, query, save } from '../../server/ask';
import { session } from '../../state/session.svelte';
import { work } from '../../state/work.svelte';
import { texts } from '../../text/texts.svelte';
import { NO_FAULTS, place, type Faults } from './faults';
import {
  blank,
  read,
  written,
  type Project,
  type ProjectFile,
  type Site,
  type StageId,
} from './project';
import type { Review, StoredReview } from './review';

// What is written has come to rest by then, and the neighbours are asked for.
const NEIGHBOURS_MS = 700;

/** The project being reviewed. It outlives the panel: who looks elsewhere finds it again. */
class Draft {
  project = $state<Project>(blank(''));
  stage = $state<StageId>('design');
  pack = $state('');
  review = $state.raw<Review | null>(null);
  faults = $state.raw<Faults>(NO_FAULTS);
  busy = $state(false);
  /** What is being stored or written just now. */
  making = $state<'' | 'store' | 'docx' | 'pdf'>('');
  /** The stored project this one is, as it was last read or written. */
  #kept = $state.raw<{ id: string; version: number; text: string } | null>(null);
  #past = $state.raw<readonly (Site | null)[]>([]);
  #future = $state.raw<readonly (Site | null)[]>([]);
  #stored = $state('');
  #turn = 0;
  #begun = false;

  readonly written = $derived(written(this.project));
  readonly chosenPack = $derived(work.config?.packs.find((one) => one.id === this.pack));
  /** True where no opinion can come of it: the rules are not those of the place. */
  readonly illustration = $derived.by(() => {
    const codes = this.chosenPack?.region_codes ?? [];
    const area = this.project.area;
    return area === '' || !codes.some((code) => area.startsWith(code));
  });

  /** True where something would be lost with the page. */
  readonly unstored = $derived(
    this.project.site !== null && JSON.stringify(this.written?.document ?? null) !== this.#stored,
  );

  /** Begin where nothing was begun yet. */
  begin(): void {
    if (!this.#begun) this.clear();
    if (this.pack === '') this.pack = work.summary?.pack[0] ?? work.config?.packs[0]?.id ?? '';
  }

  clear(): void {
    this.#begun = true;
    this.project = blank(texts().review.firstPhase);
    this.#kept = null;
    this.#forget();
  }

  /** Take over a project, of a file or a stored one. */
  load(file: ProjectFile, version: number | null = null): void {
    this.#begun = true;
    this.project = read(file);
    this.#kept = version === null ? null : { id: file.id, version, text: this.#text() };
    this.#forget();
  }

  #forget(): void {
    this.review = null;
    this.faults = NO_FAULTS;
    this.#past = [];
    this.#future = [];
  }

  // --- the site, and going back in it ---------------------------------------------------------

  get undoable(): boolean {
    return this.#past.length > 0;
  }

  get redoable(): boolean {
    return this.#future.length > 0;
  }

  setSite(site: Site | null): void {
    this.#past = [...this.#past, $state.snapshot(this.project.site) as Site | null];
    this.#future = [];
    this.project.site = site;
  }

  undo(): void {
    const before = this.#past.at(-1);
    if (before === undefined) return;
    this.#future = [...this.#future, $state.snapshot(this.project.site) as Site | null];
    this.#past = this.#past.slice(0, -1);
    this.project.site = before;
  }

  redo(): void {
    const next = this.#future.at(-1);
    if (next === undefined) return;
    this.#past = [...this.#past, $state.snapshot(this.project.site) as Site | null];
    this.#future = this.#future.slice(0, -1);
    this.project.site = next;
  }

  // --- asking the service ---------------------------------------------------------------------

  /**
   * Review what is written; a later question makes an earlier answer void.
   *
   * The clauses come first, the neighbours after them: those take many times as long.
   */
  async judge(): Promise<void> {
    const asked = this.written;
    if (asked === null) return;
    const mine = ++this.#turn;
    this.busy = true;
    try {
      for (const neighbours of [false, true]) {
        if (neighbours) await new Promise((resolve) => setTimeout(resolve, NEIGHBOURS_MS));
        if (mine !== this.#turn) return;
        const found = await askJson<Review>(
          `/v1/reviews${query({ ...this.#question, dry_run: true, neighbours })}`,
          { method: 'POST', json: asked.document },
        );
        if (mine !== this.#turn) return;
        await work.know([this.pack]);
        this.review = found;
        this.faults = NO_FAULTS;
        this.busy = false;
      }
    } catch (fault) {
      if (mine !== this.#turn) return;
      this.review = null;
      this.faults = place(fault, asked.phases, texts());
      this.busy = false;
    }
  }

  /** Forget the answer: what was asked is no longer what is written. */
  drop(): void {
    this.#turn++;
    this.busy = false;
    this.review = null;
    this.faults = NO_FAULTS;
  }

  /** Store the review as a draft, the project with it where the role may; return its id. */
  async store(): Promise<string | null> {
    return this.#make('store', async () => {
      const { document } = this.written!;
      let body: unknown = document;
      if (session.may('editor')) {
        await this.#keep(document);
        body = { project: { id: document.id } };
      }
      const made = await askJson<StoredReview>(
        `/v1/reviews${query({
          ...this.#question,
          neighbours: true,
          illustration: this.illustration || null,
        })}`,
        { method: 'POST', json: body },
      );
      this.#stored = this.#text();
      return made.id;
    });
  }

  async download(kind: 'docx' | 'pdf'): Promise<void> {
    await this.#make(kind, async () => {
      const answer = await ask(
        `/v1/reviews/report.${kind}${query({ ...this.#question, neighbours: true })}`,
        { method: 'POST', json: this.written!.document, accept: '*/*' },
      );
      save(await answer.blob(), `${this.project.name || this.project.id}-${this.stage}.${kind}`);
    });
  }

  get #question(): { stage: StageId; pack: string } {
    return { stage: this.stage, pack: this.pack };
  }

  async #make<T>(what: typeof this.making, make: () => Promise<T>): Promise<T | null> {
    const phases = this.written?.phases ?? [];
    this.making = what;
    try {
      return await make();
    } catch (fault) {
      this.faults = place(fault, phases, texts());
      return null;
    } finally {
      this.making = '';
    }
  }

  /** Store the project: a new one, the next version of the stored one, or nothing if it is that. */
  async #keep(document: ProjectFile): Promise<void> {
    const text = this.#text();
    const known = untrack(() => this.#kept);
    const same = known?.id === document.id ? known : null;
    if (same?.text === text) return;
    const feature = { type: 'Feature', geometry: null, properties: { document } };
    const made = same
      ? await askJson<{ version: number }>(`/v1/projects/${encodeURIComponent(document.id)}`, {
          method: 'PUT',
          json: feature,
          ifMatch: same.version,
        })
      : await askJson<{ version: number }>('/v1/projects', { method: 'POST', json: feature });
    this.#kept = { id: document.id, version: made.version, text };
  }

  #text(): string {
    return JSON.stringify(written(this.project)?.document ?? null);
  }
}

export const draft = new Draft();
