import type {
  ExpressionSpecification,
  FilterSpecification,
  LayerSpecification,
  Map as MapLibre,
} from 'maplibre-gl';
import type { Flag } from '../server/types';
import { FLAG_COLOURS, FONT, INK } from './palette';
import { DISTRICTS } from './sources';

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

function patterned(flag: ExpressionSpecification): FilterSpecification {
  return ['in', flag, ['literal', ['underserved', 'watch', 'undetermined']]];
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
