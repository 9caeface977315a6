import type { Position } from 'geojson';
import type { Marker } from 'maplibre-gl';
import { putHandle } from './handles';
import { corners, parts, withRing, type CornerAt, type Surface } from './rings';

/** More corners than this are not edited by hand. */
export const MOST_CORNERS = 200;

export function editable(surface: Surface): boolean {
  return corners(surface).length <= MOST_CORNERS;
}

type Words = { corner: string; between: string };

/**
 * Handles on the corners of a surface and between them.
 *
 * A corner is dragged, moved by the arrow keys, removed by Delete or a right click; one between two
 * becomes a corner when it is dragged or pressed.
 */
export class Corners {
  #surface: Surface;
  #markers: Marker[] = [];

  /**
   * @param preview Hears what the surface would be while a corner is dragged.
   * @param change Hears what it has become.
   */
  constructor(
    surface: Surface,
    private readonly words: Words,
    private readonly preview: (surface: Surface) => void,
    private readonly change: (surface: Surface) => void,
  ) {
    this.#surface = surface;
    this.#put();
  }

  /** Take over a surface from elsewhere; what came from here leaves the handles as they are. */
  update(surface: Surface): void {
    if (JSON.stringify(surface) === JSON.stringify(this.#surface)) return;
    this.#surface = surface;
    this.#put();
  }

  remove(): void {
    for (const marker of this.#markers) marker.remove();
    this.#markers = [];
  }

  #put(focus?: CornerAt): void {
    this.remove();
    for (const { at, place, next } of corners(this.#surface)) {
      const [polygon, ring, corner] = at;
      const open = parts(this.#surface)[polygon]![ring]!.length - 1;
      const marker = putHandle({
        place,
        className: 'corner',
        label: this.words.corner.replace('{number}', String(corner + 1)),
        drag: (to) => this.preview(this.#moved(at, to)),
        drop: (to) => {
          this.#become(this.#moved(at, to));
          // The ones between follow; whoever holds this corner by the keyboard keeps it.
          const held = document.activeElement === marker?.getElement();
          this.#put(held ? at : undefined);
        },
        ...(open > 3
          ? {
              remove: () => {
                this.#become(withRing(this.#surface, at, (all) => all.toSpliced(corner, 1)));
                this.#put([polygon, ring, Math.max(0, corner - 1)]);
              },
            }
          : {}),
      });
      if (marker) this.#markers.push(marker);
      if (focus && String(focus) === String(at)) marker?.getElement().focus();
      const half: Position = [(place[0]! + next[0]!) / 2, (place[1]! + next[1]!) / 2];
      const add = (to: Position): Surface =>
        withRing(this.#surface, at, (all) => all.toSpliced(corner + 1, 0, to));
      const put = (to: Position): void => {
        this.#become(add(to));
        this.#put([polygon, ring, corner + 1]);
      };
      const between = putHandle({
        place: half,
        className: 'between',
        label: this.words.between.replace('{number}', String(corner + 1)),
        drag: (to) => this.preview(add(to)),
        drop: put,
        press: () => put(half),
      });
      if (between) this.#markers.push(between);
    }
  }

  #moved(at: CornerAt, to: Position): Surface {
    return withRing(this.#surface, at, (all) => all.with(at[2], to));
  }

  #become(surface: Surface): void {
    this.#surface = surface;
    this.change(surface);
  }
}
