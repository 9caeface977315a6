"""The site, what reaches it and what stands around it, drawn on axes."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from matplotlib.axes import Axes
from numpy.typing import NDArray

from service.reports.ground import draw_streets, fill_polygons
from service.reports.map_labels import LabelWriter
from service.reports.map_words import FLAG_STYLES, SERVICE_STYLES
from service.reports.site_map_data import LocalShapes, Place, SiteMap
from spatial.crs import project as to_metres

_SMALL_PT: Final = 6.5
SITE_COLOUR: Final = "#B3261E"
WALK_COLOURS: Final = ("#2E7D6B", "#7B5EA7")
_STREET_INK: Final = ("#C9C3B5", "#A79E8B")


def draw_site(axes: Axes, data: SiteMap, local: LocalShapes, writer: LabelWriter) -> None:
    """Draw all a map shows, from what lies lowest to what lies on top."""
    for number, polygon in enumerate(local.walks):
        colour = WALK_COLOURS[number % len(WALK_COLOURS)]
        fill_polygons(
            axes, np.array([polygon]), face=colour, edge=colour, width_pt=0.9, alpha=0.18, order=0.8
        )
    if data.streets is not None and len(data.streets):
        lines = to_metres(data.streets, target=local.crs)
        draw_streets(axes, lines, highway=data.highway, width_pt=(0.5, 1.2), colours=_STREET_INK)
    site = np.array([local.site])
    for flag, places in data.flagged.items():
        _flagged(axes, to_metres(places, target=local.crs), FLAG_STYLES[flag].colour)
    if data.filled:
        fill_polygons(
            axes, site, face=SITE_COLOUR, edge=SITE_COLOUR, width_pt=0, alpha=0.12, order=2
        )
    for label, shape in data.phases:
        polygon = local.bring(shape)
        fill_polygons(
            axes, np.array([polygon]), face="none", edge=SITE_COLOUR, width_pt=0.6, order=2.3
        )
        middle = polygon.representative_point()
        writer.label(axes, (middle.x, middle.y), label, colour=SITE_COLOUR)
    fill_polygons(
        axes, site, face="none", edge=SITE_COLOUR, width_pt=1.6 if data.filled else 0.7, order=2.6
    )
    if shapely.get_dimensions(local.site) == 0:
        at = local.site.representative_point()
        axes.scatter(
            [at.x], [at.y], s=60, marker="s", c=SITE_COLOUR, edgecolors="white", zorder=2.6
        )
    for radius, circles in zip(data.radii, local.circles, strict=True):
        style = SERVICE_STYLES[radius.service]
        for circle in circles:
            ring = shapely.get_coordinates(circle.boundary)
            axes.plot(
                ring[:, 0],
                ring[:, 1],
                color=style.colour,
                linewidth=0.9,
                linestyle=(0, (5, 3)),
                zorder=3,
                scalex=False,
                scaley=False,
            )
    _draw_places(axes, data, local, writer)


def _draw_places(axes: Axes, data: SiteMap, local: LocalShapes, writer: LabelWriter) -> None:
    if data.entrances is not None:
        gates = shapely.get_coordinates(local.bring(data.entrances))
        axes.scatter(
            gates[:, 0],
            gates[:, 1],
            s=26,
            marker="D",
            c="white",
            edgecolors=SITE_COLOUR,
            lw=1.1,
            zorder=4,
        )
    for place in data.existing:
        _mark(axes, local, place, writer, planned=False)
    for place in data.planned:
        _mark(axes, local, place, writer, planned=True)
    if data.attribution:
        axes.text(
            0.995,
            0.008,
            writer.text(data.attribution),
            transform=axes.transAxes,
            fontproperties=writer.font,
            fontsize=_SMALL_PT,
            color="#444444",
            ha="right",
            va="bottom",
            zorder=9,
            bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.2},
        )


def _flagged(axes: Axes, places: NDArray[np.object_], colour: str) -> None:
    """Fill districts of one flag; those known only as a point become a dot."""
    fill_polygons(axes, places, face=colour, order=1.6)
    points = places[shapely.get_type_id(places) == shapely.GeometryType.POINT]
    dots = shapely.get_coordinates(points)
    axes.scatter(dots[:, 0], dots[:, 1], s=16, c=colour, edgecolors="white", lw=0.4, zorder=1.7)


def _mark(
    axes: Axes, local: LocalShapes, place: Place, writer: LabelWriter, *, planned: bool
) -> None:
    at = local.bring(place.geometry).representative_point()
    style = SERVICE_STYLES[place.service]
    axes.scatter([at.x], [at.y], **_marker(style.marker, style.colour, planned=planned))
    if place.label and planned:
        writer.label(axes, (at.x, at.y), place.label, colour=style.colour, aside=True)


def _marker(marker: str, colour: str, *, planned: bool) -> dict[str, Any]:
    look: dict[str, Any] = {"marker": marker, "zorder": 7 if planned else 5}
    if planned:
        return {**look, "s": 62, "c": "#FFD54A", "edgecolors": colour, "linewidths": 1.6}
    return {**look, "s": 26, "c": colour, "edgecolors": "white", "linewidths": 0.5}
