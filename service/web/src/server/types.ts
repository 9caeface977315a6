import type { Feature, FeatureCollection, Geometry, LineString, Point } from 'geojson';

export type Flag = 'underserved' | 'undetermined' | 'watch' | 'served' | 'not_assessed';
export const FLAGS: readonly Flag[] = [
  'underserved',
  'undetermined',
  'watch',
  'served',
  'not_assessed',
];
export type Verdict =
  | 'met'
  | 'met_relaxed'
  | 'advise'
  | 'not_met'
  | 'not_due'
  | 'undetermined'
  | 'indicator'
  | 'not_applicable';
export const VERDICTS: readonly Verdict[] = [
  'not_met',
  'advise',
  'undetermined',
  'not_due',
  'met_relaxed',
  'met',
  'indicator',
  'not_applicable',
];
export type Role = 'viewer' | 'editor' | 'reviewer' | 'admin';
export type Service = 'childcare' | 'elderly' | 'education';

export type Principal = {
  actor: string;
  name: string;
  person: string;
  role: Role;
  areas: string[] | null;
  csrf_token: string;
};

export type Finding = {
  rule: string;
  kind: string;
  verdict: Verdict;
  severity: string;
  value: number | null;
  threshold: number | null;
  unit: string | null;
  deficit: number | null;
  reason: string | null;
  missing: unknown;
  straight_m: number | null;
  walking_m: number | null;
  walking_minutes: number | null;
  nearest_m: number | null;
  snap_m: number | null;
  covered_share: number | null;
  households_outside: number | null;
  demand: string | null;
  definition: string | null;
  near_threshold: boolean;
  unit_id: string | null;
  facilities: string[] | null;
  alternatives:
    { reading?: string; verdict?: Verdict; value?: number; threshold?: number }[] | null;
  would_count_if: unknown[] | null;
  clause: string;
  quote: string;
  reading: string;
};

export type DistrictProperties = {
  id: string;
  name: string | null;
  stage: string;
  households: number | null;
  flag: Flag;
  rank: number;
  households_concerned: number | null;
  reasons: string[];
  findings: Finding[];
};
export type DistrictFeature = Feature<Geometry, DistrictProperties>;
export type DistrictPage = FeatureCollection<Geometry, DistrictProperties> & {
  notices?: string[];
  numberReturned: number;
};

export type Evaluation = {
  id: string;
  packs: Record<string, string>;
  region: Record<string, string>;
  as_of: string;
  area: string | null;
  parameters: { target_year: number | null } & Record<string, unknown>;
  warnings: string[];
  created_at: string;
};

export type Summary = {
  evaluation: string;
  pack: string[];
  region: Record<string, string>;
  as_of: string;
  districts: number;
  flags: Record<Flag, number>;
  rules: Record<string, Partial<Record<Verdict, number>>>;
  areas: Record<string, Partial<Record<Verdict, number>>>;
  notices?: string[];
};

export type Pack = {
  id: string;
  document_no: string;
  title: string;
  issuer: string;
  effective_from: string;
  region_codes: string[];
  background: boolean;
};

export type Rule = {
  id: string;
  clause: string;
  quote: string;
  kind: string;
  severity: string;
  subject?: string;
  applies_to?: string[];
  reading?: string;
  title?: string;
};

export type NamedFacility = { id: string; name: string | null; kind: string; geometry: Point };
export type PlaceRule = {
  pack: string;
  rule: string;
  kind: string;
  verdict: Verdict;
  threshold_m: number;
  straight: { metres: number; facility: NamedFacility } | null;
  walking: { metres: number; facility: NamedFacility } | null;
  minutes: number | null;
  snap_m: number | null;
  nearest?: {
    metres: number;
    minutes: number;
    straight_m: number;
    facility: NamedFacility;
    path?: LineString;
  }[];
  reason: string;
  clause: string;
  quote: string;
};
