"""What maps draw alike: the frame, streets, and polygons with holes."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from service.reports.window import Window

GROUND: Final = "#F6F4EE"
FRAME: Final = "#B8B4AA"
STREET: Final = "#DAD6CB"
MAIN_STREET: Final = "#C3BCAC"
_MAIN_CLASSES: Final = ("motorway", "trunk", "primary", "secondary")


def lay_out(axes: Axes, window: Window) -> None:
    """Show a window of the ground, metres, in a thin frame without ticks."""
    axes.set_xlim(window.west, window.east)
    axes.set_ylim(window.south, window.north)
    axes.set_facecolor(GROUND)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(FRAME)
        spine.set_linewidth(0.8)


def draw_streets(
    axes: Axes,
    lines: NDArray[np.object_],
    *,
    highway: NDArray[np.object_] | None,
    width_pt: tuple[float, float] = (0.25, 0.55),
    colours: tuple[str, str] = (STREET, MAIN_STREET),
) -> None:
    """Draw lines in metres.

    Parameters
    ----------
    highway
        Class of each as OpenStreetMap names it; None where not known.
    width_pt, colours
        Of ordinary and of main streets.
    """
    main = np.zeros(len(lines), dtype=bool)
    if highway is not None:
        main = np.isin(highway.astype(str), _MAIN_CLASSES)
    for chosen, colour, width in zip((~main, main), colours, width_pt, strict=True):
        parts = shapely.get_parts(lines[chosen])
        coordinates, of = shapely.get_coordinates(parts, return_index=True)
        segments = np.split(coordinates, np.flatnonzero(np.diff(of)) + 1) if len(of) else []
        axes.add_collection(
            LineCollection(segments, colors=colour, linewidths=width, zorder=1), autolim=False
        )


def fill_polygons(  # the look, by name only
    axes: Axes,
    places: NDArray[np.object_],
    *,
    face: str,
    edge: str = "white",
    width_pt: float = 0.2,
    alpha: float | None = None,
    order: float = 2,
) -> None:
    """Fill polygons and the parts of several, in metres; their holes stay open."""
    parts = shapely.get_parts(places)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    axes.add_collection(
        PathCollection(
            [_outline(part) for part in parts],
            facecolors=face,
            edgecolors=edge,
            linewidths=width_pt,
            alpha=alpha,
            zorder=order,
        ),
        autolim=False,
    )


def _outline(polygon: shapely.Polygon) -> Outline:
    # Rings of opposite direction leave holes.
    oriented = shapely.orient_polygons(polygon)
    rings = [oriented.exterior, *oriented.interiors]
    return Outline.make_compound_path(
        *(Outline(shapely.get_coordinates(ring), closed=True) for ring in rings)
    )
