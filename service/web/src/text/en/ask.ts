import type { ask as zh } from '../zh/ask';

/** Panel: ask the map. */
export const ask: typeof zh = {
  ask: {
    title: 'Ask the map',
    how: 'Click a place on the map, or drag the pin: the nearest facilities and the 5, 10 and 15 minute reach follow.',
    profile: 'Walking as',
    nearest: 'Nearest facilities',
    service: 'Service',
    none: 'No facility that counts within 5,000 m.',
    reach: 'Walking reach',
    offNetwork: 'Too far from the streets to tell the walking reach.',
    straightM: '{metres} m straight',
    walkM: '{metres} m on foot, {minutes} min',
    rules: 'By clause',
    place: 'Place',
    centre: 'Use the centre of the map',
    reachLabel: '{minutes} min',
  },
};
