"""CSV (RFC 4180): one table, geometries as WKT; and area rows as the HTTP interface lists them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from service.core.guarded import guarded
from service.exports.areas import AREA_OUTPUT_COLUMNS
from service.exports.arrow import wkt_texts
from service.exports.columns import Column, ColumnKind, as_text
from service.exports.content import compact_json, plain
from service.exports.package import Chunk, Package, Table, notice_text

# The import reads a column of this name as the place of a row.
WKT_COLUMN: Final = "wkt"
NOTICE_SUFFIX: Final = ".NOTICE.txt"
_COMPUTED: Final = (ColumnKind.TEXT, ColumnKind.TEXTS, ColumnKind.JSON)


def write_csv(path: Path, package: Package) -> None:
    """Write the first table in UTF-8 with a byte order mark, so that Excel reads it as such.

    Nothing is an empty cell, lists are JSON, and a text that a spreadsheet would take for a
    formula has an apostrophe before it (see `service.core.guarded`). What a table cannot say
    stands beside it in a text file.
    """
    table = package.main
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        names = [column.name for column in table.columns]
        writer.writerow([*names, WKT_COLUMN] if table.placed else names)
        for chunk in package.chunks(table):
            writer.writerows(_rows(chunk, table))
    beside = path.with_name(path.name + NOTICE_SUFFIX)
    beside.write_text(notice_text(package), encoding="utf-8-sig", newline="")


def _rows(chunk: Chunk, table: Table) -> Iterator[Sequence[str | None]]:
    columns = [
        _texts(values, column) for values, column in zip(chunk.columns, table.columns, strict=True)
    ]
    if chunk.shapes is not None:
        columns.append(wkt_texts(chunk.shapes))
    yield from zip(*columns, strict=True)


def _texts(values: list[Any], column: Column) -> list[str | None]:
    if column.kind is ColumnKind.POINTS:
        return wkt_texts(values)
    texts = [as_text(value, column.kind) for value in values]
    if column.kind not in _COMPUTED:
        return texts
    return [None if text is None else guarded(text) for text in texts]


def area_table(areas: pd.DataFrame) -> str:
    """Return rows of `service.exports.areas.output_areas` as CSV, with a heading.

    Nothing is an empty cell, a list is JSON; there are no geometries.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(AREA_OUTPUT_COLUMNS)
    columns = [areas[name].astype(object).tolist() for name in AREA_OUTPUT_COLUMNS]
    for cells in zip(*columns, strict=True):
        writer.writerow([_cell(cell) for cell in cells])
    return text.getvalue()


def _cell(value: object) -> object:
    data = plain(value)
    if isinstance(data, list | dict):
        data = compact_json(data)
    return guarded(data) if isinstance(data, str) else data
