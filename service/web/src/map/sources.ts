import type { SourceSpecification, StyleSpecification } from 'maplibre-gl';
import type { Basemap } from '../state/work.svelte';

export const AREAS = 'areas';
export const DISTRICTS = 'districts';
export const FACILITIES = 'facilities';
export const STREETS = 'streets';
/** Sources the page fills itself, drawn above what comes in tiles. */
export const OVERLAYS = [
  'reach',
  'radii',
  'paths',
  'site',
  'places',
  // What an import would store, and what of it is set aside.
  'imported',
  'aside',
  // Points inside districts and areas: polygons of tiles are cut at their edges, and a sign or name
  // would stand on each part.
  'district-points',
  'area-points',
] as const;
export type Overlay = (typeof OVERLAYS)[number];

export function tiles(collection: string): string {
  return `${location.origin}/ogc/collections/${collection}/tiles/WebMercatorQuad/{z}/{y}/{x}?f=mvt`;
}

function raster(addresses: string[], basemap: Basemap): SourceSpecification {
  return {
    type: 'raster',
    tiles: addresses,
    tileSize: basemap.tile_size,
    maxzoom: basemap.max_zoom,
    attribution: basemap.attribution,
  };
}

export function sources(
  evaluation: string | null,
  basemap: Basemap | null,
): StyleSpecification['sources'] {
  const vector = (collection: string, maxzoom: number): SourceSpecification => ({
    type: 'vector',
    tiles: [tiles(collection)],
    minzoom: 8,
    maxzoom,
    promoteId: 'id',
  });
  return {
    ...(basemap ? { base: raster(basemap.tiles, basemap) } : {}),
    ...(basemap?.labels ? { 'base-labels': raster(basemap.labels, basemap) } : {}),
    [AREAS]: vector('areas', 14),
    [STREETS]: { ...vector('network-edges', 15), minzoom: 12 } as SourceSpecification,
    [FACILITIES]: vector('facilities', 14),
    ...(evaluation ? { [DISTRICTS]: vector(`evaluation-${evaluation}-districts`, 14) } : {}),
    ...Object.fromEntries(
      OVERLAYS.map((name) => [
        name,
        { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
      ]),
    ),
  } as StyleSpecification['sources'];
}
