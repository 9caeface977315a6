"""Flags, households concerned and ranks of design §4."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import (
    districts,
    facilities,
    finding,
    judge,
    main_street,
    pack,
    point,
    rule,
)

from spatial.policy.district_stage import stages

CIRCLE = rule("service_circle_time", rule_id="test.circle")
RADIUS = rule("service_radius", rule_id="test.radius", severity="advisory")
AREA = rule("floor_area_per_100hh", rule_id="test.area")
ALL = pack(CIRCLE, RADIUS, AREA)


def test_the_gravest_finding_sets_the_flag_and_the_largest_share_the_households() -> None:
    evaluation = judge(
        districts({"id": "d", "households": 2000, "geometry": point(0)}),
        # 400 m away: the circle is met, the radius is advice, 300 m² are owed and 225 there.
        facilities({"id": "f", "district_id": "d", "floor_area_m2": 225, "geometry": point(400)}),
        ALL,
        network=main_street(),
    )
    assert finding(evaluation, "d", "test.circle")["verdict"] == "met"
    assert finding(evaluation, "d", "test.radius")["verdict"] == "advise"
    assert finding(evaluation, "d", "test.area")["deficit"] == 75.0
    row = evaluation.districts.iloc[0]
    # 2,000 × 75 ÷ 300; the 2,000 households beyond the radius do not set this flag.
    assert (row["flag"], row["households_concerned"]) == ("underserved", 500)


def test_households_concerned_are_rounded_up() -> None:
    evaluation = judge(
        districts({"id": "d", "households": 2000, "geometry": point(0)}),
        facilities(
            {"id": "f", "district_id": "d", "floor_area_m2": "299.99", "geometry": point(0)}
        ),
        pack(AREA),
    )
    # 2,000 × 0.01 ÷ 300 = 0.067
    assert evaluation.districts["households_concerned"].tolist() == [1]


def test_ranks_follow_flag_then_households_then_failures_then_id() -> None:
    evaluation = judge(
        districts(
            {"id": "far-small", "households": 10, "geometry": point(6000)},
            {"id": "far-large", "households": 900, "geometry": point(6000)},
            {"id": "far-twin", "households": 10, "geometry": point(6000)},
            {"id": "lost", "households": 5000, "geometry": point(0, 290)},
            {"id": "watch", "households": 5000, "geometry": point(500)},
            {"id": "served", "households": 5000, "geometry": point(10)},
        ),
        facilities({"id": "f", "geometry": point(0)}),
        pack(CIRCLE, RADIUS),
        network=main_street(),
    )
    assert evaluation.districts["id"].tolist() == [
        "far-large",
        "far-small",
        "far-twin",
        "lost",
        "watch",
        "served",
    ]
    assert evaluation.districts["flag"].tolist() == [
        "underserved",
        "underserved",
        "underserved",
        "undetermined",
        "watch",
        "served",
    ]
    assert evaluation.districts["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    assert evaluation.districts["households_concerned"].tolist()[-1] == 0


def test_more_failures_come_first_at_equal_households() -> None:
    # Both lack 200 m² wholly; only b is beyond the outer radius as well.
    evaluation = judge(
        districts(
            {"id": "a", "households": 100, "geometry": point(0)},
            {"id": "b", "households": 100, "geometry": point(2000)},
        ),
        facilities({"id": "f", "geometry": point(0)}),
        pack(RADIUS, AREA),
    )
    assert evaluation.districts["id"].tolist() == ["b", "a"]


def test_unknown_households_are_not_invented() -> None:
    evaluation = judge(
        districts({"id": "d", "geometry": point(3000)}),
        facilities({"id": "f", "geometry": point(0)}),
        pack(RADIUS),
    )
    assert evaluation.districts["flag"].tolist() == ["underserved"]
    assert evaluation.districts["households_concerned"].isna().all()


def test_a_pack_that_speaks_of_no_district_flags_nobody() -> None:
    evaluation = judge(
        districts({"id": "d", "households": 10, "geometry": point(0)}),
        facilities(),
        pack({**AREA, "applies_to": ["new"]}),
    )
    assert finding(evaluation, "d", "test.area")["verdict"] == "not_applicable"
    assert evaluation.districts["flag"].tolist() == ["not_assessed"]


@pytest.mark.parametrize(
    ("stage", "permitted_on", "expected", "contradicts"),
    [
        (None, None, "existing", False),
        (None, dt.date(2022, 12, 7), "existing", False),
        (None, dt.date(2022, 12, 8), "new", False),
        ("existing", dt.date(2023, 1, 1), "existing", True),
        ("new", dt.date(2020, 1, 1), "new", True),
        ("new", dt.date(2023, 1, 1), "new", False),
        ("planned", dt.date(2020, 1, 1), "planned", False),
    ],
)
def test_stage(
    stage: str | None, permitted_on: dt.date | None, expected: str, *, contradicts: bool
) -> None:
    homes = districts(
        {"id": "d", "stage": stage, "permitted_on": permitted_on, "geometry": point(0)}
    )
    found, against = stages(homes, document_date=dt.date(2022, 12, 8))
    assert found.tolist() == [expected]
    assert against == (["d"] if contradicts else [])
    evaluation = judge(homes, facilities(), pack(AREA))
    code = finding(evaluation, "d", "test.area")["warning_code"]
    assert code == ("stage_against_permit" if contradicts else None)


places = st.lists(st.integers(-900, 6900), min_size=1, max_size=6, unique=True)


@settings(deadline=None, max_examples=40)
@given(homes=places, sites=places, extra=st.integers(-900, 6900), shuffle=st.randoms())
def test_one_more_facility_never_makes_anything_worse(
    homes: list[int], sites: list[int], extra: int, shuffle: object
) -> None:
    order = {"met": 0, "met_relaxed": 1, "advise": 2, "not_met": 3}
    home_rows = [{"id": f"d{x}", "households": 50, "geometry": point(x)} for x in homes]
    site_rows = [{"id": f"f{x}", "geometry": point(x, 5)} for x in sites]
    network = main_street()
    before = judge(
        districts(*home_rows), facilities(*site_rows), pack(CIRCLE, RADIUS), network=network
    )
    shuffle.shuffle(home_rows)  # type: ignore[attr-defined]  # hypothesis types Random as object
    more = [{"id": "a-new-one", "geometry": point(extra, 5)}, *site_rows]
    after = judge(districts(*home_rows), facilities(*more), pack(CIRCLE, RADIUS), network=network)
    keys = ["district_id", "rule"]
    pairs = before.findings.merge(after.findings, on=keys, suffixes=("_before", "_after"))
    assert len(pairs) == len(before.findings)
    for a, b in zip(pairs["verdict_before"], pairs["verdict_after"], strict=True):
        assert order[b] <= order[a]
    assert after.findings["covered_share"].dropna().between(0, 1).all()


def test_the_order_of_packs_and_rows_changes_no_finding() -> None:
    one, two = pack(CIRCLE, pack_id="one"), pack(AREA, pack_id="two")
    homes = [{"id": i, "households": 300, "geometry": point(x)} for i, x in (("a", 0), ("b", 3000))]
    sites = [{"id": i, "floor_area_m2": 90, "district_id": "a", "geometry": point(9)} for i in "xy"]
    first = judge(districts(*homes), facilities(*sites), one, two, network=main_street())
    second = judge(
        districts(*homes[::-1]), facilities(*sites[::-1]), two, one, network=main_street()
    )
    keys = ["district_id", "pack", "rule"]
    a = first.findings.sort_values(keys).reset_index(drop=True)
    b = second.findings.sort_values(keys).reset_index(drop=True)
    assert a.to_json() == b.to_json()
    assert first.districts["id"].tolist() == second.districts["id"].tolist()
