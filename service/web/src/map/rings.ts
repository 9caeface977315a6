import type { MultiPolygon, Polygon, Position } from 'geojson';

export type Surface = Polygon | MultiPolygon;

/** A place as it is kept: to about a centimetre. */
export function rounded(place: { lng: number; lat: number }): Position {
  return [Number(place.lng.toFixed(7)), Number(place.lat.toFixed(7))];
}

/** A ring counter-clockwise, as RFC 7946 wants it, its first corner last again. */
export function counterClockwise(corners: readonly Position[]): Position[] {
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

/** The polygons of a surface, each as its rings. */
export function parts(surface: Surface): Position[][][] {
  return surface.type === 'Polygon' ? [surface.coordinates] : surface.coordinates;
}

/** About how many hectares a surface covers; for orientation, not for deciding. */
export function hectares(surface: Surface): number {
  const metres = 111_195;
  let sum = 0;
  for (const rings of parts(surface)) {
    rings.forEach((ring, index) => {
      const lat = ((ring[0]?.[1] ?? 0) * Math.PI) / 180;
      const size = Math.abs(signedArea(ring.slice(0, -1))) * metres * metres * Math.cos(lat);
      sum += (index === 0 ? size : -size) / 10_000;
    });
  }
  return sum;
}

/** The place of a corner: which polygon, which ring of it, which corner of that. */
export type CornerAt = readonly [polygon: number, ring: number, corner: number];

/** Every corner of a surface, without the one that closes each ring. */
export function corners(surface: Surface): { at: CornerAt; place: Position; next: Position }[] {
  return parts(surface).flatMap((rings, polygon) =>
    rings.flatMap((ring, number) =>
      ring.slice(0, -1).map((place, corner) => ({
        at: [polygon, number, corner] as const,
        place,
        next: ring[corner + 1]!,
      })),
    ),
  );
}

/** A surface with one ring written anew: `change` gets its corners, the closing one left out. */
export function withRing(
  surface: Surface,
  at: CornerAt,
  change: (corners: Position[]) => Position[],
): Surface {
  const [polygon, number] = at;
  const changed = parts(surface).map((rings, one) =>
    rings.map((ring, other) => {
      if (one !== polygon || other !== number) return ring;
      const open = change(ring.slice(0, -1));
      return [...open, open[0]!];
    }),
  );
  return surface.type === 'Polygon'
    ? { type: 'Polygon', coordinates: changed[0]! }
    : { type: 'MultiPolygon', coordinates: changed };
}

/** Whether a place lies in a surface; a place on the edge may be either. */
export function holds(surface: Surface, [x, y]: readonly [number, number]): boolean {
  return parts(surface).some((rings) => {
    let inside = false;
    for (const ring of rings) {
      for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
        const [ax, ay] = ring[at] as [number, number];
        const [bx, by] = ring[before] as [number, number];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      }
    }
    return inside;
  });
}

/** A place for the whole of a surface: the middle of its first ring. */
export function middle(surface: Surface): [number, number] {
  const ring = parts(surface)[0]![0]!.slice(0, -1);
  const mean = (axis: 0 | 1): number =>
    ring.reduce((sum, place) => sum + place[axis]!, 0) / ring.length;
  return [mean(0), mean(1)];
}
