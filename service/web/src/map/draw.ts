import type { Feature, FeatureCollection, Polygon, Position } from 'geojson';
import type { MapMouseEvent } from 'maplibre-gl';
import { counterClockwise, rounded } from './rings';
import { stage, type Tool } from './stage.svelte';

/** How near a click is to a corner to mean that corner, in pixels. */
const NEAR_PX = 10;

/** A drawing under way. */
export type Drawing = {
  finish: () => void;
  cancel: () => void;
  /** Take the last corner back. */
  back: () => void;
};

/**
 * Draw a polygon by clicking its corners; a click on the first one, a double click or Enter ends it.
 *
 * @param tell Hears the number of corners so far.
 */
export function drawPolygon(
  done: (polygon: Polygon | null) => void,
  tell: (corners: number) => void,
): Drawing {
  const corners: Position[] = [];
  let end = false;

  function show(next?: Position): void {
    tell(corners.length);
    const line = next ? [...corners, next] : corners;
    const features: Feature[] = corners.map((corner) => ({
      type: 'Feature',
      properties: {},
      geometry: { type: 'Point', coordinates: corner },
    }));
    if (line.length > 2) {
      features.push({
        type: 'Feature',
        properties: {},
        geometry: { type: 'Polygon', coordinates: [[...line, line[0]!]] },
      });
    } else if (line.length === 2) {
      features.push({
        type: 'Feature',
        properties: {},
        geometry: { type: 'LineString', coordinates: line },
      });
    }
    stage.show('site', { type: 'FeatureCollection', features } as FeatureCollection);
  }

  function finish(keep: boolean): void {
    if (end) return;
    end = true;
    stage.tool = null;
    // Not before the double click that ends the drawing is over.
    setTimeout(() => stage.map?.doubleClickZoom.enable(), 300);
    removeEventListener('keydown', key);
    done(
      keep && corners.length > 2
        ? { type: 'Polygon', coordinates: [counterClockwise(corners)] }
        : null,
    );
  }

  function back(): void {
    corners.pop();
    show();
  }

  function key(event: KeyboardEvent): void {
    // Keys are the drawing's only where nobody is writing.
    if (event.target instanceof Element && event.target.closest('input, textarea, select')) return;
    if (event.key === 'Enter' && corners.length > 2) {
      event.preventDefault();
      finish(true);
    } else if (event.key === 'Escape') finish(false);
    else if (event.key === 'Backspace' || (event.key === 'z' && (event.ctrlKey || event.metaKey))) {
      event.preventDefault();
      back();
    }
  }

  const near = (event: MapMouseEvent, corner: Position | undefined, most_px: number): boolean => {
    const place = corner && stage.map?.project(corner as [number, number]);
    return place !== undefined && place.dist(event.point) <= most_px;
  };

  const tool: Tool = {
    cursor: 'crosshair',
    click: (event) => {
      if (corners.length > 2 && near(event, corners[0], NEAR_PX)) {
        finish(true);
        return;
      }
      // The second click of a double click falls where the first did.
      if (!near(event, corners.at(-1), 4)) corners.push(rounded(event.lngLat));
      show();
    },
    doubleClick: () => finish(true),
    move: (event) => {
      if (corners.length > 0) show(rounded(event.lngLat));
    },
  };
  stage.map?.doubleClickZoom.disable();
  addEventListener('keydown', key);
  stage.tool = tool;
  tell(0);
  return { finish: () => finish(true), cancel: () => finish(false), back };
}
