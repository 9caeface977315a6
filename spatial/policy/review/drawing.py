"""The geometries of a project: read once from GeoJSON, and what is wrong with them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from spatial.policy.review.consistency import pointer

_SURFACES: Final = ("Polygon", "MultiPolygon")
_PLACES: Final = ("Point", *_SURFACES)
_POINTS: Final = ("Point", "MultiPoint")
# Members that hold a geometry, and what it may be; wherever they stand.
_SHAPES: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {"site": _PLACES, "entrances": _POINTS, "geometry": _PLACES}
)
_MOST_COORDINATES: Final = 100_000
_ENCODER: Final = json.JSONEncoder(default=float)


def drawn(
    value: Any,  # noqa: ANN401 - walks any document
    path: tuple[str | int, ...],
    faults: list[tuple[str, str]],
) -> Any:  # noqa: ANN401 - as above
    """Put geometries in their places, and list dates and geometries that are none.

    Parameters
    ----------
    value
        A sound project, or a part of it.
    path
        Where the part stands.
    faults
        JSON pointers and messages; what is found is put behind them.

    Returns
    -------
    A copy with geometries in the place of GeoJSON; None where it is none.
    """
    if isinstance(value, list):
        return [drawn(inner, (*path, number), faults) for number, inner in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for key, inner in value.items():
        name = str(key)
        allowed = _SHAPES.get(name)
        if allowed is not None:
            if path[:1] in (("phases",), ("massing",)):
                allowed = _SURFACES
            shape, message = _shape(inner, allowed)
            found[name] = shape
            faults += [] if message is None else [(pointer(*path, name), message)]
            continue
        found[name] = inner
        if name.endswith("_on"):
            try:
                dt.date.fromisoformat(str(inner))
            except ValueError:
                faults.append((pointer(*path, name), f"there is no day {inner}"))
        elif isinstance(inner, (Mapping, list)):
            found[name] = drawn(inner, (*path, name), faults)
    return found


def _shape(value: object, allowed: Sequence[str]) -> tuple[BaseGeometry | None, str | None]:
    """Read a geometry, or say what is wrong with it."""
    try:
        shape = shapely.from_geojson(_ENCODER.encode(value))
    except (ShapelyError, ValueError, TypeError, ArithmeticError):
        shape = None
    if not isinstance(shape, BaseGeometry) or shape.geom_type not in allowed or shape.is_empty:
        return None, f"is no GeoJSON geometry of type {', '.join(allowed)}"
    return shape, _shape_fault(shape)


def _shape_fault(shape: BaseGeometry) -> str | None:
    if shapely.count_coordinates(shape) > _MOST_COORDINATES:
        return f"has more than {_MOST_COORDINATES} coordinates"
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -85 <= south <= north <= 85):  # noqa: PLR2004 - degrees
        return "lies outside the degrees of longitude and latitude (longitude comes first)"
    if not shape.is_valid:
        return f"is not valid: {shapely.is_valid_reason(shape)}"
    return None
