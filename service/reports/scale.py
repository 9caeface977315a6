"""Scale bar and north arrow of a map."""

from __future__ import annotations

import math
from typing import Final

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Polygon, Rectangle

_INK: Final = "#222222"
_LONGEST_SHARE: Final = 0.33
_INDENT_PT: Final = 16
_THICK_PT: Final = 5
_POINTS_AN_INCH: Final = 72
_PARTS: Final = 2
_METRES_IN_KM: Final = 1_000


def round_length(longest_m: float) -> float:
    """Return the largest of 1, 2 or 5 times a power of ten that is at most `longest_m` (> 0)."""
    power = 10.0 ** math.floor(math.log10(longest_m))
    return max(step * power for step in (1, 2, 5) if step * power <= longest_m)


def length_text(metres: float) -> str:
    """Write a length as it stands on a scale bar."""
    return f"{metres / _METRES_IN_KM:g} km" if metres >= _METRES_IN_KM else f"{metres:g} m"


def draw_scale_bar(axes: Axes, font: FontProperties) -> None:
    """Draw a bar of a round length at the lower left; the axes are in metres."""
    west, east = axes.get_xlim()
    box = axes.get_window_extent()
    length = round_length((east - west) * _LONGEST_SHARE)
    # In pixels, so that a small map has a bar as thick and as far from its corner as a large one.
    wide = length / (east - west) * box.width
    dot = _pixels_a_point(axes)
    x, y, tall = _INDENT_PT * dot, _INDENT_PT * dot, _THICK_PT * dot

    def share(right: float, up: float) -> tuple[float, float]:
        return right / box.width, up / box.height

    axes.add_patch(
        Rectangle(
            share(x - 9 * dot, y - 6 * dot),
            *share(wide + 34 * dot, tall + 25 * dot),
            facecolor="white",
            alpha=0.93,
            edgecolor="none",
            transform=axes.transAxes,
            zorder=5,
        )
    )
    for part in range(_PARTS):
        axes.add_patch(
            Rectangle(
                share(x + part * wide / _PARTS, y),
                *share(wide / _PARTS, tall),
                facecolor=_INK if part % 2 == 0 else "white",
                edgecolor=_INK,
                linewidth=0.7,
                transform=axes.transAxes,
                zorder=6,
            )
        )
    for at, text in ((x, "0"), (x + wide, length_text(length))):
        axes.text(
            *share(at, y + tall + 3 * dot),
            text,
            fontproperties=font,
            fontsize=8.5,
            color=_INK,
            ha="center",
            va="bottom",
            transform=axes.transAxes,
            zorder=6,
        )


def _pixels_a_point(axes: Axes) -> float:
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("the axes belong to no figure")
    return figure.dpi / _POINTS_AN_INCH


def draw_north_arrow(axes: Axes, font: FontProperties) -> None:
    """Draw an arrow at the upper left; grid north, in these projections within 2° of true north."""
    box = axes.get_window_extent()
    tall, x, top = 0.052, 0.035, 0.968
    wide = 0.30 * tall * box.height / box.width
    for side, colour in ((-1, _INK), (1, "white")):
        axes.add_patch(
            Polygon(
                [(x, top), (x + side * wide, top - tall), (x, top - 0.75 * tall)],
                closed=True,
                facecolor=colour,
                edgecolor=_INK,
                linewidth=0.8,
                transform=axes.transAxes,
                zorder=5,
            )
        )
    axes.text(
        x,
        top - 1.12 * tall,
        "N",
        fontproperties=font,
        fontsize=10,
        color=_INK,
        ha="center",
        va="top",
        weight="bold",
        transform=axes.transAxes,
        zorder=5,
    )
