"""Rows of a table placed by their columns of coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from service.imports.cells import CellError, is_missing, to_decimal
from service.imports.column_map import COORDINATES, WKT_COLUMNS
from service.imports.geometries import Geometries, parse_geometries
from spatial.errors import Fault, InputError
from spatial.fields import Field, FieldType


@dataclass(frozen=True)
class Placed:
    """A table with a geometry for each row that says where it is.

    Parameters
    ----------
    frame
        With a column ``geometry`` in place of the coordinate or WKT columns; None in it where
        the row says nothing, or something at fault.
    faults
        Coordinates that are no numbers, and WKT that cannot be read.
    at_fault
        Positions (from 0) of the rows in `faults`.
    """

    frame: pd.DataFrame
    faults: tuple[Fault, ...]
    at_fault: frozenset[int]


def place_rows(frame: pd.DataFrame, *, source: str) -> Placed:
    """Give a table without geometries the ones its coordinate or WKT columns describe.

    Raises
    ------
    InputError
        When there are no such columns, or several kinds of them.
    """
    pairs = [pair for pair in COORDINATES if set(pair) <= set(frame.columns)]
    texts = [name for name in WKT_COLUMNS if name in frame.columns]
    if len(pairs) + len(texts) > 1:
        names = [" and ".join(pair) for pair in pairs] + texts
        raise InputError(f"{source}: says several times where its rows are: {'; '.join(names)}")
    if not pairs and not texts:
        raise InputError(
            f"{source}: no column says where its rows are; "
            "it needs lon and lat, or wkt (--map gives columns other names)"
        )
    if texts:
        parsed = parse_geometries(frame[texts[0]])
        geometries = parsed.geometries
        found = [(at, texts[0], message) for at, message in parsed.faults]
    else:
        geometries, found = _points(frame, pairs[0])
    column = pd.Series(geometries, index=frame.index, dtype=object)
    return Placed(
        frame.drop(columns=texts or list(pairs[0])).assign(geometry=column),
        tuple(Fault(source, at + 1, name, message) for at, name, message in found),
        frozenset(at for at, _, _ in found),
    )


def _points(
    frame: pd.DataFrame, pair: tuple[str, str]
) -> tuple[Geometries, list[tuple[int, str, str]]]:
    """Make a point of each row with two numbers; a row with none has no geometry."""
    geometries = np.full(len(frame), None, dtype=object)
    found: list[tuple[int, str, str]] = []
    numbers = {name: _coordinates(frame[name], name, found) for name in pair}
    x, y = numbers[pair[0]], numbers[pair[1]]
    complete = ~np.isnan(x) & ~np.isnan(y)
    geometries[complete] = shapely.points(x[complete], y[complete])
    at_fault = {at for at, _, _ in found}
    for name, own, other in ((pair[0], x, y), (pair[1], y, x)):
        alone = np.flatnonzero(np.isnan(own) & ~np.isnan(other)).tolist()
        found.extend((at, name, "is missing") for at in alone if at not in at_fault)
    return geometries, found


def _coordinates(
    cells: pd.Series[Any], name: str, found: list[tuple[int, str, str]]
) -> NDArray[np.float64]:
    field = Field(name, FieldType.DECIMAL)
    numbers = np.full(len(cells), np.nan)
    for at, cell in enumerate(cells.tolist()):
        if is_missing(cell):
            continue
        try:
            numbers[at] = float(to_decimal(cell, field))
        except CellError as error:
            found.append((at, name, str(error)))
    return numbers
