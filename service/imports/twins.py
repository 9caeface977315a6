"""Rows that may be the same thing twice: the same name at the same place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from scipy.spatial import cKDTree

# Two sources seldom draw a building's middle closer together.
APART_M: Final = 50.0
_EARTH_M: Final = 6_371_008.8


@dataclass(frozen=True)
class Twin:
    """Two rows of one name, at most `APART_M` apart.

    Parameters
    ----------
    at, other
        Positions of the two, `other` in the frame that was searched.
    name
        What both are called.
    apart_m
        Geodesic distance of their middles on the ellipsoid, in metres.
    """

    at: int
    other: int
    name: str
    apart_m: float


def find_twins(
    names: Any,  # noqa: ANN401  # an array or series of text, None where missing
    shapes: Any,  # noqa: ANN401  # an array of geometries
    *,
    among: tuple[Any, Any] | None = None,
) -> tuple[Twin, ...]:
    """Find rows of one name at one place.

    Parameters
    ----------
    names
        A name a row; rows without one have no twin.
    shapes
        EPSG:4326.
    among
        Names and shapes to search in; None means the rows themselves, each pair once.

    Returns
    -------
    At most the nearest one a row, in the order of rows.
    """
    own = among is None
    other_names, other_shapes = (names, shapes) if among is None else among
    groups = _by_name(other_names)
    places, others = _on_sphere(shapes), _on_sphere(other_shapes)
    pairs: list[tuple[int, int]] = []
    for name, members in _by_name(names).items():
        rivals = groups.get(name)
        if rivals is None or (own and len(rivals) == 1):
            continue
        tree = cKDTree(others[rivals])
        # Of the rows themselves the nearest is the row itself, or one at the same place.
        distance, found = tree.query(places[members], k=[1, 2], distance_upper_bound=APART_M * 1.02)
        both = np.asarray(distance).tolist(), np.asarray(found).tolist()
        for position, near, indices in zip(members.tolist(), *both, strict=True):
            for metres, index in zip(near, indices, strict=True):
                if not np.isfinite(metres) or (own and rivals[index] == position):
                    continue
                pairs.append((position, int(rivals[index])))
                break
    if own:
        pairs = sorted({(max(pair), min(pair)) for pair in pairs})
    return _measured(sorted(pairs), names, shapes, other_shapes)


def _measured(
    pairs: list[tuple[int, int]],
    names: Any,  # noqa: ANN401  # as above
    shapes: Any,  # noqa: ANN401  # as above
    other_shapes: Any,  # noqa: ANN401  # as above
) -> tuple[Twin, ...]:
    if not pairs:
        return ()
    at, other = np.array(pairs).T
    here = shapely.get_coordinates(shapely.centroid(np.asarray(shapes, dtype=object)[at]))
    there = shapely.get_coordinates(shapely.centroid(np.asarray(other_shapes, dtype=object)[other]))
    geod = Geod(ellps="WGS84")
    _, _, apart = geod.inv(here[:, 0], here[:, 1], there[:, 0], there[:, 1])
    texts = list(names)
    return tuple(
        Twin(int(one), int(two), str(texts[one]), round(float(metres), 1))
        for one, two, metres in zip(at, other, apart, strict=True)
        if metres <= APART_M
    )


def _by_name(names: Any) -> dict[str, NDArray[np.int64]]:  # noqa: ANN401  # as above
    groups: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        if isinstance(name, str):
            groups.setdefault(name, []).append(position)
    return {name: np.array(members) for name, members in groups.items()}


def _on_sphere(shapes: Any) -> NDArray[np.float64]:  # noqa: ANN401  # as above
    """Return the middles as places in space, metres; chords are the distances for so near ones."""
    xy = shapely.get_coordinates(shapely.centroid(np.asarray(shapes, dtype=object)))
    lon, lat = np.radians(xy).T
    unit = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    return np.asarray(_EARTH_M * unit, dtype=np.float64)
