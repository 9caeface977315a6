import { tick } from 'svelte';
import { askJson } from '../../server/ask';
import type { DistrictFeature, DistrictPage, Flag } from '../../server/types';
import { rows } from '../../state/rows.svelte';
import { WORST, work } from '../../state/work.svelte';

/** The worst districts of the evaluation, page by page. */
export class Worst {
  districts = $state.raw<DistrictFeature[]>([]);
  next = $state<string | null>(null);
  loading = $state(false);
  error = $state.raw<unknown>(null);

  /** Read the first page of the districts of a flag, or the page that follows. */
  async read(flag: Flag | '', first: boolean): Promise<void> {
    this.loading = true;
    this.error = null;
    try {
      const path =
        first || this.next === null ? work.part('districts', { limit: WORST, flag }) : this.next;
      const page = await askJson<DistrictPage & { links: { rel: string; href: string }[] }>(path);
      this.districts = first ? page.features : [...this.districts, ...page.features];
      // After the list, which people look at first; both at once would delay it.
      void rows.read();
      if (performance.getEntriesByName('summary-shown').length === 0) {
        void tick().then(() => {
          performance.mark('summary-shown');
          // A frame later it is painted.
          requestAnimationFrame(() => setTimeout(work.listed));
        });
      }
      const link = page.links.find((one) => one.rel === 'next');
      this.next = link ? new URL(link.href).pathname + new URL(link.href).search : null;
    } catch (fault) {
      this.error = fault;
    } finally {
      this.loading = false;
    }
  }
}
