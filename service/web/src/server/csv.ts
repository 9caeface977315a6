/** Read RFC 4180 text into records by heading; the byte order mark is dropped. */
export function readCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') {
        cell += '"';
        at++;
      } else quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === ',') {
      row.push(cell);
      cell = '';
    } else if (letter === '\n') {
      row.push(cell.endsWith('\r') ? cell.slice(0, -1) : cell);
      rows.push(row);
      row = [];
      cell = '';
    } else cell += letter;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  const [heading = [], ...rest] = rows;
  return rest.map((cells) =>
    Object.fromEntries(heading.map((name, column) => [name, cells[column] ?? ''])),
  );
}

/** Write rows as RFC 4180 text that spreadsheets open in the right encoding. */
export function writeCsv(rows: readonly (readonly (string | number | null)[])[]): Blob {
  const text = rows
    .map((row) =>
      row
        .map((cell) => {
          let plain = cell === null ? '' : String(cell);
          // A spreadsheet would run what begins like a formula.
          if (typeof cell === 'string' && /^[=+\-@\t\r]/.test(plain)) plain = `'${plain}`;
          return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
        })
        .join(','),
    )
    .join('\r\n');
  return new Blob(['\ufeff', text, '\r\n'], { type: 'text/csv;charset=utf-8' });
}
