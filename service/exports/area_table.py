"""Area rows as CSV."""

from __future__ import annotations

import csv
import io

import pandas as pd

from service.exports.areas import AREA_OUTPUT_COLUMNS
from service.exports.content import compact_json, plain


def area_table(areas: pd.DataFrame) -> str:
    """Write rows of `service.exports.areas.output_areas` as CSV (RFC 4180), with a heading.

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
    return compact_json(data) if isinstance(data, list | dict) else data
