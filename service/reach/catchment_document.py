"""How catchments are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from spatial.catchment import Catchments
from spatial.headcount import Figures
from spatial.limits import Limit
from spatial.place_status import PlaceStatus


def catchment_members(found: Catchments) -> dict[str, Any]:
    """Return totals and the figures of all facilities together."""
    return {
        "districts": found.districts,
        "districts_planned": found.planned,
        "totals": {
            name: {"known": _rounded(total.known), "districts_without": total.districts_without}
            for name, total in found.totals.items()
        },
        "union": shown_figures(found, found.union),
    }


def catchment_items(
    found: Catchments,
    ids: Sequence[str],
    *,
    at: Sequence[int],
    others: Mapping[int, tuple[str, str]],
) -> list[dict[str, Any]]:
    """Return what became of each facility asked about.

    Parameters
    ----------
    ids
        Of all asked about, in order.
    at
        Places in `ids` of those that were looked at.
    others
        Status and what is wrong of those that were not, by place in `ids`.
    """
    items: list[dict[str, Any]] = []
    number = {place: row for row, place in enumerate(at)}
    for index, name in enumerate(ids):
        if index in others:
            status, detail = others[index]
            items.append({"index": index, "id": name, "status": status, "detail": detail})
            continue
        row = number[index]
        known = found.status[row] != PlaceStatus.INVALID.value
        items.append(
            {
                "index": index,
                "id": name,
                "status": found.status[row],
                "snap_m": _metres(float(found.snap_m[row])),
                "figures": shown_figures(found, found.each[row]) if known else None,
            }
        )
    return items


def shown_figures(found: Catchments, figures: Sequence[Figures]) -> list[dict[str, Any]]:
    """Return figures with the limits they belong to."""
    limits = [("straight", limit) for limit in found.straight]
    limits += [("walking", limit) for limit in found.walking]
    return [
        {"measure": measure, **_limit(limit), **_figures(one)}
        for (measure, limit), one in zip(limits, figures, strict=True)
    ]


def _limit(limit: Limit) -> dict[str, float | None]:
    minutes = None if limit.minutes is None else float(limit.minutes)
    return {"metres": float(limit.metres), "minutes": minutes}


def _figures(figures: Figures) -> dict[str, Any]:
    amounts = {
        name: {
            "inside": None if amount.inside is None else _rounded(amount.inside),
            "at_least": _rounded(amount.at_least),
            "districts_without": amount.districts_without,
            "share": None if amount.share is None else round(amount.share, 6),
        }
        for name, amount in figures.amounts.items()
    }
    return {
        "districts": figures.districts,
        "districts_whole": figures.districts_whole,
        "districts_undetermined": figures.districts_undetermined,
        **amounts,
    }


def _rounded(number: float) -> float:
    """Return how many, to a tenth: parts of districts make fractions of people."""
    return round(number, 1)


def _metres(metres: float) -> float | None:
    return None if math.isnan(metres) else round(metres, 3)
