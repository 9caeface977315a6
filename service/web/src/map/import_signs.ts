/** What becomes of the rows of a file, by form and colour: either alone tells them apart. */
export const IMPORT_SIGNS = [
  'added',
  'changed',
  'reopened',
  'unchanged',
  'quarantined',
  'odd',
] as const;
export type ImportSign = (typeof IMPORT_SIGNS)[number];

export const IMPORT_SIZE = 18;

const COLOURS: Record<ImportSign, string> = {
  added: '#1f7a50',
  changed: '#b06a00',
  reopened: '#b06a00',
  unchanged: '#6b7680',
  quarantined: '#b3261e',
  odd: '#6e5a8a',
};

/** Draw a sign into a square of `size`. */
export function drawImportSign(
  pen: CanvasRenderingContext2D,
  sign: ImportSign,
  size: number,
): void {
  const middle = size / 2;
  const reach = sign === 'unchanged' ? size / 4 : size / 2 - 1.5;
  pen.fillStyle = COLOURS[sign];
  pen.strokeStyle = '#ffffff';
  pen.lineWidth = 1.5;
  pen.beginPath();
  if (sign === 'quarantined') {
    pen.rect(middle - reach + 1, middle - reach + 1, 2 * reach - 2, 2 * reach - 2);
  } else if (sign === 'changed' || sign === 'reopened') {
    pen.moveTo(middle, middle - reach);
    pen.lineTo(middle + reach, middle);
    pen.lineTo(middle, middle + reach);
    pen.lineTo(middle - reach, middle);
    pen.closePath();
  } else if (sign === 'odd') {
    pen.moveTo(middle, middle - reach);
    pen.lineTo(middle + reach, middle + reach * 0.8);
    pen.lineTo(middle - reach, middle + reach * 0.8);
    pen.closePath();
  } else pen.arc(middle, middle, reach, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
  strokes(pen, sign, middle);
}

/** The mark inside: a plus, a cross, a tilde's straight cousin, an exclamation mark. */
function strokes(pen: CanvasRenderingContext2D, sign: ImportSign, middle: number): void {
  const arm = 3.2;
  const lines: Partial<Record<ImportSign, readonly (readonly [number, number])[]>> = {
    added: [
      [-arm, 0],
      [arm, 0],
      [0, -arm],
      [0, arm],
    ],
    quarantined: [
      [-arm, -arm],
      [arm, arm],
      [-arm, arm],
      [arm, -arm],
    ],
    changed: [
      [-arm, 0],
      [arm, 0],
    ],
    reopened: [
      [0, -arm],
      [0, arm],
    ],
    odd: [
      [0, -2.5],
      [0, 1.8],
      [0, 3.8],
      [0, 4.4],
    ],
  };
  pen.lineWidth = 1.8;
  pen.beginPath();
  for (const [at, [x, y]] of (lines[sign] ?? []).entries()) {
    if (at % 2 === 0) pen.moveTo(middle + x, middle + y);
    else pen.lineTo(middle + x, middle + y);
  }
  pen.stroke();
}

const swatches = new Map<ImportSign, string>();

/** The same sign as an address, for lists and legends. */
export function importSwatch(sign: ImportSign): string {
  const known = swatches.get(sign);
  if (known !== undefined) return known;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = IMPORT_SIZE * 2;
  const pen = canvas.getContext('2d')!;
  pen.scale(2, 2);
  drawImportSign(pen, sign, IMPORT_SIZE);
  const address = canvas.toDataURL();
  swatches.set(sign, address);
  return address;
}
