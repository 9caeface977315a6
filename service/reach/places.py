"""Reading the places a question is about from GeoJSON: a bad one is told, and spoils no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from service.core.errors.limits import TooManyOriginsError
from service.core.errors.problem import pointer
from service.core.errors.request import InvalidBodyError
from service.core.geometry_input import ShapeError, read_geometry, refuse_other_crs
from service.core.json_input import Json
from service.core.parameters import MAX_ID_LENGTH
from spatial.doors import unusable

_MAX_COORDINATES: Final = 100_000


@dataclass(frozen=True, eq=False)
class Places:
    """Places in the order given.

    Parameters
    ----------
    ids
        Member ``id`` of each feature, else its property ``id``, else its place in the list.
    geometry
        In EPSG:4326; None for one that cannot be used, shape (n,).
    faults
        What is wrong, by place in the list from 0.
    """

    ids: tuple[str, ...]
    geometry: NDArray[Any]
    faults: Mapping[int, str]


def read_places(document: Json, *, at: str, most: int, command: str) -> Places:
    """Read a FeatureCollection of places.

    Parameters
    ----------
    at
        JSON pointer of the collection in the body.
    most
        How many places one question may be about.
    command
        Command line that has no such limit.

    Raises
    ------
    InvalidBodyError
        When the whole is no FeatureCollection in longitude and latitude.
    TooManyOriginsError
        When there are more than `most`.
    """
    if not isinstance(document, dict):
        raise InvalidBodyError.of(at, "expected a FeatureCollection")
    refuse_other_crs(document)
    features = document.get("features")
    if document.get("type") != "FeatureCollection":
        raise InvalidBodyError.of(f"{at}{pointer('type')}", "expected FeatureCollection")
    if not isinstance(features, list) or not features:
        place = f"{at}{pointer('features')}"
        raise InvalidBodyError.of(place, "expected a list of at least one feature")
    refuse_too_many(len(features), most=most, command=command)
    geometry = np.full(len(features), None, dtype=object)
    faults: dict[int, str] = {}
    ids: list[str] = []
    for index, feature in enumerate(features):
        ids.append(_identifier(feature, index))
        try:
            geometry[index] = _shape(feature)
        except ShapeError as error:
            faults[index] = str(error)
    for index in np.flatnonzero(unusable(geometry)).tolist():
        faults.setdefault(index, _why(geometry[index]))
        geometry[index] = None
    if int(shapely.count_coordinates(geometry)) > _MAX_COORDINATES:
        raise InvalidBodyError.of(at, f"more than {_MAX_COORDINATES} coordinates in one request")
    return Places(tuple(ids), geometry, faults)


def refuse_too_many(count: int, *, most: int, command: str) -> None:
    """Refuse more places than one question may be about.

    Raises
    ------
    TooManyOriginsError
        Naming the limit and the way round it.
    """
    if count > most:
        raise TooManyOriginsError(
            f"{count} places are more than the {most} of one request; ask in parts, or use the "
            f"command line: {command}"
        )


def _identifier(feature: Json, index: int) -> str:
    if not isinstance(feature, dict):
        return str(index)
    properties = feature.get("properties")
    inner = properties.get("id") if isinstance(properties, dict) else None
    for given in (feature.get("id"), inner):
        if isinstance(given, str) or (isinstance(given, int) and not isinstance(given, bool)):
            return str(given)[:MAX_ID_LENGTH]
    return str(index)


def _shape(feature: Json) -> shapely.Geometry:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise ShapeError("expected a Feature")
    shape = read_geometry(feature.get("geometry"))
    if shape is None:
        raise ShapeError("has no geometry")
    return shapely.force_2d(shape)


def _why(shape: shapely.Geometry) -> str:
    if shapely.is_empty(shape):
        return "the geometry is empty"
    if not shapely.is_valid(shape):
        return f"the geometry is not valid: {shapely.is_valid_reason(shape)}"
    return "longitudes end at ±180, latitudes at ±90"
