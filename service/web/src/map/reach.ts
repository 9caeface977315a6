import type { FeatureCollection } from 'geojson';
import { askJson, query } from '../server/ask';

export const PROFILES = ['adult', 'adult_with_child', 'elderly', 'wheelchair'] as const;
export type Profile = (typeof PROFILES)[number];

/** Rings of 5, 10 and 15 minutes around a place, the widest first so that all can be seen. */
export async function reachOf(
  lon: number,
  lat: number,
  profile: string,
  signal?: AbortSignal,
): Promise<FeatureCollection> {
  const found = await askJson<FeatureCollection>(
    `/v1/isochrone${query({ lon, lat, minutes: '5,10,15', profile })}`,
    signal ? { signal } : {},
  );
  return {
    type: 'FeatureCollection',
    features: found.features
      .filter((one) => one.geometry !== null)
      .map((one, ring) => ({ ...one, properties: { ...one.properties, ring } }))
      .reverse(),
  };
}
