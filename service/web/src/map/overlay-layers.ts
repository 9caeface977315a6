import type { LayerSpecification } from 'maplibre-gl';
import { INK, REACH_COLOURS } from './palette';

export function overlayLayers(): LayerSpecification[] {
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
