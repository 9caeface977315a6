import { Popup } from 'maplibre-gl';
import type { Position } from 'geojson';
import { stage } from './stage.svelte';

/**
 * Say something at a place of the map.
 *
 * @param lines The first one is its heading.
 * @param done Called where Escape is pressed while the map has the focus.
 * @returns What takes it away.
 */
export function callout(
  position: Position,
  lines: readonly string[],
  { done }: { done: () => void },
): () => void {
  const map = stage.map;
  if (map === null) return () => undefined;
  const content = document.createElement('div');
  content.setAttribute('role', 'status');
  lines.forEach((line, at) => {
    const part = document.createElement(at === 0 ? 'strong' : 'p');
    part.textContent = line;
    content.append(part);
  });
  const popup = new Popup({
    closeButton: false,
    closeOnClick: false,
    focusAfterOpen: false,
    maxWidth: '300px',
    offset: 14,
    className: 'callout',
  })
    .setLngLat(position as [number, number])
    .setDOMContent(content)
    .addTo(map);
  const key = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') done();
  };
  map.getContainer().addEventListener('keydown', key);
  return () => {
    map.getContainer().removeEventListener('keydown', key);
    popup.remove();
  };
}
