import { tick } from 'svelte';
import type { FeatureCollection, Geometry } from 'geojson';
import type {
  GeoJSONSource,
  LngLatBoundsLike,
  Map as MapLibre,
  MapMouseEvent,
  VectorTileSource,
} from 'maplibre-gl';
import type { Overlay } from './sources';

/** Who gets the clicks on the map: by default districts and facilities are chosen by them. */
export type Tool = {
  cursor: string;
  click: (event: MapMouseEvent) => void;
  doubleClick?: (event: MapMouseEvent) => void;
  move?: (event: MapMouseEvent) => void;
};

/** Where the map looks. */
export type Camera = { centre: [number, number]; zoom: number };

/** The map all panels share. */
class Stage {
  map = $state.raw<MapLibre | null>(null);
  tool = $state.raw<Tool | null>(null);
  /** True while the baseline is shown beside the scenario. */
  beside = $state(false);
  /** How many features each overlay shows; the map tells it in an attribute. */
  counts = $state<Partial<Record<Overlay, number>>>({});
  /** Who hears that a feature of an overlay was pressed, by the overlay. */
  hits: Partial<Record<Overlay, (id: string) => void>> = {};
  #waiting = new Map<Overlay, FeatureCollection>();

  /** Show features in an overlay; null empties it. */
  show(overlay: Overlay, features: FeatureCollection<Geometry> | null): void {
    const data = features ?? { type: 'FeatureCollection' as const, features: [] };
    const source = this.map?.getSource(overlay) as GeoJSONSource | undefined;
    // Kept for the next style: changing the evaluation makes new sources.
    this.#waiting.set(overlay, data);
    this.counts[overlay] = data.features.length;
    source?.setData(data);
  }

  /** Fill the overlays of a new style with what they showed. */
  restore(): void {
    for (const [overlay, data] of this.#waiting) {
      (this.map?.getSource(overlay) as GeoJSONSource | undefined)?.setData(data);
    }
  }

  /** A picture of the map as it stands; null without a map. */
  picture(): string | null {
    if (this.map === null) return null;
    // What WebGL drew is gone once it was shown: drawn anew, and taken at once.
    this.map.redraw();
    return this.map.getCanvas().toDataURL();
  }

  /** Ask for the tiles again: the data they show have changed. */
  refresh(): void {
    for (const id of ['facilities', 'areas']) {
      const source = this.map?.getSource(id) as VectorTileSource | undefined;
      source?.setTiles(source.tiles);
    }
  }

  camera(): Camera | null {
    if (this.map === null) return null;
    const { lng, lat } = this.map.getCenter();
    return { centre: [lng, lat], zoom: this.map.getZoom() };
  }

  restoreCamera(camera: Camera): void {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.map?.easeTo({
      center: camera.centre,
      zoom: camera.zoom,
      duration: still ? 0 : 900,
    });
  }

  fly(bounds: LngLatBoundsLike, maxZoom = 15.5): void {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    // What opens beside the map makes it narrower: a flight begun before would end off the middle.
    void tick().then(() => {
      this.map?.resize();
      this.map?.fitBounds(bounds, { padding: 120, maxZoom, duration: still ? 0 : 900 });
    });
  }
}

export const stage = new Stage();

/** West, south, east, north of a geometry. */
export function boundsOf(geometry: Geometry): [number, number, number, number] {
  const box: [number, number, number, number] = [180, 90, -180, -90];
  const visit = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === 'number') {
      const [lon, lat] = part as [number, number];
      box[0] = Math.min(box[0], lon);
      box[1] = Math.min(box[1], lat);
      box[2] = Math.max(box[2], lon);
      box[3] = Math.max(box[3], lat);
    } else part.forEach(visit);
  };
  if (geometry.type === 'GeometryCollection') {
    for (const one of geometry.geometries) visit('coordinates' in one ? one.coordinates : null);
  } else visit(geometry.coordinates);
  return box;
}

/** A ring of points at a distance, on the sphere; for drawing, not for deciding. */
export function circle(lon: number, lat: number, radius_m: number): Geometry {
  const up = radius_m / 111_195;
  const side = up / Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: 73 }, (_, step) => {
    const angle = (step * 5 * Math.PI) / 180;
    return [lon + side * Math.cos(angle), lat + up * Math.sin(angle)];
  });
  return { type: 'Polygon', coordinates: [ring] };
}
