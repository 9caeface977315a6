"""A map of one site for print: what is planned, what stands around it, and how far each reaches.

Drawn on a figure of its own, without matplotlib's global state. All places are in EPSG:4326 and
drawn in the metric system of the place.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from service.reports.fonts import LATIN_FAMILY, cjk_family, without_wide
from service.reports.ground import draw_streets, fill_polygons, lay_out
from service.reports.map_words import FLAG_STYLES, SERVICE_STYLES
from service.reports.scale import draw_north_arrow, draw_scale_bar
from service.reports.window import Window, around
from spatial.crs import metric_crs
from spatial.crs import project as to_metres

WIDTH_MM: Final = 170.0
_MM: Final = 25.4
_DPI: Final = 300
_MAP_MM: Final = 118.0
_LEGEND_LINE_MM: Final = 5.0
_EDGE_MM: Final = 0.3
_LEGEND_COLUMNS: Final = 3
_TEXT_PT: Final = 8.0
_SMALL_PT: Final = 6.5
_MARGIN: Final = 0.05
_SMALLEST_M: Final = 300.0
_LONGEST_LABEL: Final = 14
_SITE: Final = "#B3261E"
_WALK: Final = ("#2E7D6B", "#7B5EA7")
_STREET_INK: Final = ("#C9C3B5", "#A79E8B")


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


def draw_site_map(data: SiteMap, *, lang: str, height_mm: float = _MAP_MM) -> bytes:
    """Draw the map as PNG of 300 dots an inch, `WIDTH_MM` wide, with scale, north and legend.

    Parameters
    ----------
    lang
        ``zh`` or ``en``. Where no Chinese font is installed its characters are left out.
    height_mm
        Of the map without the legend below it.
    """
    family = cjk_family()
    font = FontProperties(family=family or LATIN_FAMILY)
    writer = _Writer(font, chinese=family is not None)
    local = _Local(data)
    window = around(
        local.bounds(), aspect=WIDTH_MM / height_mm, margin=_MARGIN, smallest_m=_SMALLEST_M
    )
    data = replace(
        data,
        planned=local.inside(data.planned, window),
        existing=local.inside(data.existing, window),
    )
    handles = _handles(data, writer, lang=lang)
    lines = -(-len(handles) // _LEGEND_COLUMNS)
    total_mm = height_mm + 2 + lines * _LEGEND_LINE_MM
    figure = Figure(figsize=(WIDTH_MM / _MM, total_mm / _MM), dpi=_DPI, facecolor="white")
    bottom = 1 - (height_mm - _EDGE_MM) / total_mm
    edge = _EDGE_MM / WIDTH_MM
    axes = figure.add_axes((edge, bottom, 1 - 2 * edge, (height_mm - 2 * _EDGE_MM) / total_mm))
    lay_out(axes, window)
    _draw(axes, data, local, writer)
    draw_scale_bar(axes, font)
    draw_north_arrow(axes, font)
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 0, 1, bottom - 1 / total_mm),
        mode="expand",
        ncols=_LEGEND_COLUMNS,
        frameon=False,
        borderaxespad=0.1,
        handlelength=1.8,
        prop=FontProperties(family=font.get_family(), size=_TEXT_PT),
    )
    written = io.BytesIO()
    # Without the version of the drawing library the same data give the same file.
    figure.savefig(written, format="png", metadata={"Software": "yike"})
    return written.getvalue()


@dataclass(frozen=True)
class _Writer:
    """Writes labels with the font there is."""

    font: FontProperties
    chinese: bool

    def text(self, text: str) -> str:
        # A dollar sign would begin a formula.
        shown = text if self.chinese else without_wide(text)
        return shown.replace("$", r"\$")

    def label(
        self, axes: Axes, at: tuple[float, float], text: str, *, colour: str, aside: bool = False
    ) -> None:
        """Write a label at a place, or aside of it to the upper right, with a white rim."""
        if len(text) > _LONGEST_LABEL:
            text = text[: _LONGEST_LABEL - 1] + "…"
        axes.annotate(
            self.text(text),
            at,
            xytext=(6, 6) if aside else (0, 0),
            textcoords="offset points",
            fontproperties=self.font,
            fontsize=_TEXT_PT,
            color=colour,
            ha="left" if aside else "center",
            va="bottom" if aside else "center",
            path_effects=[withStroke(linewidth=2.2, foreground="white")],
            annotation_clip=True,
            zorder=8,
        )


class _Local:
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
        shapes = [shapely.buffer(self.site, _SMALLEST_M / 3), *self.walks]
        # A circle around a far facility would shrink the site to a dot.
        shapes += [c for circles in self.circles for c in circles if c.intersects(self.site)]
        return np.asarray(shapely.total_bounds(np.array(shapes, dtype=object)))


def _draw(axes: Axes, data: SiteMap, local: _Local, writer: _Writer) -> None:
    for number, polygon in enumerate(local.walks):
        colour = _WALK[number % len(_WALK)]
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
        fill_polygons(axes, site, face=_SITE, edge=_SITE, width_pt=0, alpha=0.12, order=2)
    for label, shape in data.phases:
        polygon = local.bring(shape)
        fill_polygons(axes, np.array([polygon]), face="none", edge=_SITE, width_pt=0.6, order=2.3)
        middle = polygon.representative_point()
        writer.label(axes, (middle.x, middle.y), label, colour=_SITE)
    fill_polygons(
        axes, site, face="none", edge=_SITE, width_pt=1.6 if data.filled else 0.7, order=2.6
    )
    if shapely.get_dimensions(local.site) == 0:
        at = local.site.representative_point()
        axes.scatter([at.x], [at.y], s=60, marker="s", c=_SITE, edgecolors="white", zorder=2.6)
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


def _draw_places(axes: Axes, data: SiteMap, local: _Local, writer: _Writer) -> None:
    if data.entrances is not None:
        gates = shapely.get_coordinates(local.bring(data.entrances))
        axes.scatter(
            gates[:, 0],
            gates[:, 1],
            s=26,
            marker="D",
            c="white",
            edgecolors=_SITE,
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


def _mark(axes: Axes, local: _Local, place: Place, writer: _Writer, *, planned: bool) -> None:
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


def _handles(data: SiteMap, writer: _Writer, *, lang: str) -> list[Any]:
    """Make the entries of the legend: only what the map can show."""
    site, planned, existing = data.names
    ground = "#F3D9D7" if data.filled else "none"
    handles: list[Any] = [
        Patch(facecolor=ground, edgecolor=_SITE, linewidth=1.4, label=writer.text(site))
    ]
    for flag, look in FLAG_STYLES.items():
        if flag in data.flagged:
            word = look.zh if lang == "zh" else look.en
            handles.append(Patch(facecolor=look.colour, label=writer.text(word)))
    if data.entrances is not None:
        gate = "出入口" if lang == "zh" else "entrance"
        handles.append(_dot("D", "white", _SITE, size=5, width=1.1, label=writer.text(gate)))
    for places, name, is_planned in (
        (data.planned, planned, True),
        (data.existing, existing, False),
    ):
        services = {place.service for place in places}
        for service, style in SERVICE_STYLES.items():
            if service not in services:
                continue
            word = style.zh if lang == "zh" else style.en
            label = f"{name}{word}" if lang == "zh" else f"{name} {word.lower()}"
            face, edge = ("#FFD54A", style.colour) if is_planned else (style.colour, "white")
            handles.append(
                _dot(
                    style.marker,
                    face,
                    edge,
                    size=7.5 if is_planned else 5,
                    width=1.5 if is_planned else 0.5,
                    label=writer.text(label),
                )
            )
    handles += [
        Line2D(
            [],
            [],
            color=SERVICE_STYLES[radius.service].colour,
            linewidth=0.9,
            linestyle=(0, (5, 3)),
            label=writer.text(radius.label),
        )
        for radius in data.radii
        if radius.places
    ]
    handles += [
        Patch(
            facecolor=_WALK[number % len(_WALK)],
            edgecolor=_WALK[number % len(_WALK)],
            alpha=0.35,
            label=writer.text(walk.label),
        )
        for number, walk in enumerate(data.walks)
    ]
    return handles


def _dot(marker: str, face: str, edge: str, *, size: float, width: float, label: str) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=marker,
        markersize=size,
        markerfacecolor=face,
        markeredgecolor=edge,
        markeredgewidth=width,
        label=label,
    )
