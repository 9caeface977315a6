"""What a map of a site shows, and its shapes in metres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from service.reports.window import Window
from spatial.crs import metric_crs
from spatial.crs import project as to_metres

SMALLEST_M: Final = 300.0


@dataclass(frozen=True, eq=False)
class Place:
    """A facility on the map."""

    service: str
    geometry: Any
    label: str | None = None


@dataclass(frozen=True, eq=False)
class Radius:
    """A service radius around places."""

    service: str
    radius_m: float
    places: tuple[Any, ...]
    label: str


@dataclass(frozen=True, eq=False)
class Walk:
    """The ground within a walk."""

    polygon: Any
    label: str


@dataclass(frozen=True, eq=False)
class SiteMap:
    """What is drawn, EPSG:4326.

    Parameters
    ----------
    site
        Polygon or point: a project's ground, or a district.
    phases
        Labels and polygons, as far as they are drawn.
    entrances
        Points, or None.
    planned, existing
        Facilities of the project, and those around; those outside the map are left out.
    radii, walks
        How far they reach.
    flagged
        Polygons or points of districts by flag (`service.reports.map_words.FLAG_STYLES`).
    filled
        False where the site is an area whose inside is to be seen.
    streets, highway
        Lines and the class of each; None without streets.
    names
        What the site is called, and the planned and existing facilities, in the legend.
    attribution
        Printed in a corner of the map: whose the streets are.
    """

    site: Any
    names: tuple[str, str, str]
    phases: tuple[tuple[str, Any], ...] = ()
    entrances: Any | None = None
    planned: tuple[Place, ...] = ()
    existing: tuple[Place, ...] = ()
    radii: tuple[Radius, ...] = ()
    walks: tuple[Walk, ...] = ()
    flagged: Mapping[str, NDArray[np.object_]] = field(default_factory=lambda: MappingProxyType({}))
    filled: bool = True
    streets: NDArray[np.object_] | None = None
    highway: NDArray[np.object_] | None = None
    attribution: str | None = None


class LocalShapes:
    """The geometries in metres."""

    def __init__(self, data: SiteMap) -> None:
        middle = data.site.representative_point()
        self.crs = metric_crs(middle.x, middle.y)
        self.site = self.bring(data.site)
        self.walks = [self.bring(walk.polygon) for walk in data.walks]
        self.circles = [
            [
                shapely.buffer(self.bring(place), radius.radius_m, quad_segs=48)
                for place in radius.places
            ]
            for radius in data.radii
        ]

    def bring(self, geometry: Any) -> Any:  # noqa: ANN401  # any shape
        """Bring a shape into metres."""
        (found,) = to_metres(np.array([geometry], dtype=object), target=self.crs)
        return found

    def inside(self, places: tuple[Place, ...], window: Window) -> tuple[Place, ...]:
        """Leave out the places the map does not show."""
        return tuple(
            place
            for place in places
            if (at := self.bring(place.geometry).representative_point())
            and window.west <= at.x <= window.east
            and window.south <= at.y <= window.north
        )

    def bounds(self) -> NDArray[np.float64]:
        """West, south, east, north of the site and of what reaches it or is reached from it."""
        shapes = [shapely.buffer(self.site, SMALLEST_M / 3), *self.walks]
        # A circle around a far facility would shrink the site to a dot.
        shapes += [c for circles in self.circles for c in circles if c.intersects(self.site)]
        return np.asarray(shapely.total_bounds(np.array(shapes, dtype=object)))
