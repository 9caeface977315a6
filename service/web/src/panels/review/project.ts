import type { Geometry, MultiPolygon, Point, Polygon } from 'geojson';

export const STAGES = [
  'plan',
  'land_grant',
  'design',
  'verification',
  'completion',
  'handover',
] as const;
export type StageId = (typeof STAGES)[number];
export type Site = Polygon | MultiPolygon | Point;

/** Members of a project file the form has no field for; they are handed in as they came. */
type Rest = Readonly<Record<string, unknown>>;
export type PlannedFacility = {
  id: string;
  kind: string;
  floorArea: number | null;
  phase: string;
  place: Geometry | null;
  rest: Rest;
};
export type Phase = { id: string; units: number | null; rest: Rest };
export type Passed = { stage: StageId; on: string };
export type Project = {
  id: string;
  name: string;
  area: string;
  site: Site | null;
  phases: Phase[];
  facilities: PlannedFacility[];
  passed: Passed[];
  rest: Rest;
};

/** A project nothing is known of yet; its identifier is the minute it was begun. */
export function blank(firstPhase: string): Project {
  const minute = new Date().toLocaleString('sv').replaceAll(/[-:]/g, '').replace(' ', '-');
  return {
    id: `P-${minute.slice(0, 13)}`,
    name: '',
    area: '',
    site: null,
    phases: [{ id: firstPhase, units: null, rest: {} }],
    facilities: [],
    passed: [],
    rest: {},
  };
}

/** The project as the service reads it, and which rows of the form its phases came from. */
export type Written = { document: ProjectFile; phases: readonly number[] };

/** Write a project down; null while something it needs is missing. */
export function written(project: Project): Written | null {
  const phases = project.phases
    .map((phase, at) => ({ phase, at }))
    .filter(({ phase }) => phase.units !== null && phase.units > 0);
  if (project.site === null || phases.length === 0) return null;
  const passed = STAGES.flatMap((stage) => {
    const one = project.passed.find((found) => found.stage === stage && found.on !== '');
    return one ? [{ stage, passed_on: one.on }] : [];
  });
  const document = {
    ...project.rest,
    id: project.id,
    ...(project.name ? { name: project.name } : {}),
    ...(project.area ? { area: project.area } : {}),
    site: project.site,
    phases: phases.map(({ phase }) => ({ ...phase.rest, id: phase.id, units: phase.units! })),
    facilities: project.facilities.map(facility),
    ...(passed.length > 0 ? { history: passed } : {}),
  };
  return { document, phases: phases.map(({ at }) => at) };
}

function facility(one: PlannedFacility): Record<string, unknown> & { id: string; kind: string } {
  const inKindergarten =
    one.kind === 'kindergarten_class'
      ? {
          takes_outside_children: true,
          ...(one.floorArea ? { childcare_floor_area_m2: one.floorArea } : {}),
        }
      : {};
  return {
    ...inKindergarten,
    ...one.rest,
    id: one.id,
    kind: one.kind,
    ...(one.phase ? { phase: one.phase } : {}),
    ...(one.floorArea !== null ? { floor_area_m2: one.floorArea } : {}),
    ...(one.place ? { geometry: one.place } : {}),
  };
}

/** An identifier no facility of the project has yet. */
export function nextId(facilities: readonly PlannedFacility[]): string {
  let number = facilities.length + 1;
  while (facilities.some((one) => one.id === `F${number}`)) number++;
  return `F${number}`;
}

/** A project as it stands in a file. */
export type ProjectFile = {
  id: string;
  name?: string;
  area?: string;
  site: Site;
  phases: ({ id: string; units: number } & Record<string, unknown>)[];
  facilities?: ({
    id: string;
    kind: string;
    floor_area_m2?: number;
    phase?: string;
    geometry?: Geometry;
  } & Record<string, unknown>)[];
  history?: { stage: StageId; passed_on: string }[];
} & Record<string, unknown>;

/** Tell a project file from other JSON, such as GeoJSON. */
export function isProject(found: unknown): found is ProjectFile {
  if (typeof found !== 'object' || found === null) return false;
  const one = found as Record<string, unknown>;
  return Array.isArray(one['phases']) && typeof one['site'] === 'object' && one['site'] !== null;
}

/** Bring a project file into the form; what the form does not show is kept beside. */
export function read(file: ProjectFile): Project {
  const { id, name, area, site, phases, facilities, history, ...rest } = file;
  return {
    id: String(id ?? ''),
    name: name ?? '',
    area: area ?? '',
    site,
    phases: phases.map(({ id, units, ...rest }) => ({ id: String(id), units, rest })),
    facilities: (facilities ?? []).map(
      ({ id, kind, floor_area_m2, phase, geometry, ...rest }, at) => ({
        id: String(id ?? `F${at + 1}`),
        kind,
        floorArea: floor_area_m2 ?? null,
        phase: phase ?? '',
        place: geometry ?? null,
        rest,
      }),
    ),
    passed: (history ?? []).map(({ stage, passed_on }) => ({ stage, on: passed_on })),
    rest,
  };
}
