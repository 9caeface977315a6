import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Basemap } from '../state/work.svelte';
import { STREETS, sources } from './sources';
import { areaBorders, areaGround, areaNames } from './area-layers';
import { districtLayers, signLayers } from './district-layers';
import { facilityLayers } from './facility-layers';
import { importLayers } from './import-layers';
import { overlayLayers } from './overlay-layers';

function groundLayers(): LayerSpecification[] {
  return [{ id: 'ground', type: 'background', paint: { 'background-color': '#f3f2ee' } }];
}

function streetLayers(): LayerSpecification[] {
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
      ...areaGround(),
      ...streetLayers(),
      ...areaBorders(),
      ...named(districtLayers()),
      ...overlayLayers(),
      ...facilityLayers(),
      ...signLayers(),
      ...importLayers(),
      ...areaNames(),
    ],
  };
}
