import type { Finding, Verdict } from '../../server/types';
import type { ProjectFile, StageId } from './project';

export type ReviewFinding = Omit<Finding, 'missing'> & {
  /** Its place in the review; only stored ones say it. */
  number?: number;
  effective_verdict?: Verdict;
  pack: string;
  missing: unknown[];
  remedies: { text: string }[];
  steps: { check: string; verdict: Verdict; reason: string }[];
  binds: boolean;
  gate: boolean;
};
export type Neighbour = {
  district: string;
  name: string | null;
  households: number | null;
  rule: string;
  change: 'gains' | 'loses';
  before: Verdict;
  after: Verdict;
  before_m: number | null;
  after_m: number | null;
};
export const REVIEW_VERDICTS = ['not_pass', 'undetermined', 'pass_with_advice', 'pass'] as const;
export type ReviewVerdict = (typeof REVIEW_VERDICTS)[number];
export type Review = {
  verdict: ReviewVerdict;
  stage: StageId;
  as_of: string;
  illustration: boolean;
  packs: { id: string; region: string; basis: string; verdict: ReviewVerdict }[];
  findings: ReviewFinding[];
  neighbours: Neighbour[] | null;
};

type Maker = { key: string; name: string };
/** A stored review as it stands in the list. */
export type ReviewRecord = {
  id: string;
  state: 'draft' | 'signed';
  project: { id: string; name: string | null; version: number | null };
  stage: StageId;
  as_of: string;
  verdict: ReviewVerdict;
  effective_verdict: ReviewVerdict;
  illustration: boolean;
  packs: string[];
  made_at: string;
  made_by: Maker;
};
/** What an officer may say of a finding. */
export const OVERRIDES = [
  'met',
  'met_relaxed',
  'advise',
  'not_met',
  'undetermined',
  'not_applicable',
] as const satisfies readonly Verdict[];
export type Override = {
  number: number;
  finding: number;
  rule: string;
  computed: Verdict;
  verdict: Verdict;
  reason: string;
  name: string;
  at: string;
  key: string;
};
export type StoredReview = Review & {
  id: string;
  state: 'draft' | 'signed';
  hash: string;
  project: { id: string; name: string | null; area: string | null; units: number };
  effective: { verdict: ReviewVerdict };
  overrides: Override[];
  signature: { name: string; verdict: ReviewVerdict; at: string; key: string } | null;
  made_at: string;
  made_by: Maker;
};
export type Inputs = { project: ProjectFile };

/** A review made again: whether it comes out the same, and what of the data has changed since. */
export type Replay = {
  same: boolean;
  intact: boolean;
  code_version: { stored: string; replayed: string };
  since: { layer: string; id: string; change: 'added' | 'changed' | 'gone' }[];
  today: { verdict: ReviewVerdict | null; reason?: string; differing: { rule: string }[] };
};

/** A review's finding as the card of findings shows one. */
export function asFinding(found: ReviewFinding): Finding & ReviewFinding {
  const none = {
    straight_m: null,
    walking_m: null,
    walking_minutes: null,
    nearest_m: null,
    snap_m: null,
    covered_share: null,
    households_outside: null,
    demand: null,
  };
  return { ...none, ...found };
}
