"""Reading CSV: every cell as the text it is, so that 0.1 stays 0.1 and 007 stays 007.

The apostrophe that an export puts before what a spreadsheet would compute is taken away again.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

import pandas as pd

from service.core.guarded import unguarded
from service.imports.limits import refuse_many_rows
from service.imports.raw import PLAIN, RawTable, Reading
from service.imports.text import read_text
from spatial.errors import Fault, InputError, InputFaults

# A province's boundary as WKT has some ten million characters; the csv module stops at 131,072.
MAX_CELL_CHARACTERS: Final = 2**27


def read_csv(
    path: Path,
    *,
    prefer: str,  # noqa: ARG001  # one signature for all formats
    table: str | None,  # noqa: ARG001  # likewise
    how: Reading = PLAIN,
) -> RawTable:
    """Read a comma-separated table with a heading; blank lines are not rows.

    Raises
    ------
    InputError
        When the heading or the quoting cannot be used, or rows have more or fewer cells than
        the heading: naming the rows.
    """
    source = str(path)
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    decoded = read_text(path, how=how)
    lines: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(decoded.text, newline=""), strict=True):
            if row:
                lines.append(row)
                # The heading is no row.
                refuse_many_rows(len(lines) - 1, how.limits, source=source)
    except csv.Error as error:
        raise InputError(f"{source}: is no CSV that can be read: {error}") from None
    if not lines:
        raise InputError(f"{source}: is empty")
    heading = _heading(lines[0], source)
    faults = [
        Fault(source, number, None, f"has {len(row)} cells, the heading has {len(heading)}")
        for number, row in enumerate(lines[1:], start=1)
        if len(row) != len(heading)
    ]
    if faults:
        raise InputFaults(faults)
    index = pd.RangeIndex(len(lines) - 1)
    frame = pd.DataFrame(
        {
            name: pd.Series(
                [unguarded(row[column]) for row in lines[1:]], index=index, dtype=object
            )
            for column, name in enumerate(heading)
        },
        index=index,
    )
    return RawTable(frame, placed=False, encoding=decoded.evidence)


def _heading(cells: list[str], source: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        raise InputError(f"{source}: is not separated by commas: its heading is '{names[0]}'")
    for number, name in enumerate(names, start=1):
        if not name:
            raise InputError(f"{source}: column {number} has no heading")
        if names.index(name) != number - 1:
            raise InputError(f"{source}: two columns are headed '{name}'")
    return names
