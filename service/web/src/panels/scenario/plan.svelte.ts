import type { Point } from 'geojson';
import { stage } from '../../map/stage.svelte';
import { askJson } from '../../server/ask';
import { view } from '../../state/view.svelte';
import { work } from '../../state/work.svelte';
import { texts } from '../../text/texts.svelte';
import { addition, type Change, type ScenarioResult, type StoredScenario } from './scenario';

/** The scenario under way: its changes, what they come to, and what a click on the map does. */
export class Plan {
  changes = $state.raw<readonly Change[]>([]);
  result = $state.raw<ScenarioResult | null>(null);
  mode = $state<'pick' | 'add' | 'move'>('pick');
  picked = $state.raw<{ id: string; name: string } | null>(null);
  kind = $state('community_childcare');
  floorArea = $state(300);
  places = $state(30);
  shown = $state<'after' | 'before' | 'beside'>('after');
  busy = $state(false);
  error = $state.raw<unknown>(null);
  name = $state('');
  message = $state('');
  stored = $state.raw<readonly StoredScenario[]>([]);
  #again = false;

  /** Do with a place of the map what the mode says. */
  click(lngLat: { lng: number; lat: number }, point: { x: number; y: number }): void {
    const at: [number, number] = [Number(lngLat.lng.toFixed(6)), Number(lngLat.lat.toFixed(6))];
    if (this.mode === 'add') {
      const size = { floorArea: this.floorArea, places: this.places };
      this.change([...this.changes, addition(this.kind, at, size, this.changes.length + 1)]);
      this.mode = 'pick';
    } else if (this.mode === 'move' && this.picked) {
      const geometry: Point = { type: 'Point', coordinates: at };
      const { id, name } = this.picked;
      this.change([...this.changes, { action: 'move', id, name, geometry }]);
      this.drop();
    } else this.#pick(point);
  }

  #pick(point: { x: number; y: number }): void {
    const map = stage.map;
    if (!map) return;
    const [facility] = map.queryRenderedFeatures([point.x, point.y], { layers: ['facility-sign'] });
    if (facility) {
      const id = String(facility.properties['id']);
      this.picked = { id, name: String(facility.properties['name'] ?? id) };
      return;
    }
    const [district] = map.queryRenderedFeatures([point.x, point.y], { layers: ['district-fill'] });
    if (district) view.district = String(district.properties['id']);
  }

  /** Let go of the facility that was picked. */
  drop(): void {
    this.picked = null;
    this.mode = 'pick';
  }

  close(): void {
    if (this.picked === null) return;
    const { id, name } = this.picked;
    this.picked = null;
    this.change([...this.changes, { action: 'close', id, name }]);
  }

  change(next: readonly Change[]): void {
    this.changes = next;
    this.message = '';
    view.scenario = null;
    void this.#calculate();
  }

  /** One calculation at a time; the last state of the scenario is always the one shown. */
  async #calculate(): Promise<void> {
    if (this.changes.length === 0) {
      this.result = null;
      return;
    }
    if (this.busy) {
      this.#again = true;
      return;
    }
    await this.#busily(async () => {
      do {
        this.#again = false;
        this.result = await askJson<ScenarioResult>('/v1/scenarios?dry_run=true', {
          method: 'POST',
          json: this.#body(),
        });
      } while (this.#again);
    });
  }

  async open(id: string): Promise<void> {
    await this.#busily(async () => {
      const found = await askJson<StoredScenario>(`/v1/scenarios/${encodeURIComponent(id)}`);
      if (found.base_evaluation !== work.evaluation?.id) await work.open(found.base_evaluation);
      this.changes = found.changes as Change[];
      this.result = found.result ?? null;
      if (found.not_worked_out) this.message = found.not_worked_out;
      this.name = found.name ?? '';
      view.scenario = id;
    });
  }

  async list(): Promise<void> {
    try {
      this.stored = (await askJson<{ scenarios: StoredScenario[] }>('/v1/scenarios')).scenarios;
    } catch {
      this.stored = [];
    }
  }

  async keep(): Promise<void> {
    await this.#busily(async () => {
      const made = await askJson<{ id: string }>('/v1/scenarios', {
        method: 'POST',
        json: {
          ...this.#body(),
          name: this.name.trim() || `${texts().scenario.title} ${new Date().toLocaleString()}`,
        },
      });
      view.scenario = made.id;
      this.message = texts().scenario.saved;
      await this.list();
    });
  }

  async #busily(work: () => Promise<void>): Promise<void> {
    this.error = null;
    this.busy = true;
    try {
      await work();
    } catch (fault) {
      this.error = fault;
    } finally {
      this.busy = false;
    }
  }

  #body(): Record<string, unknown> {
    return {
      base_evaluation: work.evaluation?.id,
      // Names are for the list here; the server knows them.
      changes: this.changes.map(({ name: _name, ...rest }) => rest),
    };
  }
}
