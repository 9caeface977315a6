"""What must hold of rules about areas, whatever the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import districts, facilities, pack
from properties import LATER, WORSE_TO_BETTER, quick, strips
from regions import SIDE, SOUTH, WEST, area_rule

from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_figures import AreaFigures
from spatial.policy.area_findings import AreaFinding
from spatial.policy.kinds import AREA_KINDS
from spatial.policy.places import membership

PLACES = {"of": "facilities", "sum": "places", "kinds": ["nursery"], "status": "operating"}
NURSERIES = {**PLACES, "sum": "count"}
BEDS = {"of": "facilities", "sum": "beds", "kinds": ["nursery"], "status": "operating"}
PEOPLE = {"of": "areas", "field": "population"}


def ratio(kind: str, sign: str, target: str, **parameters: Any) -> dict[str, Any]:
    given_ = {"numerator": PLACES, "denominator": PEOPLE, "per": 1000, "unit": "‰", **parameters}
    return area_rule(
        kind,
        applies_to=["prefecture", "county"],
        parameters={"minimum": None, "operator": sign, **given_},
        targets_by_year={"2025": Decimal(target)},
    )


def site(number: int, share: float, **more: Any) -> dict[str, Any]:
    """A facility at a share of the way from west to east of a prefecture of one strip."""
    place = shapely.Point(WEST + SIDE * share, SOUTH + SIDE / 2)
    return {"id": f"f{number:02d}", "geometry": place, **more}


def judged(
    plain: Mapping[str, Any],
    places: GeoDataFrame,
    sites: Sequence[Mapping[str, Any]] | None,
    indicators: pd.DataFrame | None = None,
) -> dict[str, AreaFinding]:
    """Judge one rule about areas by itself: exact findings by area code."""
    places = places.sort_values("code", kind="stable").reset_index(drop=True)
    rows = None if sites is None else facilities(*sites)
    (one,) = pack(plain).rules
    facts = AreaFacts(
        figures=AreaFigures(places, rows, indicators, as_of=LATER),
        as_of=LATER,
        target_year=None,
        stage=np.empty(0, dtype=object),
        places=membership(districts(), places),
        verdicts=lambda _: None,
        parks=None,
        park_facilities=lambda _: None,
    )
    return {finding.code: finding for finding in AREA_KINDS[one.kind].judge(one, facts)}


SIGNS = {
    ">=": lambda value, limit: value >= limit,
    ">": lambda value, limit: value > limit,
    "<=": lambda value, limit: value <= limit,
}


@settings(deadline=None, max_examples=60)
@given(
    places=st.lists(st.integers(0, 10_000), max_size=4),
    people=st.integers(0, 2_000_000),
    target=st.decimals(0, 100, places=3),
    sign=st.sampled_from(sorted(SIGNS)),
    per=st.sampled_from([1, 100, 1000, 10_000]),
)
def test_a_ratio_is_exactly_its_numerator_over_its_denominator(
    places: list[int], people: int, target: Decimal, sign: str, per: int
) -> None:
    unit = {1: "m2", 100: "%", 1000: "‰", 10_000: "‱"}[per]
    plain = ratio("places_per_1000_pop", sign, str(target), per=per, unit=unit)
    sites = [site(n, 0.5, places=number) for n, number in enumerate(places)]
    found = judged(plain, strips(people), sites)["c0"]
    if people == 0:
        assert (found.verdict, found.value) == ("undetermined", None)
        return
    exact = Fraction(sum(places), people) * per
    assert found.value == exact
    assert found.numerator == sum(places)
    assert found.denominator == people
    holds = SIGNS[sign](exact, Fraction(target))
    assert found.verdict == ("met" if holds else "not_met")
    short = Fraction(target) - exact if sign != "<=" else exact - Fraction(target)
    assert found.deficit == (short * people / per if short > 0 else None)


@quick
@given(at=st.integers(1, 10**9), of=st.integers(1, 10**9), sign=st.sampled_from(sorted(SIGNS)))
def test_a_share_at_its_number_is_at_it_however_long_its_decimals(
    at: int, of: int, sign: str
) -> None:
    """No float stands between a share and its number: one more or less turns the verdict."""
    names = {side: {"of": "indicator", "name": side} for side in ("numerator", "denominator")}
    plain = ratio("share_of_beds", sign, "37.5", per=100, unit="%", **names)
    for above, below in ((3 * at, 8 * at), (3 * at + 1, 8 * at), (3 * of - 1, 8 * of)):
        table = pd.DataFrame(
            [("P", "numerator", 2025, above), ("P", "denominator", 2025, below)],
            columns=["area", "indicator", "year", "value"],
        ).assign(source="x")
        found = judged(plain, strips(1), None, table)["P"]
        assert found.value == Fraction(100 * above, below)
        holds = SIGNS[sign](Fraction(above, below), Fraction(3, 8))
        assert found.verdict == ("met" if holds else "not_met")


PER_HEAD = (
    ratio("places_per_1000_pop", ">=", "4.5"),
    ratio("places_per_1000_pop", ">", "4.5"),
    area_rule(
        "count_target",
        applies_to=["prefecture"],
        parameters={"numerator": PLACES, "operator": ">=", "unit": "places",
                    "more": [{"numerator": NURSERIES, "minimum": 2}]},
        targets_by_year={"2025": 100},
    ),
    area_rule(
        "min_per_admin_unit",
        applies_to=["county"],
        parameters={"logic": "all", "has": [{"measure": NURSERIES, "at_least": 1},
                                            {"measure": PLACES, "at_least": 60}]},
    ),
    area_rule(
        "threshold_requirement",
        applies_to=["county"],
        parameters={"when": {"measure": PEOPLE, "operator": ">=", "value": 20_000},
                    "has": [{"measure": PLACES, "at_least": 90}], "logic": "all"},
    ),
    area_rule(
        "admin_unit_coverage",
        applies_to=["prefecture"],
        parameters={"unit_level": "county", "unit_kinds": [], "logic": "any", "operator": ">=",
                    "has": [{"measure": NURSERIES, "at_least": 2},
                            {"measure": PLACES, "at_least": 120}], "unit": "%"},
        targets_by_year={"2025": 50},
    ),
)  # fmt: skip
located = st.lists(
    st.tuples(st.integers(0, 2), st.one_of(st.none(), st.integers(0, 150))), max_size=5
)


@quick
@given(
    people=st.lists(st.integers(0, 40_000), min_size=3, max_size=3),
    sites=located,
    at=st.integers(0, 2),
    places=st.integers(0, 400),
)
@pytest.mark.parametrize("plain", PER_HEAD, ids=[str(one["kind"]) for one in PER_HEAD])
def test_one_more_facility_never_harms_an_area_and_leaves_others_alone(
    plain: dict[str, Any],
    people: list[int],
    sites: list[tuple[int, int | None]],
    at: int,
    places: int,
) -> None:
    rows = [site(n, where + 0.5, places=number) for n, (where, number) in enumerate(sites)]
    before = judged(plain, strips(*people), rows)
    after = judged(plain, strips(*people), [*rows, site(9, at + 0.5, places=places)])
    assert before.keys() == after.keys()
    for code, old in before.items():
        new = after[code]
        if code not in ("P", f"c{at}"):
            assert old == new
        elif old.verdict == "not_applicable":
            assert new.verdict == old.verdict
        else:
            order = WORSE_TO_BETTER
            assert order.index(new.verdict) >= order.index(old.verdict)
            if old.deficit is not None and new.deficit is not None:
                # Of several figures asked, the one shown is the first that is short.
                assert old.threshold != new.threshold or new.deficit <= old.deficit


@quick
@given(people=st.integers(1, 60_000), newcomers=st.integers(0, 60_000), places=st.integers(0, 400))
def test_more_people_never_help(people: int, newcomers: int, places: int) -> None:
    plain, sites = ratio("places_per_1000_pop", ">=", "4.5"), [site(0, 0.5, places=places)]
    few = judged(plain, strips(people), sites)["c0"]
    many = judged(plain, strips(people + newcomers), sites)["c0"]
    order = WORSE_TO_BETTER
    assert order.index(many.verdict) <= order.index(few.verdict)
    assert (many.deficit or 0) >= (few.deficit or 0)


stocks = st.lists(
    st.tuples(st.integers(1, 99).filter(lambda x: x != 50), st.integers(0, 500)), max_size=6
)


@quick
@given(people=st.integers(0, 3_000_000), west=st.integers(0, 100), sites=stocks)
def test_an_area_split_in_two_rolls_up_to_the_same(
    people: int, west: int, sites: list[tuple[int, int]]
) -> None:
    """Stocks where they lie, people as they are shared out: the whole does not change."""
    rules = (
        ratio("places_per_1000_pop", ">=", "4.5"),
        ratio("share_of_places", "<=", "40", denominator=BEDS, per=100, unit="%"),
    )
    part = people * west // 100
    rows = [site(n, x / 100, places=k, beds=2 * k + 1) for n, (x, k) in enumerate(sites)]
    # Twice as wide, so that the middle of the one is the border of the two.
    halves = [{**row, "geometry": _doubled(row["geometry"])} for row in rows]
    for plain in rules:
        whole = judged(plain, strips(people), rows)["P"]
        split = judged(plain, strips(part, people - part), halves)
        assert split["P"].value == whole.value
        for name in ("verdict", "numerator", "denominator", "deficit", "facilities", "threshold"):
            assert getattr(split["P"], name) == getattr(whole, name), name
        parts = [split["c0"], split["c1"]]
        assert whole.numerator == sum((one.numerator or 0) for one in parts)
        assert whole.denominator == sum((one.denominator or 0) for one in parts)


@quick
@given(value=st.integers(0, 10_000), west=st.integers(0, 100))
def test_a_register_kept_by_parts_is_that_of_the_whole(value: int, west: int) -> None:
    names = {side: {"of": "indicator", "name": side} for side in ("numerator", "denominator")}
    plain = ratio("staffing_ratio", ">=", "70", per=100, unit="%", **names)
    part = value * west // 100

    def table(*rows: tuple[str, str, int]) -> pd.DataFrame:
        frame = pd.DataFrame(rows, columns=["area", "indicator", "value"])
        return frame.assign(year=2025, source="登记册")

    whole = table(("P", "numerator", value), ("P", "denominator", 9000))
    split = table(
        ("c0", "numerator", part), ("c1", "numerator", value - part),
        ("c0", "denominator", 4000), ("c1", "denominator", 5000),
    )  # fmt: skip
    first = judged(plain, strips(1, 1), None, whole)["P"]
    second = judged(plain, strips(1, 1), None, split)["P"]
    assert first == second
    only = judged(plain, strips(1, 1), None, split[split["area"] == "c0"])["P"]
    assert only.verdict == "undetermined"  # a part is never taken for the whole


def _doubled(place: shapely.Point) -> shapely.Point:
    return shapely.Point(WEST + 2 * (place.x - WEST), place.y)
