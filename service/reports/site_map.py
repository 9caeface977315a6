"""A map of one site for print: what is planned, what stands around it, and how far each reaches.

Drawn on a figure of its own, without matplotlib's global state. All places are in EPSG:4326 and
drawn in the metric system of the place.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Final

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from service.reports.fonts import LATIN_FAMILY, cjk_family
from service.reports.ground import lay_out
from service.reports.map_labels import TEXT_PT, LabelWriter
from service.reports.scale import draw_north_arrow, draw_scale_bar
from service.reports.site_drawing import draw_site
from service.reports.site_legend import legend_handles
from service.reports.site_map_data import SMALLEST_M, LocalShapes, SiteMap
from service.reports.window import around

WIDTH_MM: Final = 170.0
_MM: Final = 25.4
_DPI: Final = 300
_MAP_MM: Final = 118.0
_LEGEND_LINE_MM: Final = 5.0
_EDGE_MM: Final = 0.3
_LEGEND_COLUMNS: Final = 3
_MARGIN: Final = 0.05


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
    writer = LabelWriter(font, chinese=family is not None)
    local = LocalShapes(data)
    window = around(
        local.bounds(), aspect=WIDTH_MM / height_mm, margin=_MARGIN, smallest_m=SMALLEST_M
    )
    data = replace(
        data,
        planned=local.inside(data.planned, window),
        existing=local.inside(data.existing, window),
    )
    handles = legend_handles(data, writer, lang=lang)
    lines = -(-len(handles) // _LEGEND_COLUMNS)
    total_mm = height_mm + 2 + lines * _LEGEND_LINE_MM
    figure = Figure(figsize=(WIDTH_MM / _MM, total_mm / _MM), dpi=_DPI, facecolor="white")
    bottom = 1 - (height_mm - _EDGE_MM) / total_mm
    edge = _EDGE_MM / WIDTH_MM
    axes = figure.add_axes((edge, bottom, 1 - 2 * edge, (height_mm - 2 * _EDGE_MM) / total_mm))
    lay_out(axes, window)
    draw_site(axes, data, local, writer)
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
        prop=FontProperties(family=font.get_family(), size=TEXT_PT),
    )
    written = io.BytesIO()
    # Without the version of the drawing library the same data give the same file.
    figure.savefig(written, format="png", metadata={"Software": "yike"})
    return written.getvalue()
