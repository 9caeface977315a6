import type { ExpressionSpecification, LayerSpecification, Map as MapLibre } from 'maplibre-gl';
import { FONT, INK, SHARE_COLOURS } from './palette';
import { AREAS } from './sources';

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

/** Areas as a ground that is shaded, under the streets. */
export function areaGround(): LayerSpecification[] {
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
  ];
}

/** The borders of areas, above the streets. */
export function areaBorders(): LayerSpecification[] {
  return [
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

export function areaNames(): LayerSpecification[] {
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
