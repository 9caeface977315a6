"""A made-up province of twenty counties, and figures put into it for one rule at a time.

Every county is one township of one community, so that what is put into a county is in all of
them. Facilities that must never count stand everywhere beside those that do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import shapely
from geopandas import GeoDataFrame
from planning import areas, districts, facilities

from spatial.fields import FACILITIES, FieldType
from spatial.policy.evaluation import evaluate
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.facility_sums import FACILITY_SUMS
from spatial.policy.pack import Pack
from spatial.policy.planning_data import PlanningData
from spatial.policy.rule import Rule

COUNTIES = 20
LETTERS = {"province": "Z", "prefecture": "P", "county": "c", "township": "t", "community": "m"}
WEST, SOUTH, SIDE = 103.0, 26.0, 0.05
FAR_TOO_MANY = 10**6
_LEVELS = {letter: level for level, letter in LETTERS.items()}
_SUMS = [name for name in FACILITY_SUMS if name != "count"]
_FLAGS = [field.name for field in FACILITIES.fields if field.type is FieldType.BOOLEAN]


def unit(level: str, number: int = 1, *, land: int = 0) -> str:
    """Code of an area of a level, numbered from 1, in one of several like provinces."""
    top = level in ("province", "prefecture")
    return f"{LETTERS[level]}{land}" + ("" if top else f"{number:02d}")


def provinces(
    count: int = 1,
    *,
    township_kinds: Sequence[str] = ("subdistrict", "town", "township"),
    community_kinds: Sequence[str] = ("urban_community",),
    other: str | None = None,
    figures: Mapping[str, Mapping[str, int]] | None = None,
) -> GeoDataFrame:
    """Make so many like provinces, one north of the other.

    `other` is the kind of one more township or community in the last county of each.
    """
    rows: list[dict[str, Any]] = []

    def add(code: str, kind: str, parent: str | None, cell: tuple[float, float]) -> None:
        south = SOUTH + SIDE * int(code[1])
        west, east = (WEST + SIDE * end for end in cell)
        rows.append(
            {"code": code, "name": f"示范{code}", "level": _LEVELS[code[0]], "kind": kind,
             "parent": parent, "geometry": shapely.box(west, south, east, south + SIDE),
             **(figures or {}).get(code, {})}
        )  # fmt: skip

    for land in range(count):
        prefecture = unit("prefecture", land=land)
        add(unit("province", land=land), "province", None, (0, COUNTIES))
        add(prefecture, "prefecture", unit("province", land=land), (0, COUNTIES))
        for n in range(1, COUNTIES + 1 + (other is not None)):
            extra = n > COUNTIES
            west, east = (n - 1.0, float(n)) if not extra else (COUNTIES - 0.5, float(COUNTIES))
            county = unit("county", min(n, COUNTIES), land=land)
            if not extra:
                add(county, "county", prefecture, (west, east))
            if other is not None and n == COUNTIES:
                east -= 0.5
            town = township_kinds[n % len(township_kinds)]
            village = community_kinds[n % len(community_kinds)]
            if extra and other is not None:
                town, village = (town, other) if "community" in other else (other, village)
            township = unit("township", n, land=land)
            add(township, town, county, (west, east))
            add(unit("community", n, land=land), village, township, (west, east))
    return areas(*rows)


@dataclass
class Figures:
    """Figures put in for one evaluation on one date."""

    as_of: dt.date
    areas: dict[str, dict[str, int]] = field(default_factory=dict)
    indicators: list[tuple[str, str, int, object]] = field(default_factory=list)
    facilities: list[dict[str, Any]] = field(default_factory=list)

    def put(self, measure: Mapping[str, Any], code: str, amount: int, **more: Any) -> None:
        """Let a measure of a pack come to `amount` in an area."""
        match measure["of"]:
            case "areas":
                self.areas.setdefault(code, {})[str(measure["field"])] = amount
            case "indicator":
                self.indicators.append((code, str(measure["name"]), self.as_of.year, amount))
            case _:
                self._put_facilities(measure, code, amount, more)

    def _put_facilities(
        self, measure: Mapping[str, Any], code: str, amount: int, more: Mapping[str, Any]
    ) -> None:
        wanted = {name: allowed[0] for name, allowed in measure.get("where", {}).items()}
        since = measure.get("opened_from", "2015-01-01")
        row = {
            **_nothing(measure["kinds"][-1], code),
            "opened_on": dt.date.fromisoformat(since),
            "status": "operating",
            **wanted,
            **more,
        }
        if measure["sum"] == "count":
            self.facilities += [dict(row) for _ in range(amount)]
        else:
            self.facilities.append({**row, str(measure["sum"]): amount})

    def put_what_never_counts(self, measure: Mapping[str, Any], code: str) -> None:
        """Add facilities far larger than any target that are closed, planned, of another kind."""
        if measure["of"] != "facilities":
            return
        row = {
            **_nothing(measure["kinds"][0], code),
            **dict.fromkeys(_SUMS, FAR_TOO_MANY),
            **{name: allowed[0] for name, allowed in measure.get("where", {}).items()},
        }
        since = dt.date(2015, 1, 1)
        day = dt.timedelta(days=1)
        self.facilities += [
            {**row, "status": "closed", "opened_on": since, "closed_on": self.as_of},
            {**row, "status": "planned", "opened_on": self.as_of + day},
            {**row, "status": "operating", "opened_on": since, "kind": "home_childcare"},
        ]
        if "opened_from" in measure:
            eve = dt.date.fromisoformat(measure["opened_from"]) - day
            self.facilities.append({**row, "status": "operating", "opened_on": eve})

    def rows(self, rule: Rule, pack: Pack, places: GeoDataFrame) -> dict[str, dict[str, Any]]:
        """Evaluate one rule of a pack; its rows by area code, missing numbers as None."""
        numbered = [{**row, "id": f"f{n}"} for n, row in enumerate(self.facilities)]
        columns = ["area", "indicator", "year", "value"]
        table = pd.DataFrame(self.indicators, columns=columns).assign(source="登记册（虚构）")
        return area_rows(
            PlanningData(
                districts=districts(),
                facilities=facilities(*numbered),
                areas=places,
                indicators=table,
            ),
            rule,
            replace(pack, rules=(rule,)),
            as_of=self.as_of,
        )


def area_rows(
    data: PlanningData, rule: Rule, pack: Pack, *, as_of: dt.date, target_year: int | None = None
) -> dict[str, dict[str, Any]]:
    """Evaluate a pack; return the rows of one rule by area code, missing numbers as None."""
    evaluation = evaluate(
        data, packs=[pack], as_of=as_of, parameters=EvaluationParameters(target_year=target_year)
    )
    rows = evaluation.areas[evaluation.areas["rule"] == rule.id]
    rows = rows.astype(object).where(rows.notna(), None)
    return {
        str(row["code"]): {str(name): row[name] for name in row} for row in rows.to_dict("records")
    }


def _nothing(kind: str, code: str) -> dict[str, Any]:
    """A facility in an area, of which everything is known, and everything is nothing or no."""
    number = int(code[2:] or 1)
    east = number - 0.75 if number <= COUNTIES else COUNTIES - 0.25
    north = int(code[1]) + 0.5
    return {
        "kind": kind,
        **dict.fromkeys(_SUMS, 0),
        **dict.fromkeys(_FLAGS, False),
        "operator": "private",
        "geometry": shapely.Point(WEST + SIDE * east, SOUTH + SIDE * north),
    }
