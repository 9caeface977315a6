import type { Feature, Geometry, Point } from 'geojson';
import { KIND_SIGNS } from '../../map/images';
import type { Flag, Verdict } from '../../server/types';

export type Change = { name?: string } & (
  | { action: 'add'; facility: Feature<Point, Record<string, unknown>> }
  | { action: 'move'; id: string; geometry: Geometry }
  | { action: 'close'; id: string; on?: string }
  | { action: 'change'; id: string; properties: Record<string, unknown> }
);

type Totals = {
  flags: Record<Flag, number>;
  households_concerned: number;
  rules: Record<string, Partial<Record<Verdict, number>>>;
};

export type ChangedDistrict = {
  id: string;
  name: string | null;
  flag_before: Flag;
  flag_after: Flag;
  households_concerned_before: number | null;
  households_concerned_after: number | null;
};

export type ScenarioResult = {
  before: Totals;
  after: Totals;
  districts: ChangedDistrict[];
};

export type StoredScenario = {
  id: string;
  name: string;
  base_evaluation: string;
  // A count in lists.
  changes: Change[] | number;
  result?: ScenarioResult | null;
  not_worked_out?: string | null;
};

/** The change that adds a facility of a kind at a place; it operates on the day of the baseline. */
export function addition(
  kind: string,
  at: [number, number],
  size: { floorArea: number; places: number },
  count: number,
): Change {
  const service = KIND_SIGNS[kind]?.[0] ?? 'childcare';
  const capacity = service === 'childcare' ? { places: size.places } : { beds: size.places };
  return {
    action: 'add',
    name: `#${count}`,
    facility: {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: at },
      properties: {
        kind,
        service,
        floor_area_m2: size.floorArea,
        ...(service === 'education' ? {} : capacity),
        ...(kind === 'kindergarten_class'
          ? { takes_outside_children: true, childcare_floor_area_m2: size.floorArea }
          : {}),
        ...(kind === 'workplace_childcare' ? { open_to_residents: true } : {}),
      },
    },
  };
}
