"""The legend of the map: what the colours mean, and how many districts and homes have each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from service.reports.map_words import FLAG_STYLES, SERVICE_STYLES, WORDS

_INK: Final = "#222222"
_FAINT_INK: Final = "#5F5F5F"
_LINE: Final = 0.030
_NAME_X: Final = 0.12
_COUNT_X: Final = 0.70
_HOUSEHOLDS_X: Final = 1.0
_TEXT_PT: Final = 9.5


@dataclass(frozen=True)
class FlagCount:
    """Districts and known households of one flag."""

    flag: str
    districts: int
    households: int


def count_flags(districts: gpd.GeoDataFrame) -> tuple[FlagCount, ...]:
    """Count the districts and sum the known households of each flag that occurs, worst first."""
    counted = []
    for flag in FLAG_STYLES:
        households = districts.loc[districts["flag"] == flag, "households"]
        if len(households):
            counted.append(FlagCount(flag, len(households), int(households.fillna(0).sum())))
    return tuple(counted)


def draw_legend(
    axes: Axes,
    *,
    districts: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    lang: str,
    font: FontProperties,
) -> None:
    """Fill `axes` with two small tables, one of flags, one of services."""
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    words = WORDS[lang]
    y = 0.985
    _row(axes, y, (words.districts, words.count, words.households), font, heading=True)
    counts = count_flags(districts)
    for count in counts:
        y -= _LINE
        style = FLAG_STYLES[count.flag]
        axes.add_patch(
            Rectangle((0.0, y - 0.009), 0.075, 0.018, facecolor=style.colour, edgecolor="none")
        )
        name = style.zh if lang == "zh" else style.en
        _row(axes, y, (name, f"{count.districts:,}", f"{count.households:,}"), font)
    y -= 0.5 * _LINE
    axes.plot([0, 1], [y, y], color="#B8B4AA", linewidth=0.8)
    y -= 0.6 * _LINE
    total = (len(districts), sum(count.households for count in counts))
    _row(axes, y, (words.total, f"{total[0]:,}", f"{total[1]:,}"), font)
    unknown = int(districts["households"].isna().sum())
    if unknown:
        y -= 0.8 * _LINE
        note = words.unknown_households.format(count=unknown)
        axes.text(
            1.0, y, note, fontproperties=font, fontsize=8, color=_FAINT_INK, ha="right", va="center"
        )

    y -= 2.0 * _LINE
    _row(axes, y, (words.facilities, words.count, ""), font, heading=True)
    for service, number in (
        facilities["service"].value_counts().reindex(list(SERVICE_STYLES)).items()
    ):
        if number > 0:
            y -= _LINE
            mark = SERVICE_STYLES[str(service)]
            axes.plot(
                [0.037], [y], marker=mark.marker, color=mark.colour, markersize=6, linestyle="none"
            )
            _row(axes, y, (mark.zh if lang == "zh" else mark.en, f"{int(number):,}", ""), font)


def _row(
    axes: Axes,
    y: float,
    cells: tuple[str, str, str],
    font: FontProperties,
    *,
    heading: bool = False,
) -> None:
    name, count, households = cells
    common: dict[str, Any] = {
        "fontproperties": font,
        "va": "center",
        "color": _FAINT_INK if heading else _INK,
    }
    weight = "bold" if heading else "normal"
    size = _TEXT_PT
    axes.text(0 if heading else _NAME_X, y, name, fontsize=size, weight=weight, **common)
    axes.text(_COUNT_X, y, count, fontsize=size, ha="right", **common)
    axes.text(_HOUSEHOLDS_X, y, households, fontsize=size, ha="right", **common)
