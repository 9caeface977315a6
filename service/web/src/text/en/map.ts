import type { map as zh } from '../zh/map';

/** The map and its legend. */
export const map: typeof zh = {
  legend: {
    title: 'Legend',
    facilities: 'Facilities',
    streets: 'Streets',
    layers: 'Layers',
    share: 'Share of people or households within reach',
    noShare: 'No data',
    underservedOnly: 'Zoom in for all symbols',
    reach: 'Walking reach',
    path: 'Walking path',
    straight: 'Straight line',
    collapse: 'Hide the legend',
    expand: 'Legend',
  },
  colour: {
    by: 'Coloured by',
    flag: 'Overall flag',
  },
};
