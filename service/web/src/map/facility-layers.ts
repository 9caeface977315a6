import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl';
import { FONT, INK, SERVICE_COLOURS } from './palette';
import { FACILITIES } from './sources';

const serviceColour: ExpressionSpecification = [
  'match',
  ['get', 'service'],
  ...Object.entries(SERVICE_COLOURS).flat(),
  '#444444',
] as unknown as ExpressionSpecification;

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

export function facilityLayers(): LayerSpecification[] {
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
