import type { FilterSpecification, LayerSpecification } from 'maplibre-gl';
import { INK } from './palette';

/** What an import would store, and what of it is set aside or odd. */
export function importLayers(): LayerSpecification[] {
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
