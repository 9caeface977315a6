"""四同步: facilities in step with the housing, phase by phase."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from gated import PZH, SYNC, dated, undated
from housing import HOUSING, nursery, of, plain, project, reviewed, station

from spatial.policy.review.parsing import parse_project
from spatial.policy.review.remedy import Remedy

LAST = {
    "planned": "design",
    "built": "verification",
    "accepted": "completion",
    "handed_over": "handover",
}


@pytest.mark.parametrize("step", LAST)
@pytest.mark.parametrize("name", SYNC)
def test_four_sync_is_broken_by_one_day(name, step):
    gate = SYNC[name]
    for days, verdict in ((0, "met"), (1, "not_met")):
        on = dt.date.fromisoformat(HOUSING[f"{step}_on"]) + dt.timedelta(days=days)
        row = station(**dated(**{f"{step}_on": on.isoformat()}))
        found = of(reviewed(project(row), name, stage=LAST[step]), gate)
        assert found.verdict == verdict
        if days:
            assert (found.deficit, found.unit) == (Decimal(1), "days")
            # What is over cannot be brought forward; one approval of both still may be given.
            wanted = (
                Remedy("one_approval", facility="s1", phase="1")
                if step == "planned"
                else Remedy("officer_decides", facility="s1", where=step)
            )
            assert found.remedies == (wanted,)


def test_four_sync_covers_childcare_in_dali_and_guizhou_only():
    late = nursery(dates={**HOUSING, "handed_over_on": "2025-10-02"})
    for name, gate in SYNC.items():
        covered = name in ("dali-2022", "guizhou-2022")
        found = of(reviewed(project(late), name, stage="handover"), gate)
        assert found.verdict == ("not_met" if covered else "not_applicable"), name


def test_four_sync_never_presumes_a_missing_date():
    row = station(dates={"planned_on": "2024-01-01"})
    found = of(reviewed(project(row), PZH, stage="verification"), SYNC[PZH])
    assert found.verdict == "undetermined"
    assert found.missing == ({"facility": "s1", "field": "dates.built_on"},)
    together = project(station(dates={}), housing={})
    assert of(reviewed(together, PZH), SYNC[PZH]).verdict == "met", "submitted together"
    one_sided = project(station(dates={}))
    assert of(reviewed(one_sided, PZH), SYNC[PZH]).verdict == "undetermined"
    approved = project(
        station(dates={"approval_no": "攀建〔2024〕1号"}),
        housing={"approval_no": "攀建〔2024〕1号"},
    )
    verification = of(reviewed(approved, PZH, stage="verification"), SYNC[PZH])
    assert "same_approval" in {step.reason for step in verification.steps}
    no = {"approval_no": "攀建〔2024〕1号"}
    later = project(
        station(dates={**no, "planned_on": "2024-01-02"}),
        housing={**no, "planned_on": "2024-01-01"},
    )
    assert of(reviewed(later, PZH), SYNC[PZH]).verdict == "met", "one approval, whatever its date"


def test_a_schedule_out_of_step_is_advice_until_it_is_due():
    row = station(**dated(handed_over_on="2027-01-02"))
    submission = project(row, housing={**HOUSING, "handed_over_on": "2027-01-01"})
    found = of(reviewed(submission, PZH, stage="design"), SYNC[PZH])
    assert found.verdict == "advise"
    assert found.remedies == (
        Remedy("advance", Decimal(1), "days", facility="s1", where="handed_over"),
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "as_of", "verdict", "reason"),
    [
        # Both to come: a plan is no fact, in step or out of it.
        ("2027-01-01", "2027-01-01", "2026-12-31", "undetermined", "scheduled_only"),
        ("2027-01-02", "2027-01-01", "2026-12-31", "undetermined", "scheduled_only_out_of_step"),
        # On the day itself both have come.
        ("2027-01-01", "2027-01-01", "2027-01-01", "met", "in_step"),
        # The housing has come, the facility not: it cannot be in step any more.
        ("2027-01-02", "2027-01-01", "2027-01-01", "not_met", "housing_ahead_scheduled"),
        ("2027-01-02", "2027-01-01", "2027-01-02", "not_met", "out_of_step"),
        # The facility has come, the housing not: it is in step whenever that comes.
        ("2027-01-01", "2027-01-02", "2027-01-01", "met", "before_housing_scheduled"),
        ("2027-01-01", None, "2027-01-01", "met", "before_housing"),
        ("2027-01-01", None, "2026-12-31", "undetermined", "date_missing"),
    ],
)
def test_what_has_not_happened_by_the_day_of_the_review_does_not_pass(
    ours, theirs, as_of, verdict, reason
):
    housing = {k: v for k, v in HOUSING.items() if k != "handed_over_on"}
    housing |= {} if theirs is None else {"handed_over_on": theirs}
    row = station(**dated(handed_over_on=ours))
    on = dt.date.fromisoformat(as_of)
    found = of(reviewed(project(row, housing=housing), PZH, stage="handover", as_of=on), SYNC[PZH])
    assert found.verdict == verdict
    (step,) = [step for step in found.steps if step.item == "handed_over"]
    assert step.reason == reason
    if verdict == "undetermined":
        assert {"facility": "s1", "field": "dates.handed_over_on"} in found.missing


@pytest.mark.parametrize(
    ("status", "as_of", "verdict"),
    [
        ("under_construction", "2025-06-02", "not_met"),
        ("suspended", "2025-06-02", "not_met"),
        # Built on the same day as the housing it would be in step.
        ("under_construction", "2025-06-01", "undetermined"),
        ("built", "2025-06-02", "undetermined"),
    ],
)
def test_a_facility_known_not_to_be_built_is_behind_the_housing(status, as_of, verdict):
    row = station(**undated(status))
    on = dt.date.fromisoformat(as_of)
    found = of(reviewed(project(row), PZH, stage="verification", as_of=on), SYNC[PZH])
    assert found.verdict == verdict
    if verdict == "not_met":
        assert (found.deficit, found.unit) == (Decimal(1), "days")


def test_what_is_not_built_is_behind_accepted_housing_whenever_that_was_built():
    housing = {k: v for k, v in HOUSING.items() if k != "built_on"}
    row = station(status="suspended", dates={"planned_on": "2024-01-01"})
    found = of(
        reviewed(project(row, housing=housing), PZH, stage="completion", as_of=dt.date(2026, 1, 1)),
        SYNC[PZH],
    )
    verdicts = {step.item: step.verdict for step in found.steps}
    assert (verdicts["built"], verdicts["accepted"]) == ("undetermined", "not_met")
    assert found.verdict == "not_met"


def test_four_sync_goes_phase_by_phase():
    second = {
        **HOUSING,
        "built_on": "2026-06-01",
        "accepted_on": "2026-07-01",
        "handed_over_on": "2026-08-01",
    }
    document = plain(
        station(
            **dated(built_on="2026-01-01", accepted_on="2026-07-01", handed_over_on="2026-08-01"),
            phase="2",
        ),
        units=[600, 400],
    )
    document["phases"][1]["housing"] = second
    found = of(reviewed(parse_project(document, source="p"), PZH, stage="verification"), SYNC[PZH])
    assert found.verdict == "met", "held to the housing of its own phase"
    (other,) = found.alternatives
    # The housing of phase 1 was built on 2025-06-01, the only facility on 2026-01-01.
    assert (other["reading"], other["phase"], other["value"]) == (
        "phase_without_facility",
        "1",
        214,
    )
    assert other["changes"]
    own = {**document, "facilities": [*document["facilities"], station(id="s0")]}
    own["phases_under_review"] = ["2"]
    found = of(reviewed(parse_project(own, source="p"), PZH, stage="verification"), SYNC[PZH])
    assert not found.alternatives, "phase 1, not under review any more, has a facility of its own"
    document["facilities"][0]["phase"] = "1"
    found = of(reviewed(parse_project(document, source="p"), PZH, stage="verification"), SYNC[PZH])
    assert found.verdict == "not_met"
