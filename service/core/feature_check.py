"""Validating the features of a body as every other input is validated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from service.core.errors.problem import Detail, pointer
from service.core.feature_input import Row
from service.core.geometry_input import GEOMETRY_FIELD
from service.imports.validation import check
from spatial.errors import Fault, InputFaults
from spatial.fields import Layer

SOURCE: Final = "request"


@dataclass(frozen=True)
class CheckedRows:
    """The rows of a body after validation.

    Parameters
    ----------
    frame
        The good rows, in the fields and dtypes of the layer; its index is the row's place in
        the body, from 0.
    faults
        Place of each bad row, from 0, to what is wrong with it.
    """

    frame: GeoDataFrame
    faults: Mapping[int, tuple[Detail, ...]]


def check_rows(rows: Sequence[Row], layer: Layer) -> CheckedRows:
    """Validate rows as every other input is validated (`service.imports.validation`).

    A row with a fault is reported with all its faults and is not in the frame; the others are.
    """
    faults: dict[int, list[Detail]] = {}
    for row in rows:
        if row.faults:
            faults.setdefault(row.index, []).extend(row.faults)
    found: Sequence[Fault] = ()
    checked = None
    try:
        checked = check(_frame(rows, layer), layer, source=SOURCE).frame
    except InputFaults as error:
        found = error.faults
    for fault in found:
        # Row numbers of faults count from 1; a fault without one concerns every row.
        for row in [rows[fault.row - 1]] if fault.row is not None else rows:
            place = row.prefix + _field_pointer(fault.field)
            listed = faults.setdefault(row.index, [])
            if not any(_covers(detail, place) for detail in row.faults):
                listed.append(Detail(fault.message, pointer=place))
    good = [row for row in rows if row.index not in faults]
    if checked is None or len(good) < len(rows):
        checked = _frame(good, layer)
        if good:
            checked = check(checked, layer, source=SOURCE).frame
    checked.index = pd.Index([row.index for row in good], dtype="int64")
    return CheckedRows(checked, {index: tuple(details) for index, details in faults.items()})


def _covers(detail: Detail, place: str) -> bool:
    """Tell whether a fault already reported explains one found later at `place`."""
    known = detail.pointer or ""
    return place == known or place.startswith(f"{known}/")


def _field_pointer(name: str | None) -> str:
    if name is None:
        return ""
    return pointer(name) if name == GEOMETRY_FIELD else pointer("properties", name)


def _frame(rows: Sequence[Row], layer: Layer) -> GeoDataFrame:
    columns = {
        name: pd.Series([row.cells.get(name) for row in rows], dtype=object)
        for name in layer.names
        if name != GEOMETRY_FIELD
    }
    shapes = np.array([row.cells.get(GEOMETRY_FIELD) for row in rows], dtype=object)
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs="EPSG:4326"))
