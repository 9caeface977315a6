import type { Position } from 'geojson';
import { fill, number, texts } from '../../text/texts.svelte';
import type { Fault, Network } from './upload';

/** Something to be looked at: a row set aside, or what is odd about a network. */
export type Spot = {
  id: string;
  sign: 'quarantined' | 'odd';
  title: string;
  lines: string[];
  /** Longitude and latitude; null where nobody knows. */
  position: Position | null;
};

/** The rows set aside, each with all that is wrong with it. */
export function rowSpots(faults: readonly Fault[]): Spot[] {
  const t = texts();
  const found = new Map<number, Spot>();
  for (const fault of faults) {
    const spot = found.get(fault.row) ?? {
      id: `row-${fault.row}`,
      sign: 'quarantined' as const,
      title: fill(t.import.rowNumber, { row: fault.row }),
      lines: [],
      position: fault.position ?? null,
    };
    spot.lines.push(fault.field === null ? fault.reason : `${fault.field}：${fault.reason}`);
    found.set(fault.row, spot);
  }
  return [...found.values()];
}

/** Parts of a network that hang on nothing, and ends that just miss a street. */
export function networkSpots(network: Network): Spot[] {
  const t = texts();
  const { islands, undershoot_places: ends } = network.diagnosis;
  return [
    ...islands.map((one, at) => ({
      id: `island-${at}`,
      sign: 'odd' as const,
      title: fill(t.import.island, { number: at + 1 }),
      lines: [
        fill(t.import.islandHas, { edges: number(one.edges), km: number(one.length_m / 1000, 2) }),
      ],
      position: [one.lon, one.lat],
    })),
    ...ends.map((one, at) => ({
      id: `end-${at}`,
      sign: 'odd' as const,
      title: fill(t.import.deadEnd, { number: at + 1 }),
      lines: [fill(t.import.deadEndMisses, { metres: number(one.gap_m, 2) })],
      position: [one.lon, one.lat],
    })),
  ];
}
