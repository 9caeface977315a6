"""The gates of completion and handover: 缓建, 缩建, 停建, 不建, 建而不交."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from gated import PZH, SYNC, dated, judged, submitted, undated
from housing import HOUSING, PACKS, conditions, item, nursery, of, reviewed, station

from spatial.policy.review.remedy import Remedy


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        (undated("under_construction"), "no_deferral"),
        ({"as_built": {"floor_area_m2": Decimal("299.99")}}, "no_shrinkage"),
        (undated("suspended"), "no_suspension"),
        (undated("approved"), "no_omission"),
        ({"handover": {"agreement": "unsigned"}}, "handover_agreement"),
    ],
)
def test_completion_stop(changes, check):
    found, gate = judged("completion", station(**changes))
    assert (gate.verdict, found.verdict) == ("not_met", "not_pass")
    assert {step.check for step in gate.steps if step.verdict == "not_met"} == {check}
    assert gate.remedies


def test_a_facility_built_a_day_late_is_no_deferral_once_it_stands_and_is_out_of_step():
    """Two clauses: the stop holds 在整改到位之前, and 四同步 is about the dates."""
    late = station(**dated(built_on="2025-06-02"))
    found, gate = judged("completion", late)
    assert gate.verdict == "met"
    (step,) = [step for step in gate.steps if step.check == "no_deferral"]
    assert (step.reason, step.deficit, step.unit) == ("built_late", Decimal(1), "days")
    sync = of(found, SYNC[PZH])
    assert (sync.verdict, sync.deficit, found.verdict) == ("not_met", Decimal(1), "not_pass")
    # Before it stood, it was a deferral.
    building = station(**dated(built_on="2025-09-02", accepted_on="2025-09-02"))
    _, gate = judged("completion", building, as_of=dt.date(2025, 9, 1))
    assert {s.check for s in gate.steps if s.verdict == "not_met"} == {"no_deferral"}
    _, gate = judged("completion", building, as_of=dt.date(2025, 9, 2))
    assert gate.verdict == "met"


def test_completion_stop_for_a_facility_given_up():
    _, gate = judged("completion", station(), station(id="s2", status="cancelled"))
    assert {step.facility for step in gate.steps if step.verdict == "not_met"} == {"s2"}
    _, gate = judged("completion", nursery())
    assert [s.reason for s in gate.steps if s.verdict == "not_met"] == ["item_omitted"]
    # Of two asked for one is there: the other has not been built.
    two = conditions(item(count=2))
    found, gate = judged("completion", station(), planning_conditions=two)
    assert (found.verdict, gate.deficit, gate.remedies[0].amount) == ("not_pass", 1, 1)
    both = judged("completion", station(), station(id="s2"), planning_conditions=two)
    assert both[1].verdict == "met"


def test_a_phase_between_those_under_review_is_an_earlier_one():
    dates = {step: day for step, day in HOUSING.items() if step != "handed_over_on"}
    waiting = station(id="s2", phase="2", status="accepted", dates=dates)
    rows = (station(), waiting, station(id="s3", phase="3"))
    for under_review in (["3"], ["1", "3"]):
        _, gate = judged(
            "completion", *rows, units=[500, 500, 500], phases_under_review=under_review
        )
        assert {step.facility for step in gate.steps if step.verdict == "not_met"} == {"s2"}


@pytest.mark.parametrize(("handed_over", "verdict"), [("2025-10-01", "met"), (None, "not_met")])
def test_an_earlier_phase_accepted_and_not_handed_over_stops_the_next(handed_over, verdict):
    dates = {**station()["dates"], "handed_over_on": handed_over}
    first = station(
        dates={k: v for k, v in dates.items() if v}, status="accepted", fulfils="养老服务站"
    )
    second = station(id="s2", phase="2", fulfils="养老服务站")
    found, gate = judged("completion", first, second, units=[600, 400], phases_under_review=["2"])
    assert gate.verdict == verdict
    if verdict == "not_met":
        (step,) = [step for step in gate.steps if step.verdict == "not_met"]
        assert (step.check, step.facility) == ("earlier_phases_handed_over", "s1")
        assert found.verdict == "not_pass"


# --- handover ---


@pytest.mark.parametrize(
    ("handover", "verdict", "check"),
    [
        ({"receiver": "county_civil_affairs", "price": 0}, "met", None),
        ({"receiver": "township_government", "price": 0}, "met", None),
        ({"receiver": "property_company", "price": 0}, "not_met", "handover_receiver"),
        ({"receiver": "subdistrict_office", "price": 1}, "not_met", "handover_free_of_charge"),
        ({"price": 0}, "undetermined", "handover_receiver"),
        ({"receiver": "subdistrict_office"}, "undetermined", "handover_free_of_charge"),
    ],
)
def test_handover(handover, verdict, check):
    _, gate = judged("handover", station(handover=handover))
    assert gate.verdict == verdict
    named = {step.check for step in gate.steps if step.verdict == verdict}
    assert check is None or named == {check}


def days_after(accepted, days):
    return dt.date.fromisoformat(accepted) + dt.timedelta(days=days)


@pytest.mark.parametrize(
    ("days", "verdict", "short"),
    [(0, "undetermined", None), (30, "undetermined", None), (31, "not_met", 1)],
)
def test_a_handover_is_awaited_for_the_days_the_pack_names(days, verdict, short):
    """Nothing passes without a record; it is refused once the 30 days of the pack are over."""
    dates = {k: v for k, v in station()["dates"].items() if k != "handed_over_on"}
    row = station(dates=dates, status="accepted")
    found, gate = judged("handover", row, as_of=days_after("2025-09-01", days))
    assert gate.verdict == verdict
    assert found.verdict == ("not_pass" if verdict == "not_met" else "undetermined")
    assert (gate.needed, gate.provided, gate.deficit) == (30, days, short)
    assert f"至今{days}天" in gate.reason["zh"]
    assert "条文未定" in gate.reason["zh"]


def without_days():
    """Panzhihua's pack without a number of days, as the clause has none."""
    gates = tuple(
        replace(
            one,
            parameters={k: v for k, v in one.parameters.items() if k != "handover_within_days"},
        )
        for one in PACKS[PZH].rules
    )
    return replace(PACKS[PZH], rules=gates)


