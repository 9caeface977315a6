import type { Feature, FeatureCollection, Geometry, Point, Polygon } from 'geojson';
import type { Finding } from '../server/types';

export const STAGES = [
  'plan',
  'land_grant',
  'design',
  'verification',
  'completion',
  'handover',
] as const;
export type StageId = (typeof STAGES)[number];
export type PlannedFacility = {
  kind: string;
  floorArea: number | null;
  phase: string;
  place: Point | null;
};
export type Phase = { id: string; units: number | null };
export type Project = {
  id: string;
  name: string;
  site: Geometry | null;
  phases: Phase[];
  facilities: PlannedFacility[];
};

type Remedy = { text: string };
export type ReviewFinding = Omit<Finding, 'missing' | 'alternatives'> & {
  pack: string;
  missing: unknown[];
  alternatives: Finding['alternatives'];
  remedies: Remedy[];
  steps: { check: string; verdict: Finding['verdict']; reason: string }[];
  binds: boolean;
  gate: boolean;
};
export type Neighbour = {
  district: string;
  name: string | null;
  households: number | null;
  rule: string;
  change: 'gains' | 'loses';
  before: Finding['verdict'];
  after: Finding['verdict'];
  before_m: number | null;
  after_m: number | null;
};
export type ReviewVerdict = 'pass' | 'pass_with_advice' | 'not_pass' | 'undetermined';
export type Review = {
  verdict: ReviewVerdict;
  stage: StageId;
  illustration: boolean;
  packs: { id: string; region: string; verdict: ReviewVerdict }[];
  findings: ReviewFinding[];
  neighbours: Neighbour[] | null;
};

/** The project as the service reads it; null while something it needs is missing. */
export function document(project: Project): Record<string, unknown> | null {
  const phases = project.phases.filter((phase) => phase.units !== null && phase.units > 0);
  if (project.site === null || phases.length === 0) return null;
  return {
    id: project.id,
    ...(project.name ? { name: project.name } : {}),
    site: project.site,
    phases: phases.map(({ id, units }) => ({ id, units })),
    facilities: project.facilities.map((one, at) => ({
      id: `F${at + 1}`,
      kind: one.kind,
      ...(phases.some((phase) => phase.id === one.phase) ? { phase: one.phase } : {}),
      ...(one.floorArea ? { floor_area_m2: one.floorArea } : {}),
      ...(one.kind === 'kindergarten_class'
        ? {
            takes_outside_children: true,
            ...(one.floorArea ? { childcare_floor_area_m2: one.floorArea } : {}),
          }
        : {}),
      ...(one.place ? { geometry: one.place } : {}),
    })),
  };
}

type ProjectFile = {
  id: string;
  name?: string;
  site: Geometry;
  phases: { id: string; units: number }[];
  facilities?: { kind: string; floor_area_m2?: number; phase?: string; geometry?: Geometry }[];
};

/** What a file holds: a site alone, or a whole project. */
export function readFile(
  text: string,
): { site: Geometry } | { project: Project; raw: ProjectFile } {
  const found = JSON.parse(text) as
    ProjectFile | Feature | FeatureCollection | Geometry | { site?: undefined; type?: undefined };
  if ('site' in found && found.site && Array.isArray((found as ProjectFile).phases)) {
    const raw = found as ProjectFile;
    return {
      raw,
      project: {
        id: raw.id,
        name: raw.name ?? '',
        site: raw.site,
        phases: raw.phases.map(({ id, units }) => ({ id, units })),
        facilities: (raw.facilities ?? []).map((one) => ({
          kind: one.kind,
          floorArea: one.floor_area_m2 ?? null,
          phase: one.phase ?? '',
          place: one.geometry?.type === 'Point' ? one.geometry : null,
        })),
      },
    };
  }
  const given = found as unknown as Feature | FeatureCollection | Geometry;
  const geometry =
    given.type === 'FeatureCollection'
      ? (given.features[0]?.geometry ?? null)
      : given.type === 'Feature'
        ? given.geometry
        : given;
  if (geometry === null || !['Polygon', 'MultiPolygon', 'Point'].includes(geometry.type)) {
    throw new SyntaxError('no site');
  }
  return { site: geometry };
}

/** A review's finding as the card of findings shows one. */
export function asFinding(found: ReviewFinding): Finding {
  const none = {
    missing: null,
    straight_m: null,
    walking_m: null,
    walking_minutes: null,
    nearest_m: null,
    snap_m: null,
    covered_share: null,
    households_outside: null,
    demand: null,
  };
  return { ...none, ...found, missing: found.missing.length > 0 ? found.missing : null };
}

export type { Polygon };
