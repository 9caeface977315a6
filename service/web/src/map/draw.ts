import type { Feature, FeatureCollection, Polygon, Position } from 'geojson';
import type { MapMouseEvent } from 'maplibre-gl';
import { stage, type Tool } from './stage.svelte';

/** Draw a polygon by clicking its corners; returns what ends the drawing early. */
export function drawPolygon(done: (polygon: Polygon | null) => void): () => void {
  const corners: Position[] = [];
  let end = false;

  const at = (event: MapMouseEvent): Position => [
    Number(event.lngLat.lng.toFixed(7)),
    Number(event.lngLat.lat.toFixed(7)),
  ];

  function show(next?: Position): void {
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
    done(keep && corners.length > 2 ? { type: 'Polygon', coordinates: [closed(corners)] } : null);
  }

  function key(event: KeyboardEvent): void {
    if (event.key === 'Enter') {
      event.preventDefault();
      finish(true);
    } else if (event.key === 'Escape') finish(false);
    else if (event.key === 'Backspace' && corners.pop()) show();
  }

  const tool: Tool = {
    cursor: 'crosshair',
    click: (event) => {
      const corner = at(event);
      const last = corners.at(-1);
      // The second click of a double click falls where the first did.
      const near = last && stage.map?.project(last as [number, number]).dist(event.point);
      if (near === undefined || near > 4) corners.push(corner);
      show();
    },
    doubleClick: () => finish(true),
    move: (event) => {
      if (corners.length > 0) show(at(event));
    },
  };
  stage.map?.doubleClickZoom.disable();
  addEventListener('keydown', key);
  stage.tool = tool;
  return () => finish(false);
}

/** A ring counter-clockwise, as RFC 7946 wants it, its first corner last again. */
function closed(corners: readonly Position[]): Position[] {
  const ring = signedArea(corners) < 0 ? [...corners].reverse() : [...corners];
  return [...ring, ring[0]!];
}

function signedArea(corners: readonly Position[]): number {
  const [west, south] = corners[0] as [number, number];
  let twice = 0;
  corners.forEach((a, index) => {
    const b = corners[(index + 1) % corners.length]!;
    twice += (a[0]! - west) * (b[1]! - south) - (b[0]! - west) * (a[1]! - south);
  });
  return twice / 2;
}

/** About how many hectares a polygon covers; for orientation, not for deciding. */
export function hectares(polygon: Polygon): number {
  const metres = 111_195;
  return polygon.coordinates.reduce((sum, ring, index) => {
    const lat = ((ring[0]?.[1] ?? 0) * Math.PI) / 180;
    const size = Math.abs(signedArea(ring.slice(0, -1))) * metres * metres * Math.cos(lat);
    return sum + (index === 0 ? size : -size) / 10_000;
  }, 0);
}
