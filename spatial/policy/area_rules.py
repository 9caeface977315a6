"""Judge the rules about areas, and give their findings as rows of the area table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_figures import AreaFigures
from spatial.policy.area_findings import AreaFinding
from spatial.policy.area_table import AreaRows, area_rows
from spatial.policy.kinds import AREA_KINDS
from spatial.policy.pack import Pack

WHOLE: Final = "all"
PARK_KIND: Final = "facility_count_by_employees"

_NUMBERS: Final = (
    "numerator",
    "denominator",
    "value",
    "threshold",
    "deficit",
    "next_target",
    "baseline",
    "progress",
)
_YEARS: Final = ("target_year", "next_target_year", "baseline_year")
_CODES: Final = ("verdict", "reason_code", "unit", "definition")
_LISTS: Final = ("missing", "facilities", "alternatives")


def judge_areas(pack: Pack, facts: AreaFacts) -> list[AreaRows]:
    """Judge every rule of a pack that is about areas or parks.

    Returns
    -------
    `AREA_COLUMNS` with ``geometry``, for each rule that found anything; ``part`` is ``all``.
    Numbers are the floats nearest to the exact values that were compared.
    """
    rows: list[AreaRows] = []
    areas = _areas(facts)
    for rule in pack.rules:
        kind = AREA_KINDS.get(rule.kind)
        found = [] if kind is None else list(kind.judge(rule, facts))
        if found:
            columns = _columns(found, _parks(facts) if rule.kind == PARK_KIND else areas)
            columns |= {"pack": pack.id, "rule": rule.id, "part": WHOLE}
            rows.append(area_rows(columns, size=len(found), missing=np.nan))
    return rows


def park_facility_counts(
    parks: GeoDataFrame | None, figures: AreaFigures, facilities: pd.DataFrame | None
) -> Any:  # noqa: ANN401 - a function of kinds
    """Return a function from a measure to the facilities inside each park, sure and possible."""

    def count(measure: Mapping[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        if parks is None or facilities is None:
            return None
        points = shapely.point_on_surface(np.asarray(facilities["geometry"].array, dtype=object))
        tree = shapely.STRtree(np.asarray(parks.geometry.array, dtype=object))
        sure, possible = (
            np.bincount(
                tree.query(points[chosen], predicate="intersects")[1], minlength=len(parks)
            ).astype(np.int64)
            for chosen in figures.sums.masks(measure)
        )
        return sure, possible

    return count


def _parks(facts: AreaFacts) -> Mapping[str, Mapping[str, Any]]:
    """Describe each park by its id."""
    return {
        str(row.id): {
            "name": row.name,
            "level": "park",
            "kind": "park",
            "parent": None,
            "geometry": row.geometry,
        }
        for row in ([] if facts.parks is None else facts.parks.itertuples())
    }


def _areas(facts: AreaFacts) -> Mapping[str, Mapping[str, Any]]:
    """Describe each area by its code."""
    columns = ["code", "name", "level", "kind", "parent", "geometry"]
    rows = facts.figures.areas[columns].to_dict("records")
    return {str(row["code"]): {str(name): row[name] for name in row} for row in rows}


def _columns(
    found: Sequence[AreaFinding], places: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    at = [places[one.code] for one in found]
    columns: dict[str, Any] = {"code": _objects([one.code for one in found])}
    for name in ("name", "level", "kind", "parent", "geometry"):
        columns[name] = _objects([place[name] for place in at])
    return columns | finding_values(found)


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    """Hold values as they are, lists and geometries too."""
    return np.fromiter(values, dtype=object, count=len(values))


def finding_values(found: Sequence[AreaFinding]) -> dict[str, NDArray[Any]]:
    """Write findings as columns: what they say, without the names of the areas."""
    columns: dict[str, NDArray[Any]] = {
        name: np.array([_float(getattr(one, name)) for one in found])
        for name in (*_NUMBERS, *_YEARS)
    }
    for name in _CODES:
        columns[name] = _objects([getattr(one, name) for one in found])
    for name in _LISTS:
        columns[name] = _objects(
            [[_plain(item) for item in getattr(one, name)] or None for one in found]
        )
    return columns


def _float(value: Fraction | Decimal | int | None) -> float:
    return float("nan") if value is None else float(value)


def _plain(item: Any) -> Any:  # noqa: ANN401 - texts and mappings
    # Most are ids, and asking whether a text is a mapping takes a while.
    return dict(item) if not isinstance(item, str) and isinstance(item, Mapping) else item
