import type { Map as MapLibre } from 'maplibre-gl';
import type { Flag } from '../server/types';
import { drawImportSign, IMPORT_SIGNS, IMPORT_SIZE } from './import_signs';
import { FLAG_COLOURS, SERVICE_COLOURS } from './palette';

const RATIO = 2;

/** One character on the sign of each kind of facility. */
export const KIND_SIGNS: Record<string, readonly [keyof typeof SERVICE_COLOURS, string]> = {
  nursery: ['childcare', '托'],
  community_childcare: ['childcare', '社'],
  kindergarten_class: ['childcare', '幼'],
  workplace_childcare: ['childcare', '企'],
  home_childcare: ['childcare', '家'],
  care_home: ['elderly', '院'],
  day_care: ['elderly', '日'],
  complex: ['elderly', '综'],
  regional_centre: ['elderly', '区'],
  disabled_care: ['elderly', '失'],
  mutual_aid: ['elderly', '互'],
  home_service_station: ['elderly', '居'],
  elderly_university: ['education', '学'],
};

type Draw = (pen: CanvasRenderingContext2D, size: number) => void;

function image(size: number, draw: Draw): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size * RATIO;
  const pen = canvas.getContext('2d', { willReadFrequently: true })!;
  pen.scale(RATIO, RATIO);
  draw(pen, size);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** Fill patterns: what is wrong can be read without colour. */
const PATTERNS: Partial<Record<Flag, Draw>> = {
  underserved: (pen, size) => {
    pen.strokeStyle = 'rgba(90, 18, 6, 0.75)';
    pen.lineWidth = 1.4;
    pen.beginPath();
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift, size);
      pen.lineTo(shift + size, 0);
    }
    pen.stroke();
  },
  watch: (pen, size) => {
    pen.fillStyle = 'rgba(98, 66, 0, 0.8)';
    for (const [x, y] of [
      [size / 4, size / 4],
      [(3 * size) / 4, (3 * size) / 4],
    ] as const) {
      pen.beginPath();
      pen.arc(x, y, 1, 0, 2 * Math.PI);
      pen.fill();
    }
  },
  undetermined: (pen, size) => {
    pen.strokeStyle = 'rgba(255, 255, 255, 0.75)';
    pen.lineWidth = 1;
    pen.strokeRect(size / 2 - 2.5, size / 2 - 2.5, 5, 5);
  },
};

/** The sign of a flag: triangle, question mark, diamond, disc, dash. */
export function drawSign(pen: CanvasRenderingContext2D, flag: Flag, size: number): void {
  const middle = size / 2;
  const reach = size / 2 - 1.5;
  pen.fillStyle = FLAG_COLOURS[flag];
  pen.strokeStyle = '#ffffff';
  pen.lineWidth = 1.5;
  pen.beginPath();
  if (flag === 'underserved') {
    pen.moveTo(middle, middle - reach);
    pen.lineTo(middle + reach, middle + reach * 0.8);
    pen.lineTo(middle - reach, middle + reach * 0.8);
  } else if (flag === 'watch') {
    pen.moveTo(middle, middle - reach);
    pen.lineTo(middle + reach, middle);
    pen.lineTo(middle, middle + reach);
    pen.lineTo(middle - reach, middle);
  } else if (flag === 'undetermined') {
    pen.rect(middle - reach + 1, middle - reach + 1, 2 * reach - 2, 2 * reach - 2);
  } else {
    pen.arc(middle, middle, reach - 0.5, 0, 2 * Math.PI);
  }
  pen.closePath();
  pen.fill();
  pen.stroke();
  if (flag === 'undetermined' || flag === 'underserved') {
    pen.fillStyle = '#ffffff';
    pen.font = `bold ${Math.round(size * 0.55)}px sans-serif`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillText(
      flag === 'undetermined' ? '?' : '!',
      middle,
      middle + (flag === 'underserved' ? 2 : 0.5),
    );
  }
}

function drawKind(pen: CanvasRenderingContext2D, kind: string, size: number): void {
  const [service, letter] = KIND_SIGNS[kind]!;
  pen.fillStyle = SERVICE_COLOURS[service];
  pen.strokeStyle = '#ffffff';
  pen.lineWidth = 1.5;
  pen.beginPath();
  if (service === 'elderly') pen.roundRect(1, 1, size - 2, size - 2, 3);
  else if (service === 'education') {
    pen.moveTo(size / 2, 0.5);
    pen.lineTo(size - 0.5, size / 2);
    pen.lineTo(size / 2, size - 0.5);
    pen.lineTo(0.5, size / 2);
    pen.closePath();
  } else pen.arc(size / 2, size / 2, size / 2 - 1, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
  pen.fillStyle = '#ffffff';
  pen.font = `${Math.round(size * 0.58)}px "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillText(letter, size / 2, size / 2 + 0.8);
}

/** Give the map its patterns and signs; drawn here, so nothing is fetched. */
export function addImages(map: MapLibre): void {
  for (const [flag, draw] of Object.entries(PATTERNS)) {
    map.addImage(`pattern-${flag}`, image(8, draw), { pixelRatio: RATIO });
  }
  for (const flag of Object.keys(FLAG_COLOURS) as Flag[]) {
    map.addImage(
      `sign-${flag}`,
      image(18, (pen, size) => drawSign(pen, flag, size)),
      {
        pixelRatio: RATIO,
      },
    );
  }
  for (const sign of IMPORT_SIGNS) {
    map.addImage(
      `import-${sign}`,
      image(IMPORT_SIZE, (pen, size) => drawImportSign(pen, sign, size)),
      { pixelRatio: RATIO },
    );
  }
  for (const kind of Object.keys(KIND_SIGNS)) {
    map.addImage(
      `kind-${kind}`,
      image(20, (pen, size) => drawKind(pen, kind, size)),
      {
        pixelRatio: RATIO,
      },
    );
  }
}

/** The same signs as addresses, for legends and lists. */
export function swatch(flag: Flag): string {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 36;
  const pen = canvas.getContext('2d')!;
  pen.scale(2, 2);
  drawSign(pen, flag, 18);
  return canvas.toDataURL();
}

export function kindSwatch(kind: string): string {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 40;
  const pen = canvas.getContext('2d')!;
  pen.scale(2, 2);
  if (kind in KIND_SIGNS) drawKind(pen, kind, 20);
  return canvas.toDataURL();
}

/** A square of a flag's fill as the map shows it. */
export function fillSwatch(flag: Flag): string {
  const canvas = document.createElement('canvas');
  canvas.width = 56;
  canvas.height = 32;
  const pen = canvas.getContext('2d')!;
  pen.scale(2, 2);
  pen.fillStyle = FLAG_COLOURS[flag];
  pen.fillRect(0, 0, 28, 16);
  const draw = PATTERNS[flag];
  if (draw) {
    for (let x = 0; x < 28; x += 8) {
      for (let y = 0; y < 16; y += 8) {
        pen.save();
        pen.translate(x, y);
        pen.beginPath();
        pen.rect(0, 0, 8, 8);
        pen.clip();
        draw(pen, 8);
        pen.restore();
      }
    }
  }
  return canvas.toDataURL();
}
