"""How isochrones are shown: features of the ground, and of the streets where asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import shapely

from spatial.isochrone import Isochrone, Reason
from spatial.limits import Limit

GROUND: Final = "ground"
STREETS: Final = "streets"
_DETAILS: Final[Mapping[Reason, str]] = {
    Reason.TOO_FAR: "the nearest street is farther than the snap limit",
    Reason.BARRED: "a barrier lies between the place and every street near it",
    Reason.NO_STREET_NEAR: "no street of the network is within 5,000 m",
    Reason.MISSING: "has no geometry",
    Reason.EMPTY: "the geometry is empty",
    Reason.NOT_FINITE: "the coordinates are not finite",
    Reason.NOT_LONLAT: "longitudes end at ±180, latitudes at ±90",
}


def shown_status(found: Isochrone) -> dict[str, Any]:
    """Return what became of an origin."""
    members: dict[str, Any] = {"status": found.status.value}
    if found.reason is not None:
        members["detail"] = _DETAILS[found.reason]
    return {
        **members,
        "snap_m": _metres(found.connector_m),
        "nearest_street_m": _metres(found.nearest_street_m),
        "island": found.island,
    }


def isochrone_features(
    found: Isochrone, *, limits: Sequence[Limit], streets: bool, about: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the features of one origin, the ground of each limit and then its streets.

    Parameters
    ----------
    limits
        As asked, in the order of the extents.
    streets
        True to show the streets reached.
    about
        Further properties of every feature.

    Returns
    -------
    Where the origin could not be walked from, the ground of each limit is null.
    """
    features = []
    for number, limit in enumerate(limits):
        extent = found.extents[number] if found.extents else None
        properties = {
            **about,
            "minutes": None if limit.minutes is None else float(limit.minutes),
            "metres": float(limit.metres),
            **shown_status(found),
            "street_m": None if extent is None else round(extent.street_m, 1),
        }
        ground = None if extent is None else extent.polygon
        features.append(_feature(ground, {**properties, "part": GROUND}))
        if streets and extent is not None:
            features.append(_feature(extent.streets, {**properties, "part": STREETS}))
    return features


def _feature(shape: shapely.Geometry | None, properties: Mapping[str, Any]) -> dict[str, Any]:
    geometry = None if shape is None or shapely.is_empty(shape) else shape
    return {"type": "Feature", "geometry": geometry, "properties": dict(properties)}


def _metres(metres: float | None) -> float | None:
    return None if metres is None else round(metres, 3)
