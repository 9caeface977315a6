"""Writing GeoJSON (RFC 7946) from frames, a column at a time.

Coordinates are longitude and latitude in WGS 84, rings follow the right-hand rule, there is no
``crs`` member. Numbers are written exactly as stored: a `decimal.Decimal` never becomes a float.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from starlette.responses import Response

# One shapely geometry or None, or a numpy array of them.
Shapes: TypeAlias = Any

MEDIA_TYPE: Final = "application/geo+json"
# 1e-7 degree is at most 11 mm on the ground.
DECIMALS: Final = 7
# Whole numbers below are exact in a float.
_EXACT: Final = 2**53


def shown_geometries(geometries: Shapes) -> Shapes:
    """Return geometries as they are shown: flat, right-handed, rounded to 7 decimals.

    A polygon that rounding would break (a sliver, a needle) keeps its full coordinates.

    Parameters
    ----------
    geometries
        Array of shapely geometries or None, EPSG:4326.

    Returns
    -------
    Array of the same shape.
    """
    exact = shapely.orient_polygons(shapely.force_2d(geometries), exterior_cw=False)
    rounded = shapely.transform(exact, lambda xy: np.round(xy, DECIMALS))
    broken = ~shapely.is_valid(rounded) & shapely.is_valid(exact)
    return np.where(broken, exact, rounded)


def encode_json(value: object) -> str:
    """Return one value as JSON text; missing values (None, NaN, NA, NaT) are null.

    Raises
    ------
    TypeError
        If the value has no JSON form.
    """
    write = _WRITERS.get(type(value))
    return _encode_other(value) if write is None else write(value)


def feature_collection(
    frame: GeoDataFrame,
    *,
    key: str | None,
    members: Mapping[str, Any],
    version: str | None = None,
) -> str:
    """Return a FeatureCollection in the order of the frame.

    Parameters
    ----------
    frame
        EPSG:4326; every column but the active geometry is a property, in order.
    key
        Column that is also each feature's ``id``; None for features without one.
    members
        Foreign members of the collection: links, numberReturned, notices.
    version
        Column written as the foreign member ``version`` of each feature, not as a property.
    """
    foreign = "".join(f", {encode_json(name)}: {encode_json(members[name])}" for name in members)
    features = ",\n".join(_features(frame, key=key, version=version))
    return f'{{"type": "FeatureCollection"{foreign}, "features": [\n{features}\n]}}'


def feature(
    frame: GeoDataFrame, *, key: str, members: Mapping[str, Any], version: str | None = None
) -> str:
    """Return the only row of `frame` as a Feature, with foreign members."""
    (text,) = _features(frame, key=key, version=version)
    foreign = "".join(f", {encode_json(name)}: {encode_json(members[name])}" for name in members)
    return f"{text[:-1]}{foreign}}}"


def geojson_response(
    text: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return GeoJSON text as a response."""
    return Response(text, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def _features(frame: GeoDataFrame, *, key: str | None, version: str | None) -> list[str]:
    if frame.empty:
        return []
    geometries: NDArray[Any] = np.asarray(
        shapely.to_geojson(shown_geometries(frame.geometry.to_numpy())), dtype=object
    )
    shapes = ["null" if shape is None else shape for shape in geometries]
    names = [name for name in frame.columns if name not in (frame.geometry.name, version)]
    columns = [_column(frame[name]) for name in names]
    template = ", ".join(f"{encode_json(str(name))}: %s" for name in (_escaped(n) for n in names))
    properties = [template % values for values in zip(*columns, strict=True)] or [""] * len(frame)
    head = [""] * len(frame)
    if key is not None:
        head = [f', "id": {text}' for text in _column(frame[key])]
    if version is not None:
        head = [
            f'{text}, "version": {number}'
            for text, number in zip(head, _column(frame[version]), strict=True)
        ]
    return [
        f'{{"type": "Feature"{first}, "geometry": {shape}, "properties": {{{values}}}}}'
        for first, shape, values in zip(head, shapes, properties, strict=True)
    ]


def _escaped(name: object) -> str:
    return str(name).replace("%", "%%")


def _column(column: pd.Series[Any]) -> list[str]:
    return [encode_json(value) for value in column.astype(object).tolist()]


def _encode_other(value: object) -> str:
    if isinstance(value, Mapping):
        members = (f"{_write_text(str(name))}: {encode_json(value[name])}" for name in value)
        return f"{{{', '.join(members)}}}"
    if isinstance(value, BaseGeometry):
        return str(shapely.to_geojson(shown_geometries(value)[()]))
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return f"[{', '.join(encode_json(item) for item in value)}]"
    if value is pd.NA or value is pd.NaT:
        return "null"
    plain = value.item() if isinstance(value, np.generic) else value
    for kind, write in _WRITERS.items():
        if isinstance(plain, kind):
            return write(plain)
    raise TypeError(f"{type(value).__name__} has no JSON form")


# An encoder of its own: `json.dumps` makes a new one for every text.
_write_text: Final = json.JSONEncoder(ensure_ascii=False).encode


def _write_float(value: float) -> str:
    number = float(value)
    if not np.isfinite(number):
        return "null"
    # 300 and not 300.0, as in files (service.exports.content).
    return str(int(number)) if number.is_integer() and abs(number) < _EXACT else repr(number)


def _write_decimal(value: Decimal) -> str:
    return format(value, "f") if value.is_finite() else "null"


# In the order of an isinstance search: bool before int, datetime before date.
_WRITERS: Final[Mapping[type, Callable[[Any], str]]] = {
    type(None): lambda _: "null",
    bool: lambda value: "true" if value else "false",
    np.bool_: lambda value: "true" if value else "false",
    str: _write_text,
    int: lambda value: str(int(value)),
    float: _write_float,
    Decimal: _write_decimal,
    datetime: lambda value: json.dumps(value.isoformat()),
    date: lambda value: json.dumps(value.isoformat()),
}
