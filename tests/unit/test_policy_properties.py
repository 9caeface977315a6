"""What holds of every evaluation: more never harms, parts add up, order does not matter."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from planning import districts, facilities, judge, layer_frame, main_street, pack, point, rule
from properties import LATER, never_worse, quick, strips
from regions import SIDE, SOUTH, WEST

from spatial.fields import PARKS
from spatial.policy.evaluation import Evaluation, evaluate
from spatial.policy.pack_file import load_packs
from spatial.policy.planning_data import PlanningData
from spatial.policy.targets import target_on

POLICIES = Path(__file__).resolve().parents[2] / "seed" / "policies"


AREA = rule("floor_area_per_100hh", rule_id="test.area")
COUNT = rule("facility_count_by_households", rule_id="test.count", severity="advisory")
CIRCLE = rule("service_circle_time", rule_id="test.circle")
RADIUS = rule("service_radius", rule_id="test.radius", severity="advisory")


# --- districts --------------------------------------------------------------------------------


@quick
@given(
    homes=st.lists(st.integers(0, 5000), min_size=1, max_size=5, unique=True),
    far=st.integers(1, 1500),
    near=st.integers(0, 1500),
    elsewhere=st.lists(st.integers(-900, 6500), max_size=3),
)
def test_a_nearer_facility_never_makes_a_reach_worse(
    homes: list[int], far: int, near: int, elsewhere: list[int]
) -> None:
    """The facility of the first home moves towards it; the others' may only have come nearer."""
    far, near = max(far, near), min(far, near)
    places = districts(*[{"id": f"d{x}", "households": 50, "geometry": point(x)} for x in homes])
    first = f"d{homes[0]}"
    rest = [{"id": f"f{n}", "geometry": point(x)} for n, x in enumerate(elsewhere)]
    reaches = []
    for gap in (far, near):
        site = {"id": "moving", "geometry": point(homes[0] + gap)}
        found = judge(places, facilities(site, *rest), pack(CIRCLE, RADIUS), network=main_street())
        rows = found.findings[found.findings["district_id"] == first]
        reaches.append(rows.reset_index(drop=True))
    never_worse(*reaches)
    assert (reaches[1]["value"] <= reaches[0]["value"]).all()


allotted = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 120_000)), max_size=6
)  # home, tenths of a square metre


@quick
@given(
    households=st.lists(st.integers(1, 12_000), min_size=4, max_size=4),
    sites=allotted,
    to=st.integers(0, 3),
    more=st.integers(0, 60_000),
    grow=st.sampled_from(["grow", "add"]),
)
def test_more_area_and_number_never_make_it_worse_and_leave_others_alone(
    households: list[int], sites: list[tuple[int, int]], to: int, more: int, grow: str
) -> None:
    """One more facility for a home, or a larger one: every other home keeps what it had."""
    places = districts(
        *[
            {"id": f"d{n}", "stage": "new", "households": number, "geometry": point(n * 900)}
            for n, number in enumerate(households)
        ]
    )

    def row(number: int, home: int, tenths: int) -> dict[str, Any]:
        area = Decimal(tenths) / 10
        return {"id": f"f{number}", "geometry": point(home * 900, 5), "floor_area_m2": area,
                "district_id": f"d{home}"}  # fmt: skip

    rows = [row(n, home, tenths) for n, (home, tenths) in enumerate(sites)]
    if grow == "grow" and sites:
        to = sites[0][0]
        after_rows = [row(0, to, sites[0][1] + more), *rows[1:]]
    else:
        after_rows = [*rows, row(len(rows), to, more)]
    packs = pack(AREA, COUNT)
    before = judge(places, facilities(*rows), packs).findings
    after = judge(places, facilities(*after_rows), packs).findings
    never_worse(before, after)
    others = before["district_id"] != f"d{to}"
    pd.testing.assert_frame_equal(before[others], after[others])
    changed = after.loc[~others, "value"] - before.loc[~others, "value"]
    assert (changed >= 0).all()


# --- packs ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_city() -> PlanningData:
    """Districts of every stage, one whose stage depends on the document, and some of everything."""
    places = strips(20_000, 30_000)
    middle = shapely.Point(WEST + SIDE / 2, SOUTH + SIDE / 2)
    homes = [
        {"id": "new", "stage": "new", "households": 3500},
        {"id": "old", "stage": "existing", "households": 900},
        {"id": "plan", "stage": "planned", "households": 100},
        # Permitted after Guizhou's document and before Dali's and Jinhua's.
        {"id": "between", "permitted_on": dt.date(2022, 6, 1), "households": 1200},
    ]
    rows = [
        {"geometry": shapely.Point(middle.x + n * 0.001, middle.y), **home}
        for n, home in enumerate(homes)
    ]
    sites = [
        {"id": "n", "kind": "nursery", "places": 90, "floor_area_m2": 400, "district_id": "new"},
        {"id": "d", "kind": "day_care", "beds": 20, "nursing_beds": 5},
        {"id": "h", "kind": "care_home", "beds": 300, "nursing_beds": 150, "operator": "private"},
    ]
    table = pd.DataFrame(
        [("P", "childcare_staff", 2025, 100), ("P", "childcare_staff_certified", 2025, 80)],
        columns=["area", "indicator", "year", "value"],
    )
    ground = [{"id": "园", "employees": 12_000, "geometry": middle.buffer(0.01)}]
    return PlanningData(
        districts=districts(*rows),
        facilities=facilities(*[{"geometry": middle, **one} for one in sites]),
        areas=places,
        parks=layer_frame(PARKS, ground),
        indicators=table.assign(source="登记册"),
    )


