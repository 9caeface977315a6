import type { MultiPolygon, Polygon } from 'geojson';
import { askJson, query } from '../../server/ask';
import { fill } from '../../text/texts.svelte';
import type { Texts } from '../../text/zh';
import { isProject, type ProjectFile } from './project';

/** What the service made of a file that holds a site. */
export type SiteAnswer = {
  file: string;
  crs: string;
  transformation: string | null;
  warnings: string[];
  sites: {
    row: number;
    name: string | null;
    area_m2: number;
    geometry: Polygon | MultiPolygon;
  }[];
};

/** Why a file holds no site, in the words of the page where they are known. */
export function whyNot(detail: string, t: Texts): string {
  if (/: holds no polygon/.test(detail)) return t.review.noPolygon;
  const many = /: holds ([\d,]+) polygons/.exec(detail);
  return many ? fill(t.review.manyPolygons, { count: many[1]! }) : detail;
}

/** Read a file: a whole project as it stands, or the outlines in it, in longitude and latitude. */
export async function readSiteFile(
  file: File,
  said: { crs: string; believed: boolean },
): Promise<ProjectFile | SiteAnswer> {
  if (/\.(geo)?json$/i.test(file.name)) {
    const found: unknown = JSON.parse(await file.text());
    if (isProject(found)) return found;
  }
  return askJson<SiteAnswer>(
    `/v1/reviews/site${query({
      file: file.name,
      crs: said.crs,
      crs_as_declared: said.believed || null,
    })}`,
    {
      method: 'POST',
      body: file,
      type: 'application/octet-stream',
    },
  );
}
