"""A map of an evaluated city as a PNG picture.

Drawn on figures of its own, without matplotlib's global state, so that requests may draw at the
same time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from numpy.typing import NDArray

from service.reports.fonts import LATIN_FAMILY, cjk_family, has_wide, without_wide
from service.reports.legend import draw_legend
from service.reports.map_layers import (
    INK,
    INSET_MARKERS,
    SMALLEST_M,
    MapLayers,
    aspect_of,
    draw_layers,
    outline_part,
    part_to_enlarge,
)
from service.reports.map_words import FLAG_STYLES, SERVICE_STYLES
from service.reports.scale import draw_north_arrow, draw_scale_bar
from service.reports.window import around
from service.reports.wrapping import wrap
from spatial.crs import metric_crs
from spatial.errors import InputError

_SIZE_IN: Final = (13.0, 9.4)
_DPI: Final = 150
_PANEL: Final = 0.225  # of the width, for the legend
_EDGE: Final = 0.018
_TITLE_PT: Final = 17
_SUBTITLE_PT: Final = 10
_NOTICE_PT: Final = 9
_NOTICE_COLUMNS: Final = 165
_NO_FONT: Final = "Chinese text is left out: no font for it is installed."
_FAINT_INK: Final = "#5F5F5F"
_MARGIN_SHARE: Final = 0.02
_INSET: Final = 0.52  # of the height of the map


@dataclass(frozen=True)
class DrawnMap:
    """What was drawn.

    Parameters
    ----------
    path
        The picture.
    lang
        Language of its texts: ``en`` where ``zh`` was asked but no installed font can write it.
    font
        Family of its texts.
    """

    path: Path
    lang: str
    font: str


def draw_map(
    path: Path,
    *,
    districts: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame | None,
    title: Mapping[str, str],
    notices: Mapping[str, Sequence[str]],
    lang: str,
) -> DrawnMap:
    """Draw districts coloured by flag, facilities and streets, with legend, scale and notices.

    Parameters
    ----------
    path
        The PNG to write; an existing file is replaced.
    districts
        ``flag`` (design, section 4), ``households`` (missing ones are counted apart) and
        geometry, points or polygons. At least one row, any declared CRS.
    facilities
        ``service`` and geometry in any declared CRS; polygons are drawn as a point inside.
    streets
        Lines, with ``highway`` if known, in any declared CRS; None draws none.
    title, notices
        By language, ``zh`` and ``en``. The first line of the title is set large. Chinese characters
        are left out, and the map says so, where no font for them is installed.
    lang
        ``zh`` or ``en``. English is used, texts and all, where Chinese is asked and no font for
        it is installed.

    Raises
    ------
    InputError
        If there are no districts, a flag or service is unknown, or a CRS is not declared.
    OSError
        If the file cannot be written.
    """
    _check(districts, facilities)
    lettering = _lettering(title, notices, lang)
    lang, font = lettering.lang, FontProperties(family=lettering.family)
    local = _to_metres([districts, facilities, streets])
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white")
    lines = [line for text in lettering.notices for line in wrap(text, columns=_NOTICE_COLUMNS)]
    bottom, top = _write_texts(figure, lettering.title, lines, font)
    layers = MapLayers(districts, facilities, streets, *local)
    axes = figure.add_axes((_EDGE, bottom, 1 - _PANEL - 2 * _EDGE, top - bottom))
    whole = around(
        np.asarray(shapely.total_bounds(layers.district_places)),
        aspect=aspect_of(axes),
        margin=_MARGIN_SHARE,
        smallest_m=SMALLEST_M,
    )
    draw_layers(axes, layers, whole, enlarged=1.0)
    draw_scale_bar(axes, font)
    draw_north_arrow(axes, font)
    inset = figure.add_axes((1 - _PANEL, bottom, _PANEL - _EDGE, _INSET * (top - bottom)))
    part = part_to_enlarge(layers, whole, inset)
    if part is None:
        inset.remove()
    else:
        draw_layers(inset, layers, part, enlarged=INSET_MARKERS)
        draw_scale_bar(inset, font)
        outline_part(axes, part)
    panel = figure.add_axes((1 - _PANEL, bottom, _PANEL - _EDGE, top - bottom))
    draw_legend(panel, districts=districts, facilities=facilities, lang=lang, font=font)
    # Without the version of the drawing library the same data give the same file.
    figure.savefig(path, format="png", metadata={"Software": "yike"})
    return DrawnMap(Path(path), lang, lettering.family)


@dataclass(frozen=True)
class _Lettering:
    """The language, font and texts that can be drawn."""

    lang: str
    family: str
    title: str
    notices: tuple[str, ...]


def _lettering(
    title: Mapping[str, str], notices: Mapping[str, Sequence[str]], lang: str
) -> _Lettering:
    """Choose a font that can write the texts, else the texts that can be written."""
    texts = (title[lang], *notices[lang])
    if lang != "zh" and not any(has_wide(text) for text in texts):
        return _Lettering(lang, LATIN_FAMILY, title[lang], tuple(notices[lang]))
    family = cjk_family()
    if family is not None:
        return _Lettering(lang, family, title[lang], tuple(notices[lang]))
    kept = (without_wide(text) if has_wide(text) else text for text in notices["en"])
    note = (_NO_FONT,) if any(has_wide(text) for text in (title["en"], *notices["en"])) else ()
    return _Lettering(
        "en", LATIN_FAMILY, without_wide(title["en"]), (*(text for text in kept if text), *note)
    )


def _check(districts: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> None:
    if districts.empty:
        raise InputError("there are no districts to draw")
    for frame, column, known in (
        (districts, "flag", FLAG_STYLES),
        (facilities, "service", SERVICE_STYLES),
    ):
        unknown = sorted({str(value) for value in frame[column]} - set(known))
        if unknown:
            raise InputError(f"unknown {column} '{unknown[0]}'; known are {', '.join(known)}")


def _to_metres(frames: Sequence[gpd.GeoDataFrame | None]) -> list[NDArray[np.object_]]:
    """Project all to the metric system of the first."""
    crs = None
    local: list[NDArray[np.object_]] = []
    for frame in frames:
        if frame is None:
            local.append(np.empty(0, dtype=object))
            continue
        if frame.crs is None:
            raise InputError("a layer to draw declares no coordinate reference system")
        if crs is None:
            west, south, east, north = frame.to_crs("EPSG:4326").total_bounds
            crs = metric_crs((west + east) / 2, (south + north) / 2)
        local.append(np.asarray(frame.to_crs(crs).geometry.to_numpy(), dtype=object))
    return local


def _write_texts(
    figure: Figure, title: str, notices: list[str], font: FontProperties
) -> tuple[float, float]:
    """Write title and notices; return where the map begins and ends, in shares of the height."""
    point = 1 / 72 / _SIZE_IN[1]
    first, *others = title.splitlines()
    y = 1 - 12 * point
    figure.text(
        _EDGE,
        y,
        first,
        fontproperties=font,
        fontsize=_TITLE_PT,
        color=INK,
        va="top",
        weight="bold",
    )
    y -= 1.45 * _TITLE_PT * point
    for line in others:
        figure.text(
            _EDGE, y, line, fontproperties=font, fontsize=_SUBTITLE_PT, color=_FAINT_INK, va="top"
        )
        y -= 1.45 * _SUBTITLE_PT * point
    top = y - 4 * point
    y = 8 * point
    for line in reversed(notices):
        figure.text(
            _EDGE, y, line, fontproperties=font, fontsize=_NOTICE_PT, color=_FAINT_INK, va="bottom"
        )
        y += 1.5 * _NOTICE_PT * point
    return y + 4 * point, top
