import type { FeatureCollection } from 'geojson';
import { holds, type Surface } from '../../map/rings';
import { askJson, query } from '../../server/ask';

/** The area a place is in; `code` is null where it is no official one, as in the demo city. */
export type Found = { name: string; code: string | null };

/** Find the smallest stored area a place lies in. */
export async function areaAt([lon, lat]: [number, number]): Promise<Found | null> {
  for (const level of ['community', 'township', 'county']) {
    const bbox = [lon, lat, lon + 1e-6, lat + 1e-6].join(',');
    const page = await askJson<FeatureCollection<Surface | null, { name: string | null }>>(
      `/v1/areas${query({ bbox, level })}`,
    );
    const one = page.features.find((each) => each.geometry && holds(each.geometry, [lon, lat]));
    if (one) {
      const code = String(one.id);
      return {
        name: one.properties.name ?? code,
        code: /^\d{2,12}$/.test(code) ? code : null,
      };
    }
  }
  return null;
}
