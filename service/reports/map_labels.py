"""Labels on a map, written with the font there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import withStroke

from service.reports.fonts import without_wide

TEXT_PT: Final = 8.0
_LONGEST_LABEL: Final = 14


@dataclass(frozen=True)
class LabelWriter:
    """Writes labels with the font there is."""

    font: FontProperties
    chinese: bool

    def text(self, text: str) -> str:
        """Return a text as the font can show it."""
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
            fontsize=TEXT_PT,
            color=colour,
            ha="left" if aside else "center",
            va="bottom" if aside else "center",
            path_effects=[withStroke(linewidth=2.2, foreground="white")],
            annotation_clip=True,
            zorder=8,
        )
