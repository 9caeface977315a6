import type { FeatureCollection, Geometry, Position } from 'geojson';
import { askJson } from '../server/ask';
import type { Flag } from '../server/types';
import type { Row } from '../state/rows.svelte';

/** Points of districts with what their signs and names need. */
export function districtPoints(
  rows: readonly Row[],
  flags: ReadonlyMap<string, Flag> | null,
): FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: rows.map((row) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: row.place },
      properties: {
        id: row.id,
        name: row.name,
        flag: flags?.get(row.id) ?? row.flag,
        rank: row.rank,
      },
    })),
  };
}

/** A point for the name of each county: the centre of its largest part. */
export async function countyPoints(): Promise<FeatureCollection> {
  const found = await askJson<FeatureCollection<Geometry | null>>(
    '/v1/areas?level=county&limit=200',
  );
  return {
    type: 'FeatureCollection',
    features: found.features.flatMap((area) => {
      const ring = largestRing(area.geometry);
      if (ring === null) return [];
      return [
        {
          type: 'Feature' as const,
          geometry: { type: 'Point' as const, coordinates: middle(ring) },
          properties: { name: area.properties?.['name'] as string },
        },
      ];
    }),
  };
}

function largestRing(geometry: Geometry | null): Position[] | null {
  const polygons =
    geometry?.type === 'Polygon'
      ? [geometry.coordinates]
      : geometry?.type === 'MultiPolygon'
        ? geometry.coordinates
        : [];
  let best: Position[] | null = null;
  for (const polygon of polygons) {
    const ring = polygon[0];
    if (ring && (best === null || Math.abs(area(ring)) > Math.abs(area(best)))) best = ring;
  }
  return best;
}

function area(ring: readonly Position[]): number {
  const [west, south] = ring[0] as [number, number];
  let twice = 0;
  for (let at = 1; at < ring.length; at++) {
    const [a, b] = [ring[at - 1]!, ring[at]!];
    twice += (a[0]! - west) * (b[1]! - south) - (b[0]! - west) * (a[1]! - south);
  }
  return twice / 2;
}

function middle(ring: readonly Position[]): Position {
  // The centre of area; where a ring is bent around it, the name still stands among its parts.
  // Counted from its first point, so that no digits are lost.
  const [west, south] = ring[0] as [number, number];
  let [lon, lat, twice] = [0, 0, 0];
  for (let at = 1; at < ring.length; at++) {
    const [x0, y0] = [ring[at - 1]![0]! - west, ring[at - 1]![1]! - south];
    const [x1, y1] = [ring[at]![0]! - west, ring[at]![1]! - south];
    const part = x0 * y1 - x1 * y0;
    lon += (x0 + x1) * part;
    lat += (y0 + y1) * part;
    twice += part;
  }
  return twice === 0 ? [west, south] : [west + lon / (3 * twice), south + lat / (3 * twice)];
}
