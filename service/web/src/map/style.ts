import type {
  ExpressionSpecification,
  FilterSpecification,
  LayerSpecification,
  Map as MapLibre,
  SourceSpecification,
  StyleSpecification,
} from 'maplibre-gl';
import type { Flag } from '../server/types';
import type { Basemap } from '../state/work.svelte';
import { FLAG_COLOURS, REACH_COLOURS, SERVICE_COLOURS, SHARE_COLOURS } from './palette';

// Drawn with the fonts of the machine: no glyphs are fetched.
const FONT = ['Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', 'sans-serif'];
const INK = '#22303c';

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

/** The flag of a district in an expression; `flags` stand in for those stored. */
function flagExpression(flags: ReadonlyMap<string, Flag> | null): ExpressionSpecification {
  const stored: ExpressionSpecification = ['get', 'flag'];
  if (flags === null || flags.size === 0) return stored;
  const ids = new Map<Flag, string[]>();
  for (const [id, flag] of flags) ids.set(flag, [...(ids.get(flag) ?? []), id]);
  return [
    'match',
    ['get', 'id'],
    ...[...ids].flatMap(([flag, list]) => [list, flag]),
    stored,
  ] as unknown as ExpressionSpecification;
}

function colourOf(flag: ExpressionSpecification): ExpressionSpecification {
  return [
    'match',
    flag,
    ...Object.entries(FLAG_COLOURS).flat(),
    FLAG_COLOURS.not_assessed,
  ] as unknown as ExpressionSpecification;
}

const flagColour = colourOf(['get', 'flag']);

/** Colour the districts of a map anew. */
export function recolour(map: MapLibre, flags: ReadonlyMap<string, Flag> | null): void {
  const flag = flagExpression(flags);
  const colour = colourOf(flag);
  map.setPaintProperty('district-fill', 'fill-color', colour);
  map.setPaintProperty('district-line', 'line-color', colour);
  map.setPaintProperty('district-pattern', 'fill-pattern', ['concat', 'pattern-', flag]);
  map.setFilter('district-pattern', patterned(flag));
}

const serviceColour: ExpressionSpecification = [
  'match',
  ['get', 'service'],
  ...Object.entries(SERVICE_COLOURS).flat(),
  '#444444',
] as unknown as ExpressionSpecification;

function patterned(flag: ExpressionSpecification): FilterSpecification {
  return ['in', flag, ['literal', ['underserved', 'watch', 'undetermined']]];
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

/** Layers of the districts judged, under the streets' names and the facilities. */
export function districtLayers(): LayerSpecification[] {
  const at = { source: DISTRICTS, 'source-layer': '' } as const;
  return [
    {
      id: 'district-fill',
      type: 'fill',
      ...at,
      paint: {
        'fill-color': flagColour,
        'fill-opacity': ['interpolate', ['linear'], ['zoom'], 10, 0.9, 14, 0.62],
      },
    },
    {
      id: 'district-pattern',
      type: 'fill',
      ...at,
      minzoom: 12.5,
      filter: patterned(['get', 'flag']),
      paint: { 'fill-pattern': ['concat', 'pattern-', ['get', 'flag']] },
    },
    {
      id: 'district-line',
      type: 'line',
      ...at,
      paint: {
        'line-color': flagColour,
        'line-width': ['interpolate', ['linear'], ['zoom'], 9, 1.1, 14, 1.6],
      },
    },
    {
      id: 'district-chosen',
      type: 'line',
      ...at,
      filter: ['==', ['get', 'id'], ''],
      paint: { 'line-color': INK, 'line-width': 3.5 },
    },
  ];
}

export function signLayers(): LayerSpecification[] {
  const at = { source: 'district-points' } as const;
  return [
    {
      id: 'district-sign',
      type: 'symbol',
      ...at,
      minzoom: 12.5,
      filter: ['!=', ['get', 'flag'], 'served'],
      layout: {
        'icon-image': ['concat', 'sign-', ['get', 'flag']],
        'icon-size': ['interpolate', ['linear'], ['zoom'], 12, 0.7, 15, 1],
        'icon-padding': 1,
        'symbol-sort-key': ['get', 'rank'],
      },
    },
    {
      id: 'district-name',
      type: 'symbol',
      ...at,
      minzoom: 14.2,
      layout: {
        'text-field': ['coalesce', ['get', 'name'], ['get', 'id']],
        'text-font': FONT,
        'text-size': 12,
        'text-offset': [0, 1.1],
        'text-anchor': 'top',
        'text-optional': true,
        'symbol-sort-key': ['get', 'rank'],
      },
      paint: { 'text-color': INK, 'text-halo-color': '#ffffff', 'text-halo-width': 1.4 },
    },
  ];
}

/** Colour the areas of a level by their shares; null takes the colour away. */
export function shade(
  map: MapLibre,
  level: string,
  shares: ReadonlyMap<string, number> | null,
): void {
  map.setFilter('area-fill', ['==', ['get', 'level'], shares === null ? '' : level]);
  map.setFilter('area-edge', ['==', ['get', 'level'], shares === null ? '' : level]);
  if (shares === null || shares.size === 0) {
    map.setPaintProperty('area-fill', 'fill-color', NO_SHARE);
    return;
  }
  map.setPaintProperty('area-fill', 'fill-color', [
    'match',
    ['get', 'id'],
    ...[...shares].flatMap(([code, share]) => [code, shareColour(share)]),
    NO_SHARE,
  ] as unknown as ExpressionSpecification);
}

const NO_SHARE = '#e4e2dc';

function shareColour(share: number): string {
  return SHARE_COLOURS[Math.min(4, Math.floor(share * 5))]!;
}

function groundLayers(): LayerSpecification[] {
  return [{ id: 'ground', type: 'background', paint: { 'background-color': '#f3f2ee' } }];
}

function baseLayers(): LayerSpecification[] {
  const wide: ExpressionSpecification = [
    'match',
    ['get', 'highway'],
    ['trunk', 'primary', 'secondary', 'trunk_link', 'primary_link'],
    1.8,
    ['tertiary', 'secondary_link', 'unclassified'],
    1.2,
    0.6,
  ];
  return [
    {
      id: 'area-fill',
      type: 'fill',
      source: AREAS,
      'source-layer': AREAS,
      filter: ['==', ['get', 'level'], ''],
      paint: { 'fill-color': '#ffffff', 'fill-opacity': 0.85 },
    },
    {
      id: 'area-edge',
      type: 'line',
      source: AREAS,
      'source-layer': AREAS,
      filter: ['==', ['get', 'level'], ''],
      paint: { 'line-color': '#ffffff', 'line-width': 1 },
    },
    {
      id: 'street-line',
      type: 'line',
      source: STREETS,
      'source-layer': 'network-edges',
      minzoom: 12,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': '#b9b5aa',
        'line-width': [
          'interpolate',
          ['exponential', 1.5],
          ['zoom'],
          12,
          ['*', 0.7, wide],
          16,
          ['*', 2.6, wide],
        ],
      },
    },
    {
      id: 'area-line',
      type: 'line',
      source: AREAS,
      'source-layer': AREAS,
      filter: ['in', ['get', 'level'], ['literal', ['prefecture', 'county', 'township']]],
      paint: {
        'line-color': '#5f6b76',
        'line-width': ['match', ['get', 'level'], 'prefecture', 2, 'county', 1.5, 0.6],
        'line-dasharray': [4, 2],
        'line-opacity': 0.75,
      },
    },
  ];
}

