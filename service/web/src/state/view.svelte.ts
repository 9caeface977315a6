/** What the person looks at; all of it stands in the address, so that it can be sent on. */

export const PANELS = [
  'overview',
  'ask',
  'scenario',
  'review',
  'import',
  'charts',
  'table',
] as const;
export type Panel = (typeof PANELS)[number];
export const LEVELS = ['district', 'community', 'township', 'county'] as const;
export type Level = (typeof LEVELS)[number];
export type ServiceChoice = 'all' | 'childcare' | 'elderly';

/** In the place of a review's id: the list of those that are stored. */
export const REVIEW_LIST = 'list';

type Position = { zoom: number; lat: number; lon: number };

class View {
  panel = $state<Panel>('overview');
  evaluation = $state<string | null>(null);
  district = $state<string | null>(null);
  facility = $state<string | null>(null);
  service = $state<ServiceChoice>('all');
  level = $state<Level>('district');
  /** Colour by the verdict of this clause; null for the overall flag. */
  rule = $state<string | null>(null);
  scenario = $state<string | null>(null);
  /** The stored review that is open, or `REVIEW_LIST`; null for the form of a new one. */
  review = $state<string | null>(null);
  language = $state<'zh' | 'en'>('zh');
  facilities = $state(true);
  streets = $state(true);
  asked = $state.raw<{ lon: number; lat: number } | null>(null);
  position = $state.raw<Position | null>(null);

  /** Take over what an address says; what it does not know is left at its default. */
  read(search: string): void {
    const given = new URLSearchParams(search);
    const among = <T extends string>(name: string, known: readonly T[]): T | undefined =>
      known.find((one) => one === given.get(name));
    this.panel = among('panel', PANELS) ?? 'overview';
    this.level = among('level', LEVELS) ?? 'district';
    this.service = among('service', ['childcare', 'elderly']) ?? 'all';
    this.evaluation = given.get('evaluation');
    this.district = given.get('district');
    this.facility = given.get('facility');
    this.scenario = given.get('scenario');
    this.review = given.get('review');
    this.rule = given.get('rule');
    this.facilities = given.get('facilities') !== 'off';
    this.streets = given.get('streets') !== 'off';
    const language = among('lang', ['zh', 'en']) ?? remembered();
    if (language) this.language = language;
    const place = numbers(given.get('place'));
    this.asked = place.length === 2 ? { lon: place[0]!, lat: place[1]! } : null;
    const at = numbers(given.get('at'));
    this.position = at.length === 3 ? { zoom: at[0]!, lat: at[1]!, lon: at[2]! } : null;
  }

  /** The address of this view. */
  get search(): string {
    const parts: [string, string | null][] = [
      ['panel', this.panel === 'overview' ? null : this.panel],
      ['evaluation', this.evaluation],
      ['district', this.district],
      ['facility', this.facility],
      ['scenario', this.scenario],
      ['review', this.review],
      ['rule', this.rule],
      ['service', this.service === 'all' ? null : this.service],
      ['level', this.level === 'district' ? null : this.level],
      ['facilities', this.facilities ? null : 'off'],
      ['streets', this.streets ? null : 'off'],
      ['place', this.asked ? `${this.asked.lon},${this.asked.lat}` : null],
      ['lang', this.language === 'zh' ? null : 'en'],
      [
        'at',
        this.position
          ? `${this.position.zoom.toFixed(2)},${this.position.lat.toFixed(5)},${this.position.lon.toFixed(5)}`
          : null,
      ],
    ];
    const given = parts.filter((part): part is [string, string] => part[1] !== null);
    const text = given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    return text.replaceAll('%2C', ',');
  }

  use(language: 'zh' | 'en'): void {
    this.language = language;
    try {
      localStorage.setItem('yike.language', language);
    } catch {
      // Without storage the choice lasts as long as the address.
    }
  }
}

function remembered(): 'zh' | 'en' | undefined {
  try {
    const found = localStorage.getItem('yike.language');
    return found === 'zh' || found === 'en' ? found : undefined;
  } catch {
    return undefined;
  }
}

function numbers(text: string | null): number[] {
  const found = (text ?? '').split(',').map(Number);
  return text && found.every(Number.isFinite) ? found : [];
}

export const view = new View();
