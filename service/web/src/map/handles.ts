import type { Position } from 'geojson';
import { Marker } from 'maplibre-gl';
import { rounded } from './rings';
import { stage } from './stage.svelte';

/** What one can take hold of on the map: dragged by mouse or finger, moved by the arrow keys. */
export type Handle = {
  place: Position;
  label: string;
  className: string;
  text?: string;
  /** While it is dragged. */
  drag?: (place: Position) => void;
  /** When it is let go, and after each arrow key. */
  drop: (place: Position) => void;
  /** Delete, Backspace, a right click. */
  remove?: () => void;
  /** Enter or a click. */
  press?: () => void;
};

const STEP_M = 1;
const LONG_STEP_M = 10;
const METRES_A_DEGREE = 111_195;

/** Put a handle on the map; returns its marker, to move or remove it. */
export function putHandle(handle: Handle): Marker | null {
  if (stage.map === null) return null;
  const element = document.createElement('button');
  element.type = 'button';
  element.className = `handle ${handle.className}`;
  element.textContent = handle.text ?? '';
  element.setAttribute('aria-label', handle.label);
  const marker = new Marker({ element, draggable: true })
    .setLngLat(handle.place as [number, number])
    .addTo(stage.map);
  // The library names every marker alike, and gives it no role a button does not have.
  element.setAttribute('aria-label', handle.label);
  marker.on('drag', () => handle.drag?.(rounded(marker.getLngLat())));
  marker.on('dragend', () => handle.drop(rounded(marker.getLngLat())));
  element.addEventListener('click', (event) => {
    event.stopPropagation();
    handle.press?.();
  });
  element.addEventListener('dblclick', (event) => event.stopPropagation());
  element.addEventListener('contextmenu', (event) => {
    event.preventDefault();
    event.stopPropagation();
    handle.remove?.();
  });
  element.addEventListener('keydown', (event) => {
    const step = moved(event);
    if (step !== null) {
      const { lng, lat } = marker.getLngLat();
      const up = step[1] / METRES_A_DEGREE;
      const side = step[0] / METRES_A_DEGREE / Math.cos((lat * Math.PI) / 180);
      marker.setLngLat([lng + side, lat + up]);
      handle.drop(rounded(marker.getLngLat()));
    } else if (event.key === 'Delete' || event.key === 'Backspace') handle.remove?.();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return marker;
}

function moved(event: KeyboardEvent): [east_m: number, north_m: number] | null {
  const step = event.shiftKey ? LONG_STEP_M : STEP_M;
  switch (event.key) {
    case 'ArrowLeft':
      return [-step, 0];
    case 'ArrowRight':
      return [step, 0];
    case 'ArrowUp':
      return [0, step];
    case 'ArrowDown':
      return [0, -step];
    default:
      return null;
  }
}
