"""What must hold of every review: more never worsens, and phases never fail but through 四同步."""

from __future__ import annotations

import datetime as dt

from housing import (
    AREA,
    COUNT,
    FOUR,
    HOUSING,
    RADIUS,
    at,
    nursery,
    of,
    plain,
    project,
    reviewed,
    station,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.policy.review.parsing import parse_project
from spatial.policy.review.stages import STAGES
from spatial.policy.review.verdict import REVIEW_VERDICTS

ORDER = ("not_met", "undetermined", "advise", "met_relaxed", "met", "not_applicable")
CIRCLE = "jinhua.childcare.circle15"

areas = st.decimals(0, 800, places=2, allow_nan=False)
rows = st.lists(st.tuples(areas, st.integers(-90, 90), st.integers(-90, 90)), max_size=3)


def nurseries(given_rows):
    return [
        nursery(area, id=f"n{number}", geometry=at(east, north))
        for number, (area, east, north) in enumerate(given_rows)
    ]


@settings(max_examples=20, deadline=None)
@given(
    units=st.integers(1, 12_000),
    before=rows,
    more=st.tuples(areas, st.integers(-90, 90), st.integers(-90, 90)),
    bigger=st.decimals(0, 500, places=2, allow_nan=False),
)
def test_more_provided_never_worsens_a_finding(units, before, more, bigger):
    less = reviewed(project(*nurseries(before), units=units))
    grown = [(area + bigger, *place) for area, *place in before]
    after = reviewed(project(*nurseries([*grown, more]), units=units))
    for rule in (AREA, COUNT, RADIUS, CIRCLE):
        was, now = of(less, rule).verdict, of(after, rule).verdict
        assert ORDER.index(now) >= ORDER.index(was), (rule, was, now)
    assert REVIEW_VERDICTS.index(after.verdict) >= REVIEW_VERDICTS.index(less.verdict)


days = st.integers(-30, 30)


@settings(max_examples=20, deadline=None)
@given(
    units=st.lists(st.integers(200, 1500), min_size=2, max_size=3),
    phase_of=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    shift=st.tuples(days, days, days),
    stage=st.sampled_from(list(STAGES)),
)
def test_splitting_into_phases_fails_only_through_four_sync(units, phase_of, shift, stage):
    """The same units and facilities in one phase, and in several built at other times."""
    unit = {"id": "u", "planned_population": 1000, "elderly_land_m2": 200}
    whole = [
        nursery(1000, dates=HOUSING, status="built", as_built={"floor_area_m2": 1000}),
        station(),
    ]
    one = reviewed(project(*whole, units=sum(units), planning_unit=unit), *FOUR, stage=stage)
    split = [
        {**row, "phase": str(1 + number % len(units))}
        for row, number in zip(whole, phase_of, strict=True)
    ]
    document = plain(*split, units=units, planning_unit=unit)
    for phase, late in zip(document["phases"], shift, strict=False):
        phase["housing"] = {
            name: (dt.date.fromisoformat(on) + dt.timedelta(days=late)).isoformat()
            for name, on in HOUSING.items()
        }
    several = reviewed(parse_project(document, source="p"), *FOUR, stage=stage)
    for finding in several.findings:
        was = next(o for o in one.findings if (o.pack, o.rule) == (finding.pack, finding.rule))
        if finding.rule.endswith("four_sync"):
            continue
        assert finding.verdict == was.verdict, finding.rule
    if several.verdict == "not_pass" and one.verdict != "not_pass":
        failed = {f.rule for f in several.findings if f.verdict == "not_met" and f.binds}
        assert failed
        assert all(rule.endswith("four_sync") for rule in failed)


def test_the_split_property_is_not_empty():
    """A phase whose housing is a day earlier than its facility is what turns pass into not_pass."""
    early = {**HOUSING, "planned_on": "2023-12-31"}
    assert reviewed(project(station()), "panzhihua-2020", stage="land_grant").verdict != "not_pass"
    late = reviewed(project(station(), housing=early), "panzhihua-2020", stage="land_grant")
    assert late.verdict == "not_pass"
