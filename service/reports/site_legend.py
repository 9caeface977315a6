"""The legend of a map of a site: only what the map shows."""

from __future__ import annotations

from typing import Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from service.reports.map_labels import LabelWriter
from service.reports.map_words import FLAG_STYLES, SERVICE_STYLES
from service.reports.site_drawing import SITE_COLOUR, WALK_COLOURS
from service.reports.site_map_data import SiteMap


def legend_handles(data: SiteMap, writer: LabelWriter, *, lang: str) -> list[Any]:
    """Make the entries of the legend: only what the map can show."""
    site, planned, existing = data.names
    ground = "#F3D9D7" if data.filled else "none"
    handles: list[Any] = [
        Patch(facecolor=ground, edgecolor=SITE_COLOUR, linewidth=1.4, label=writer.text(site))
    ]
    for flag, look in FLAG_STYLES.items():
        if flag in data.flagged:
            word = look.zh if lang == "zh" else look.en
            handles.append(Patch(facecolor=look.colour, label=writer.text(word)))
    if data.entrances is not None:
        gate = "出入口" if lang == "zh" else "entrance"
        handles.append(_dot("D", "white", SITE_COLOUR, size=5, width=1.1, label=writer.text(gate)))
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
            facecolor=WALK_COLOURS[number % len(WALK_COLOURS)],
            edgecolor=WALK_COLOURS[number % len(WALK_COLOURS)],
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