function overlayLayers(): LayerSpecification[] {
  return [
    {
      id: 'reach-fill',
      type: 'fill',
      source: 'reach',
      paint: {
        'fill-color': [
          'match',
          ['get', 'ring'],
          0,
          REACH_COLOURS[0],
          1,
          REACH_COLOURS[1],
          REACH_COLOURS[2],
        ],
        'fill-opacity': 0.3,
      },
    },
    {
      id: 'reach-line',
      type: 'line',
      source: 'reach',
      paint: { 'line-color': '#0d5b40', 'line-width': ['match', ['get', 'ring'], 2, 2, 1.2] },
    },
    {
      id: 'radius-line',
      type: 'line',
      source: 'radii',
      paint: { 'line-color': INK, 'line-width': 1.6, 'line-dasharray': [3, 2] },
    },
    {
      id: 'path-case',
      type: 'line',
      source: 'paths',
      filter: ['!=', ['get', 'straight'], true],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': '#ffffff', 'line-width': 6 },
    },
    {
      id: 'path-line',
      type: 'line',
      source: 'paths',
      filter: ['!=', ['get', 'straight'], true],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': '#0d5b40', 'line-width': 3.2 },
    },
    {
      id: 'path-straight',
      type: 'line',
      source: 'paths',
      filter: ['==', ['get', 'straight'], true],
      paint: { 'line-color': INK, 'line-width': 1.4, 'line-dasharray': [1, 2] },
    },
    {
      id: 'site-fill',
      type: 'fill',
      source: 'site',
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': '#1d3557', 'fill-opacity': 0.22 },
    },
    {
      id: 'site-line',
      type: 'line',
      source: 'site',
      paint: { 'line-color': '#1d3557', 'line-width': 2.5 },
    },
    {
      id: 'site-point',
      type: 'circle',
      source: 'site',
      filter: ['==', ['geometry-type'], 'Point'],
      paint: {
        'circle-radius': 5,
        'circle-color': '#ffffff',
        'circle-stroke-color': '#1d3557',
        'circle-stroke-width': 2.5,
      },
    },
  ];
}