DOCUMENTS = ("dali-2022", "guizhou-2022", "jinhua-2022", "panzhihua-2020")
PACKS = [one for one in load_packs(POLICIES) if one.id in DOCUMENTS]


@pytest.fixture(scope="module")
def in_order(small_city: PlanningData) -> Evaluation:
    return evaluate(small_city, packs=PACKS, as_of=LATER)


def turned(data: PlanningData) -> PlanningData:
    """Every table from the last row to the first."""
    layers: dict[str, Any] = {
        name: layer.iloc[::-1].reset_index(drop=True)
        for name, layer in vars(data).items()
        if isinstance(layer, pd.DataFrame)
    }
    return replace(data, **layers)


@settings(deadline=None, max_examples=6, phases=[Phase.explicit, Phase.generate])
@given(order=st.permutations(range(4)), rows=st.sampled_from(["as given", "turned"]))
def test_the_order_of_packs_and_rows_does_not_matter(
    small_city: PlanningData, in_order: Evaluation, order: list[int], rows: str
) -> None:
    data = turned(small_city) if rows == "turned" else small_city
    found = evaluate(data, packs=[PACKS[n] for n in order], as_of=LATER)
    keys = {"findings": ["district_id", "pack", "rule"], "areas": ["code", "pack", "rule", "part"]}
    for name, by in keys.items():
        before, after = (
            getattr(one, name).sort_values(by).reset_index(drop=True) for one in (in_order, found)
        )
        assert len(before) > 30
        assert before.to_json() == after.to_json()
    assert in_order.districts.to_json() == found.districts.to_json()
    assert dict(in_order.region) == dict(found.region)
    assert dict(in_order.pack_versions) == dict(found.pack_versions)
    assert set(in_order.warnings) == set(found.warnings)


def test_the_order_of_rules_does_not_matter(small_city: PlanningData, in_order: Evaluation) -> None:
    """A rule that does not apply to a district leaves what the others judge by as it was."""
    backwards = [replace(one, rules=one.rules[::-1]) for one in PACKS]
    found = evaluate(small_city, packs=backwards, as_of=LATER)
    keys = ["district_id", "pack", "rule"]
    before, after = (
        one.findings.sort_values(keys).reset_index(drop=True) for one in (in_order, found)
    )
    assert before.to_json() == after.to_json()
    circles = before[before["kind"] == "service_circle_time"]
    assert set(circles["demand"]) == {"point"}
    assert circles["covered_share"].isna().all()


# --- targets ----------------------------------------------------------------------------------

targets = st.dictionaries(
    st.integers(2020, 2030),
    st.one_of(st.none(), st.decimals(0, 1000, places=2)),
    min_size=1,
    max_size=5,
)
days = st.dates(dt.date(2018, 1, 1), dt.date(2034, 12, 31))


@settings(deadline=None, max_examples=200)
@given(by_year=targets, dates=st.lists(days, min_size=2, max_size=6))
def test_targets_come_due_in_order_and_stay(
    by_year: dict[int, Decimal | None], dates: list[dt.date]
) -> None:
    chosen = [target_on(by_year, as_of=day) for day in sorted(dates)]
    for day, target in zip(sorted(dates), chosen, strict=True):
        assert target is not None
        assert target.year is not None
        assert target.value == by_year[target.year]
        assert target.due == (day >= dt.date(target.year, 12, 31))
        later = sorted(year for year in by_year if year > target.year)
        assert target.next_year == (later[0] if later else None)
        assert target.due or target.year == min(by_year)
        assert not target.due or not later or day < dt.date(later[0], 12, 31)
    for early, late in pairwise(chosen):
        assert early is not None
        assert late is not None
        assert (early.year or 0, early.due, early.ended) <= (late.year or 0, late.due, late.ended)


@settings(deadline=None, max_examples=100)
@given(by_year=targets, day=days, years=st.lists(st.integers(2020, 2034), min_size=2, max_size=4))
def test_a_later_target_year_never_chooses_an_earlier_target(
    by_year: dict[int, Decimal | None], day: dt.date, years: list[int]
) -> None:
    asked = [year for year in sorted(years) if year >= min(by_year)]
    chosen = [target_on(by_year, as_of=day, target_year=year) for year in asked]
    found = [target.year or 0 for target in chosen if target is not None]
    assert found == sorted(found)
    assert all(year <= wanted for year, wanted in zip(found, asked, strict=True))
