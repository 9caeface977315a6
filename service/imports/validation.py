"""Turning a frame of any origin into the validated frame of a layer, or saying all that is wrong.

Files, requests and the demo city all pass through `check`, so that the same fault reads the same
wherever it is found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from service.imports.consistency import fill_service, row_faults
from service.imports.converting import convert, missing_column
from service.imports.geometries import (
    Geometries,
    check_geometries,
    flatten,
    flattened_warning,
    parse_geometries,
)
from spatial.errors import Fault, InputFaults, UnknownCRSError
from spatial.fields import Field, FieldType, Layer

STORED_CRS = "EPSG:4326"


@dataclass(frozen=True)
class Checked:
    """A validated layer.

    Parameters
    ----------
    frame
        All fields of the layer in their order and dtypes, EPSG:4326, index 0..n-1 = row - 1.
    warnings
        What was read otherwise than given, one line each.
    """

    frame: gpd.GeoDataFrame
    warnings: tuple[str, ...]


def validate(frame: pd.DataFrame, layer: Layer, *, source: str) -> gpd.GeoDataFrame:
    """Return `frame` in the fields and dtypes of `layer`; see `check`, whose warnings it drops."""
    return check(frame, layer, source=source).frame


def check(
    frame: pd.DataFrame,
    layer: Layer,
    *,
    source: str,
    faults: Sequence[Fault] = (),
    at_fault: Mapping[str, Collection[int]] = MappingProxyType({}),
) -> Checked:
    """Check every cell of a frame and convert it to the fields of a layer.

    Parameters
    ----------
    frame
        Columns named as the fields, of any dtypes; a column absent is a column of missing
        values, other columns are left out. Geometries (shapely, WKT, WKB or GeoJSON) are in
        EPSG:4326, longitude first; a frame without a declared CRS is taken to be.
    source
        File name or request part, for messages. Row n of it is the n-th row of `frame`.
    faults
        Faults the caller has found in the same rows, reported together with those found here.
    at_fault
        By field, the positions (from 0) those faults are about, not to be reported again.

    Returns
    -------
    The validated frame and the warnings.

    Raises
    ------
    InputFaults
        With every fault, in the order of rows.
    UnknownCRSError
        If `frame` declares another CRS than EPSG:4326.
    """
    _require_lonlat(frame, source)
    doubled = frame.columns[frame.columns.duplicated()].unique()
    if len(doubled):
        raise InputFaults([Fault(source, None, str(n), "is there twice") for n in doubled])
    found = list(faults)
    warnings: list[str] = []
    index = pd.RangeIndex(len(frame))
    columns: dict[str, pd.Series[Any]] = {}
    shapes: dict[str, Geometries] = {}
    for field in layer.fields:
        given = _column(frame, field, index)
        if given is None and field.required:
            found.append(Fault(source, None, field.name, "there is no such column, and it must be"))
        if given is None:
            if field.type not in (FieldType.GEOMETRY, FieldType.POINTS):
                columns[field.name] = missing_column(field, index)
                continue
            given = pd.Series([None] * len(index), index=index, dtype=object)
            # One fault for the column says it; not one more a row.
            field = replace(field, required=False)  # noqa: PLW2901  # the loop's own copy
        if field.type in (FieldType.GEOMETRY, FieldType.POINTS):
            known = frozenset(at_fault.get(field.name, ()))
            shapes[field.name], lines = _shapes(
                given, field, layer, source=source, known=known, found=found
            )
            warnings.extend(lines)
        else:
            converted = convert(given, field)
            columns[field.name] = converted.column
            known = frozenset(at_fault.get(field.name, ()))
            found.extend(
                Fault(source, at + 1, field.name, why)
                for at, why in converted.faults
                if at not in known
            )
    table = pd.DataFrame({name: columns[name] for name in layer.names if name in columns})
    told = {(fault.row, fault.field) for fault in found}
    found.extend(
        Fault(source, at + 1, name, why)
        for at, name, why in row_faults(table, layer)
        # A cell that could not be read counts as missing above, which is no second fault.
        if (at + 1, name) not in told
    )
    if found:
        raise InputFaults(_in_order(found, layer))
    if "service" in table and "kind" in table:
        fill_service(table)
    return Checked(_assemble(table, shapes, layer, index), tuple(warnings))


def _require_lonlat(frame: pd.DataFrame, source: str) -> None:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return
    if frame.crs is not None and not CRS(frame.crs).equals(CRS(STORED_CRS), ignore_axis_order=True):
        raise UnknownCRSError(f"{source}: must be in {STORED_CRS}, not {CRS(frame.crs).name}")


def _column(frame: pd.DataFrame, field: Field, index: pd.RangeIndex) -> pd.Series[Any] | None:
    name = field.name
    if field.type is FieldType.GEOMETRY and isinstance(frame, gpd.GeoDataFrame):
        name = frame.active_geometry_name or name
    if name not in frame.columns:
        return None
    column: pd.Series[Any] = frame[name].set_axis(index)
    return column


def _shapes(
    given: pd.Series[Any],
    field: Field,
    layer: Layer,
    *,
    source: str,
    known: frozenset[int],
    found: list[Fault],
) -> tuple[Geometries, list[str]]:
    """Parse and check one column of geometries, adding to `found`; return it and warnings."""
    parsed = parse_geometries(given)
    geometries = parsed.geometries
    types: tuple[str, ...] = layer.geometry_types
    if field.type is FieldType.POINTS:
        types = ("Point", "MultiPoint")
        # An empty list of entrances says no more than none.
        geometries[shapely.is_empty(geometries)] = None
    geometries, count = flatten(geometries)
    faults = check_geometries(
        geometries,
        types=types,
        required=field.required,
        skip=sorted(known | {at for at, _ in parsed.faults}),
    )
    found.extend(Fault(source, at + 1, field.name, why) for at, why in (*parsed.faults, *faults))
    if field.type is FieldType.POINTS:
        for at, shape in enumerate(geometries):
            if shape is not None and shape.geom_type == "Point":
                geometries[at] = shapely.multipoints([shape])
    return geometries, flattened_warning(source, field.name, count=count, rows=len(given))


def _in_order(faults: list[Fault], layer: Layer) -> list[Fault]:
    rank = {name: number for number, name in enumerate(layer.names)}
    return sorted(faults, key=lambda f: (f.row or 0, rank.get(f.field or "", -1)))


def _assemble(
    table: pd.DataFrame, shapes: dict[str, Geometries], layer: Layer, index: pd.RangeIndex
) -> gpd.GeoDataFrame:
    data: dict[str, object] = {}
    for field in layer.fields:
        if field.type is FieldType.GEOMETRY:
            data[field.name] = gpd.GeoSeries(shapes[field.name], index=index, crs=STORED_CRS)
        elif field.type is FieldType.POINTS:
            data[field.name] = pd.Series(shapes[field.name], index=index, dtype=object)
        else:
            data[field.name] = table[field.name]
    return gpd.GeoDataFrame(data, index=index, geometry="geometry", crs=STORED_CRS)