// Closed, or not yet open, as it is recorded today: drawn faintly, because it serves nobody.
const NOT_OPEN: ExpressionSpecification = [
  'any',
  ['all', ['has', 'closed_on'], ['<=', ['get', 'closed_on'], new Date().toLocaleDateString('sv')]],
  ['all', ['has', 'opened_on'], ['>', ['get', 'opened_on'], new Date().toLocaleDateString('sv')]],
  [
    'in',
    ['coalesce', ['get', 'status'], 'operating'],
    ['literal', ['planned', 'approved', 'under_construction', 'suspended', 'cancelled', 'closed']],
  ],
];

function facilityLayers(): LayerSpecification[] {
  return [
    {
      id: 'facility-dot',
      type: 'circle',
      source: FACILITIES,
      'source-layer': FACILITIES,
      minzoom: 11.4,
      maxzoom: 13.5,
      paint: {
        'circle-color': ['case', NOT_OPEN, '#9aa3ab', serviceColour],
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 11, 1.4, 13, 3],
        'circle-stroke-color': '#ffffff',
        'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 11, 0.4, 13, 1],
      },
    },
    {
      id: 'facility-sign',
      type: 'symbol',
      source: FACILITIES,
      'source-layer': FACILITIES,
      minzoom: 13.5,
      layout: {
        'icon-image': ['concat', 'kind-', ['get', 'kind']],
        'icon-size': ['interpolate', ['linear'], ['zoom'], 13.5, 0.75, 16, 1.1],
        'icon-allow-overlap': true,
      },
      paint: { 'icon-opacity': ['case', NOT_OPEN, 0.35, 1] },
    },
    {
      id: 'place-sign',
      type: 'circle',
      source: 'places',
      paint: {
        'circle-radius': ['coalesce', ['get', 'radius'], 7],
        'circle-color': ['coalesce', ['get', 'colour'], '#1d3557'],
        'circle-stroke-color': '#ffffff',
        'circle-stroke-width': 2,
      },
    },
    {
      id: 'place-name',
      type: 'symbol',
      source: 'places',
      layout: {
        'text-field': ['coalesce', ['get', 'label'], ''],
        'text-font': FONT,
        'text-size': 12,
        'text-offset': [0, 1],
        'text-anchor': 'top',
      },
      paint: { 'text-color': INK, 'text-halo-color': '#ffffff', 'text-halo-width': 1.6 },
    },
  ];
}

function importLayers(): LayerSpecification[] {
  const lines: FilterSpecification = [
    'match',
    ['geometry-type'],
    ['LineString', 'MultiLineString'],
    true,
    false,
  ];
  return [
    {
      id: 'imported-line',
      type: 'line',
      source: 'imported',
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': [
          'match',
          ['get', 'becomes'],
          'added',
          '#1f7a50',
          ['changed', 'reopened'],
          '#b06a00',
          '#6b7680',
        ],
        'line-width': 2,
      },
    },
    {
      id: 'imported-sign',
      type: 'symbol',
      source: 'imported',
      filter: ['!', lines] as FilterSpecification,
      layout: {
        'icon-image': ['concat', 'import-', ['get', 'becomes']],
        'icon-size': 0.85,
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
      },
    },
    {
      id: 'aside-ring',
      type: 'circle',
      source: 'aside',
      filter: ['==', ['get', 'chosen'], true],
      paint: {
        'circle-radius': 15,
        'circle-color': 'rgba(255, 255, 255, 0.55)',
        'circle-stroke-color': INK,
        'circle-stroke-width': 2,
      },
    },
    {
      id: 'aside-sign',
      type: 'symbol',
      source: 'aside',
      layout: {
        'icon-image': ['concat', 'import-', ['get', 'sign']],
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
        'symbol-sort-key': ['case', ['get', 'chosen'], 1, 0],
      },
    },
  ];
}

function nameLayers(): LayerSpecification[] {
  return [
    {
      id: 'area-name',
      type: 'symbol',
      source: 'area-points',
      maxzoom: 13.5,
      layout: {
        'text-field': ['get', 'name'],
        'text-font': FONT,
        'text-size': 14,
      },
      paint: { 'text-color': INK, 'text-halo-color': '#ffffff', 'text-halo-width': 2 },
    },
  ];
}

function rasterLayer(id: string): LayerSpecification {
  return { id, type: 'raster', source: id };
}

/** The whole style for an evaluation, or for none. */
export function style(evaluation: string | null, basemap: Basemap | null): StyleSpecification {
  const collection = `evaluation-${evaluation}-districts`;
  const named = (layers: LayerSpecification[]): LayerSpecification[] =>
    evaluation
      ? layers.map((layer) => ({ ...layer, 'source-layer': collection }) as LayerSpecification)
      : [];
  return {
    version: 8,
    sources: sources(evaluation, basemap),
    layers: [
      ...groundLayers(),
      ...(basemap ? [rasterLayer('base')] : []),
      ...(basemap?.labels ? [rasterLayer('base-labels')] : []),
      ...baseLayers(),
      ...named(districtLayers()),
      ...overlayLayers(),
      ...facilityLayers(),
      ...signLayers(),
      ...importLayers(),
      ...nameLayers(),
    ],
  };
}
