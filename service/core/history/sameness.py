"""Whether two values of a field are the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    false,
    func,
    or_,
)

from spatial.fields import FieldType


def same_value(
    new: ColumnElement[Any], stored: ColumnElement[Any], type_: FieldType
) -> ColumnElement[bool]:
    """Return whether an incoming value of a field is the stored one, to the last bit.

    Where a ring begins and which way it runs says nothing of a place, and formats differ in it: a
    Shapefile's outer rings run clockwise, GeoJSON's the other way. Nor does it matter whether one
    polygon is called a multipolygon of one part, as many formats call all of a layer.
    """
    if type_ not in {FieldType.GEOMETRY, FieldType.POINTS}:
        return new.is_not_distinct_from(stored)
    # The operator = of PostGIS compares only what its sort order sees; bytes are exact. The
    # normal form is asked for only where they differ.
    exact = func.ST_AsBinary(new).is_not_distinct_from(func.ST_AsBinary(stored))
    normal = _normal_form(new) == _normal_form(stored)
    return or_(exact, func.coalesce(normal, false()))


def _normal_form(geometry: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.ST_AsBinary(func.ST_Normalize(func.ST_Multi(geometry)))
