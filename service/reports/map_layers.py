"""Districts and facilities drawn on a map, and the part of it worth enlarging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from service.reports.ground import draw_streets, fill_polygons, lay_out
from service.reports.map_words import FLAG_STYLES, SERVICE_STYLES
from service.reports.window import Window, densest

INK: Final = "#222222"
SMALLEST_M: Final = 400.0
INSET_MARKERS: Final = 2.2
_PART_SHARE: Final = 0.13


@dataclass(frozen=True)
class MapLayers:
    """The layers and their geometries in metres."""

    districts: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame | None
    district_places: NDArray[np.object_]
    facility_places: NDArray[np.object_]
    street_lines: NDArray[np.object_]


def aspect_of(axes: Axes) -> float:
    """Return the width of a panel over its height."""
    box = axes.get_window_extent()
    return float(box.width / box.height)


def part_to_enlarge(layers: MapLayers, whole: Window, axes: Axes) -> Window | None:
    """Choose where most households live; None where the whole is hardly larger than that."""
    height = whole.height * _PART_SHARE
    if height < SMALLEST_M:
        return None
    return densest(
        shapely.get_coordinates(shapely.centroid(layers.district_places)),
        layers.districts["households"].fillna(0).to_numpy(dtype=np.float64),
        width_m=height * aspect_of(axes),
        height_m=height,
    )


def outline_part(axes: Axes, part: Window) -> None:
    """Mark on the map the part that is enlarged beside it."""
    axes.add_patch(
        Rectangle(
            (part.west, part.south),
            part.width,
            part.height,
            fill=False,
            edgecolor=INK,
            linewidth=1.0,
            zorder=4,
        )
    )


def draw_layers(axes: Axes, layers: MapLayers, window: Window, *, enlarged: float) -> None:
    """Draw what lies in the window; lines and markers `enlarged` times as large."""
    lay_out(axes, window)
    if layers.streets is not None:
        known = "highway" in layers.streets.columns
        draw_streets(
            axes,
            layers.street_lines,
            highway=layers.streets["highway"].to_numpy(dtype=object) if known else None,
            width_pt=(0.25 * enlarged, 0.55 * enlarged),
        )
    flags = np.asarray(layers.districts["flag"].to_numpy(), dtype=object)
    _draw_districts(axes, layers.district_places, flags)
    _draw_facilities(axes, layers.facility_places, layers.facilities, enlarged=enlarged)


def _draw_districts(axes: Axes, places: NDArray[np.object_], flags: NDArray[np.object_]) -> None:
    """Fill the polygons; districts known only as a point become a dot."""
    is_point = shapely.get_type_id(places) == shapely.GeometryType.POINT
    for flag, style in FLAG_STYLES.items():
        fill_polygons(axes, places[~is_point & (flags == flag)], face=style.colour)
        dots = shapely.get_coordinates(places[is_point & (flags == flag)])
        axes.scatter(
            dots[:, 0], dots[:, 1], s=22, c=style.colour, edgecolors="white", lw=0.4, zorder=2.5
        )


def _draw_facilities(
    axes: Axes, places: NDArray[np.object_], facilities: gpd.GeoDataFrame, *, enlarged: float
) -> None:
    points = shapely.get_coordinates(shapely.point_on_surface(places))
    service = facilities["service"].to_numpy()
    for name, style in SERVICE_STYLES.items():
        chosen = points[service == name]
        axes.scatter(
            chosen[:, 0],
            chosen[:, 1],
            s=style.size * enlarged**2,
            marker=style.marker,
            c=style.colour,
            edgecolors="white",
            linewidths=0.2 * enlarged,
            zorder=3,
        )