def test_without_a_number_of_days_no_handover_is_late():
    dates = {k: v for k, v in station()["dates"].items() if k != "handed_over_on"}
    row = station(dates=dates, status="accepted", fulfils="养老服务站")
    found = reviewed(submitted(row), without_days(), stage="handover")
    gate = of(found, "panzhihua.gate.handover")
    assert (gate.verdict, gate.needed) == ("undetermined", None)
    second = station(id="s2", phase="2", fulfils="养老服务站")
    phased = submitted(row, second, units=[600, 400], phases_under_review=["2"])
    stop = of(
        reviewed(phased, without_days(), stage="completion"), "panzhihua.gate.completion_stop"
    )
    assert stop.verdict == "not_met", "the completion stop waits for no days"


@pytest.mark.parametrize(("days", "verdict"), [(-1, "not_applicable"), (0, "not_met")])
def test_an_earlier_phase_stops_the_next_from_its_acceptance_on(days, verdict):
    dates = {k: v for k, v in station()["dates"].items() if k != "handed_over_on"}
    first = station(dates=dates, status="accepted", fulfils="养老服务站")
    second = station(id="s2", phase="2", fulfils="养老服务站")
    _, gate = judged(
        "completion",
        first,
        second,
        units=[600, 400],
        phases_under_review=["2"],
        as_of=days_after("2025-09-01", days),
    )
    (step,) = [one for one in gate.steps if one.check == "earlier_phases_handed_over"]
    assert step.verdict == verdict
    asked_for = Remedy("hand_over", facility="s1", phase="1")
    assert step.remedies == ((asked_for,) if verdict == "not_met" else ())
