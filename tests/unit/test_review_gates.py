"""Every gate of Panzhihua, passed and failed; 四同步 of all four; 规划条件 and the general rule."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from housing import (
    AREA,
    FOUR,
    HOUSING,
    PACKS,
    conditions,
    item,
    nursery,
    of,
    plain,
    project,
    reviewed,
    station,
)
from planning import pack, rule

from spatial.errors import InputFaults
from spatial.policy.review.parsing import parse_project
from spatial.policy.review.remedy import Remedy
from spatial.policy.review.review import ReviewParameters
from spatial.policy.review.stages import STAGES, gates_at

PZH = "panzhihua-2020"
GATES = {
    "plan": {"panzhihua.gate.plan_review"},
    "land_grant": {"panzhihua.gate.land_transfer"},
    "design": {"panzhihua.gate.design_review"},
    "verification": {"panzhihua.gate.acceptance"},
    "completion": {"panzhihua.gate.completion_stop"},
    "handover": {"panzhihua.gate.handover"},
}
UNIT = {"id": "GY-1", "planned_population": 30000, "elderly_land_m2": 5600}


def submitted(*rows, **members):
    """Make a project that passes every gate; members given take the place of its own."""
    whole = {
        "area": "510402",
        "planning_unit": UNIT,
        "control_plan": conditions(item(), no="攀控规〔2022〕3号"),
        "planning_conditions": conditions(item()),
    }
    whole["control_plan"]["issued_on"] = "2022-05-01"
    whole |= members
    return project(*(rows or [station()]), **{k: v for k, v in whole.items() if v is not None})


def judged(stage, *rows, tolerance=None, as_of=dt.date(2026, 11, 22), **members):
    parameters = ReviewParameters(shrink_tolerance=tolerance)
    found = reviewed(
        submitted(*rows, **members), PZH, stage=stage, as_of=as_of, parameters=parameters
    )
    (gate,) = GATES[stage]
    return found, of(found, gate)


def test_each_stage_knows_its_gates():
    for stage, gates in GATES.items():
        named = {rule.id for rule in gates_at(PACKS[PZH], STAGES[stage])}
        assert named == gates | {"panzhihua.gate.four_sync"}
    every = {rule.id for rule in PACKS[PZH].rules if rule.kind == "review_gate"}
    assert set.union(*GATES.values()) | {"panzhihua.gate.four_sync"} == every


@pytest.mark.parametrize("stage", GATES)
def test_a_project_in_order_passes_every_gate(stage):
    found, gate = judged(stage)
    assert gate.verdict == "met"
    assert found.verdict == "pass"
    assert of(found, "panzhihua.gate.four_sync").verdict == "met"
    assert gate.quote in PACKS[PZH].rule(gate.rule).quote


# --- plan: 0.2 m² a person of the planning unit: 30,000 people need 6,000 m² ---


@pytest.mark.parametrize(
    ("unit_m2", "own_m2", "verdict", "deficit"),
    [
        ("5600", 400, "met", None),
        ("5599.99", 400, "not_met", "0.01"),
        ("5865", 0, "not_met", "135"),
        ("6000", 0, "met", None),
    ],
)
def test_land_gate(unit_m2, own_m2, verdict, deficit):
    unit = {**UNIT, "elderly_land_m2": Decimal(unit_m2)}
    found, gate = judged("plan", station(site_area_m2=own_m2), planning_unit=unit)
    assert gate.verdict == verdict
    assert gate.needed == 6000
    assert gate.deficit == (None if deficit is None else Decimal(deficit))
    assert found.verdict == ("pass" if verdict == "met" else "not_pass")
    if deficit:
        assert gate.remedies == (Remedy("add_land", Decimal(deficit), "m2", item="GY-1"),)


@pytest.mark.parametrize(
    ("unit", "missing"),
    [
        (None, {"field": "planning_unit"}),
        ({"id": "GY-1"}, {"planning_unit": "GY-1", "field": "planned_population"}),
        (
            {"id": "GY-1", "planned_population": 30000},
            {"planning_unit": "GY-1", "field": "elderly_land_m2"},
        ),
    ],
)
def test_land_gate_without_a_planning_unit_or_its_figures(unit, missing):
    found, gate = judged("plan", planning_unit=unit)
    assert (gate.verdict, found.verdict) == ("undetermined", "undetermined")
    assert missing in gate.missing


# --- land grant: everything of the control plan, field by field ---


@pytest.mark.parametrize(
    ("granted", "check"),
    [
        ([], "grant_facility_kind"),
        ([item(kind="day_care")], "grant_facility_kind"),
        ([item(floor_area_m2=Decimal("299.99"))], "grant_floor_area"),
        ([item(site_area_m2=Decimal("399.99"))], "grant_land_area"),
        ([item(position="A-04")], "grant_position"),
        ([item(receiver="developer")], "grant_handover_terms"),
        ([item(free_of_charge=False)], "grant_handover_terms"),
    ],
)
def test_land_grant_that_leaves_something_out(granted, check):
    found, gate = judged("land_grant", planning_conditions=conditions(*granted))
    assert (gate.verdict, found.verdict) == ("not_met", "not_pass")
    assert {step.check for step in gate.steps if step.verdict == "not_met"} == {check}
    assert gate.remedies


def test_all_that_a_land_grant_leaves_out_of_an_item_is_told_at_once():
    listed = conditions(item(kind="care_home", count=2), no="控规")
    granted = item(kind="day_care", service="childcare")
    _, gate = judged("land_grant", control_plan=listed, planning_conditions=conditions(granted))
    asked = [remedy.where for remedy in gate.remedies]
    assert asked == ["service", "kind", "count"]
    # Doing as told is enough.
    _, gate = judged("land_grant", control_plan=listed, planning_conditions=listed)
    assert gate.verdict == "met"


def test_land_grant_adds_nothing_the_control_plan_does_not_list():
    bare = {"id": "养老服务站", "service": "elderly"}
    plan = conditions(bare, no="控规")
    found, gate = judged("land_grant", control_plan=plan, planning_conditions=conditions(bare))
    assert (gate.verdict, found.verdict) == ("met", "pass")
    assert judged("land_grant", control_plan=None)[1].verdict == "undetermined"
    assert judged("land_grant", planning_conditions=None)[1].verdict == "undetermined"


# --- design: against the project's own conditions ---


@pytest.mark.parametrize(
    ("changes", "verdict", "deficit"),
    [
        ({"floor_area_m2": 300}, "met", None),
        ({"floor_area_m2": Decimal("299.99")}, "not_met", "0.01"),
        ({"floor_area_m2": 165}, "not_met", "135"),
        ({"site_area_m2": 399}, "not_met", "1"),
        ({"kind": "day_care"}, "not_met", "1"),
        ({"status": "cancelled"}, "not_met", "1"),
    ],
)
def test_design_review(changes, verdict, deficit):
    found, gate = judged("design", station(**changes))
    assert gate.verdict == verdict
    assert gate.deficit == (None if deficit is None else Decimal(deficit))
    assert found.verdict == ("pass" if verdict == "met" else "not_pass")
    assert gate.against == "planning_conditions"


def test_design_review_needs_recorded_conditions():
    _, gate = judged("design", planning_conditions=None)
    assert (gate.verdict, gate.missing) == ("undetermined", ({"field": "planning_conditions"},))


@pytest.mark.parametrize(
    ("asked", "built", "verdict"),
    [
        ({"max_floor_level": 2}, {"floor_level": 2}, "met"),
        ({"max_floor_level": 2}, {"floor_level": 3}, "not_met"),
        ({"own_entrance": True}, {"own_entrance": True}, "met"),
        ({"own_entrance": True}, {"own_entrance": False}, "not_met"),
        ({"lift": True}, {"lift": True}, "met"),
        ({"lift": True}, {"lift": False}, "not_met"),
        ({"lift": True}, {}, "undetermined"),
    ],
)
def test_conditions_apart_from_distance(asked, built, verdict):
    _, gate = judged("design", station(**built), planning_conditions=conditions(item(**asked)))
    assert gate.verdict == verdict


# --- verification: as built ---


@pytest.mark.parametrize(
    ("floor", "land", "tolerance", "verdict"),
    [
        (300, 400, None, "met"),
        ("299.99", 400, None, "not_met"),
        (300, "399.99", None, "not_met"),
        (297, 400, Decimal("0.01"), "met"),  # 300 × 0.99
        ("296.99", 400, Decimal("0.01"), "not_met"),
    ],
)
def test_verification(floor, land, tolerance, verdict):
    built = {"floor_area_m2": Decimal(floor), "site_area_m2": Decimal(land)}
    found, gate = judged("verification", station(as_built=built), tolerance=tolerance)
    assert gate.verdict == verdict
    assert found.verdict == ("pass" if verdict == "met" else "not_pass")


def test_what_suffices_by_a_tolerance_is_said():
    built = {"floor_area_m2": 280, "site_area_m2": 400}
    _, gate = judged("verification", station(as_built=built), tolerance=Decimal("0.05"))
    # 300 × 0.95 = 285: 280 is 5 short of that, and 20 of the conditions.
    assert (gate.needed, gate.deficit) == (300, 5)
    assert "尚缺5㎡（按容许比例不少于285㎡）" in gate.reason["zh"]
    assert "at least 285 m² by the tolerance" in gate.reason["en"]
    _, gate = judged("verification", station(as_built=built))
    assert "容许" not in gate.reason["zh"]
    _, gate = judged("verification", station(as_built=built), tolerance=Decimal("0.1"))
    assert gate.verdict == "met"
    assert "不少于270㎡" in gate.reason["zh"]


def test_verification_without_a_survey():
    _, gate = judged("verification", station(as_built={}))
    assert gate.verdict == "undetermined"
    assert {"facility": "s1", "field": "as_built.floor_area_m2"} in gate.missing


# --- completion: 缓建, 缩建, 停建, 不建, 建而不交 ---


def dated(**dates):
    return {"dates": {**station()["dates"], **dates}}


def undated(status):
    return {"dates": {"planned_on": "2024-01-01"}, "status": status}


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
    assert stop.verdict == "advise"


@pytest.mark.parametrize(("days", "verdict"), [(30, "advise"), (31, "not_met")])
def test_an_earlier_phase_may_await_its_handover_for_the_days_of_the_pack(days, verdict):
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
    assert gate.verdict == verdict
    assert gate.remedies == (Remedy("hand_over", facility="s1", phase="1"),)


def test_gates_do_not_speak_of_projects_without_elderly_care():
    for stage, (gate,) in GATES.items():
        if stage == "plan":
            continue
        found = reviewed(project(nursery(), area="510402"), PZH, stage=stage)
        assert of(found, gate).verdict == "not_applicable"
        assert found.verdict == "pass"


# --- 四同步 ---

SYNC = {
    "dali-2022": "dali.both.four_sync",
    "guizhou-2022": "guizhou.both.four_sync",
    "jinhua-2022": "jinhua.elderly.four_sync",
    "panzhihua-2020": "panzhihua.gate.four_sync",
}
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
    document["facilities"][0]["phase"] = "1"
    found = of(reviewed(parse_project(document, source="p"), PZH, stage="verification"), SYNC[PZH])
    assert found.verdict == "not_met"


# --- 规划条件 against the general rule ---


def asked(area):
    return conditions(
        {"id": "托育", "service": "childcare", "kind": "nursery", "floor_area_m2": area}
    )


@pytest.mark.parametrize(("area", "verdict"), [(750, "pass"), (Decimal("749.99"), "not_pass")])
def test_the_general_rule_is_tested_when_the_conditions_are_written(area, verdict):
    found = reviewed(
        project(units=5000, planning_conditions=asked(area)), stage="land_grant", walking=False
    )
    finding = of(found, AREA)
    assert finding.provided == area
    assert finding.provided_by == "planning_conditions"
    assert finding.verdict == ("met" if verdict == "pass" else "not_met")


def test_from_the_design_on_the_conditions_hold_and_what_lies_below_is_reported():
    low = asked(500)
    found = reviewed(project(nursery(500), units=5000, planning_conditions=low))
    assert found.verdict == "pass_with_advice"
    general = of(found, AREA)
    assert (general.verdict, general.binds) == ("not_met", False)
    below = of(found, AREA, kind="planning_conditions")
    assert (below.verdict, below.deficit) == ("advise", Decimal(250))
    own = of(found, "project.planning_conditions.childcare")
    assert (own.verdict, own.pack, own.clause) == ("met", "project", "规条〔2023〕7号")
    short = reviewed(project(nursery(Decimal("499.99")), units=5000, planning_conditions=low))
    assert short.verdict == "not_pass"
    assert of(short, "project.planning_conditions.childcare").deficit == Decimal("0.01")


# --- several packs ---


@pytest.mark.parametrize(("brought", "short"), [(150, None), ("149.9", "0.1")])
def test_conditions_in_a_pool_are_set_beside_what_all_members_owe(brought, short):
    # 0.15 × (1,000 + 1,000) = 300, of which the conditions ask for 150.
    other = {"id": "m1", "kind": "nursery", "floor_area_m2": Decimal(brought), "status": "approved"}
    asked = {"id": "托育", "service": "childcare", "kind": "nursery", "floor_area_m2": 150}
    found = reviewed(
        project(
            nursery(300),
            planning_conditions=conditions(asked),
            pool={"id": "甲", "members": [{"project": "q", "units": 1000, "facilities": [other]}]},
        )
    )
    low = [one for one in found.findings if one.kind == "planning_conditions"]
    assert [one.deficit for one in low] == ([] if short is None else [Decimal(short)])
    assert all("统筹内其他项目" in one.reason["zh"] for one in low)


@pytest.mark.parametrize("stage", ["verification", "completion", "handover"])
@pytest.mark.parametrize(
    ("built", "verdict"), [(150, "pass_with_advice"), (Decimal("149.9"), "not_pass")]
)
def test_the_conditions_hold_at_every_stage_after_building(stage, built, verdict):
    # They ask for less than the general rule of 200 m², which is reported, and they bind.
    asked = {"id": "托育", "service": "childcare", "kind": "nursery", "floor_area_m2": 150}
    row = nursery(150, status="operating", dates=HOUSING, as_built={"floor_area_m2": built})
    found = reviewed(
        project(row, planning_conditions=conditions(asked)), "jinhua-2022", stage=stage
    )
    assert found.verdict == verdict
    bare = project(planning_conditions=conditions(asked))
    assert reviewed(bare, "jinhua-2022", stage=stage).verdict == "not_pass"


def test_four_packs_side_by_side():
    stranger = submitted(station(), nursery(199), units=1000, area="330702")
    found = reviewed(stranger, *FOUR, stage="design")
    verdicts = {pack.id: (pack.basis, pack.verdict) for pack in found.packs}
    assert verdicts["jinhua-2022"] == ("binding", "not_pass")
    assert verdicts["panzhihua-2020"] == ("illustration", "pass")
    assert {verdicts[name][0] for name in ("dali-2022", "guizhou-2022")} == {"illustration"}
    assert found.verdict == "not_pass"
    elsewhere = reviewed(submitted(station(), nursery(199), area="510402"), *FOUR, stage="design")
    assert elsewhere.verdict == "pass", "what fails in Jinhua does not bind in Panzhihua"
    nowhere = reviewed(submitted(area="110101"), "jinhua-2022", "dali-2022", stage="design")
    assert nowhere.illustration
    assert nowhere.verdict == "not_pass"
    assert not reviewed(submitted(area=None), PZH).illustration


def test_the_strictest_is_named_among_equals_only():
    """Another pack like Jinhua's that asks for 20 m² per 100 households."""
    stricter = pack(
        rule(
            "floor_area_per_100hh",
            rule_id="other.area",
            parameters={"m2_per_100hh": 20, "floor_m2": 300, "single_facility_m2": 200},
        ),
        rule("service_radius", rule_id="other.radius", parameters={"radius_m": 250}),
        pack_id="other",
    )
    found = reviewed(project(nursery(250), units=1000), "jinhua-2022", stricter)
    assert dict(found.strictest) == {
        ("childcare", "floor_area_per_100hh", "m2"): "other.area",
        ("childcare", "service_radius", "m"): "other.radius",
    }
    assert found.verdict == "not_pass", "the worst over the packs that bind"


# --- a local profile: conditions on floor, entrance and lift are data of a pack ---


def local(**asked):
    gate = rule("service_radius", rule_id="county.gate", applies_to=["project"])
    gate |= {
        "kind": "review_gate",
        "parameters": {
            "stage": "design",
            "checks": ["facility_conditions"],
            "uses_rule": None,
            "facility_conditions": asked,
        },
    }
    return pack(gate, pack_id="county")


@pytest.mark.parametrize(
    ("asked", "built", "verdict", "remedy"),
    [
        ({"max_floor_level": 3}, {"floor_level": 3}, "met", None),
        (
            {"max_floor_level": 3},
            {"floor_level": 4},
            "not_met",
            Remedy("lower_floor", Decimal(3), facility="n1"),
        ),
        ({"max_floor_level": 3}, {}, "undetermined", None),
        ({"own_entrance": True}, {"own_entrance": True}, "met", None),
        (
            {"own_entrance": True},
            {"own_entrance": False},
            "not_met",
            Remedy("add_entrance", facility="n1"),
        ),
        ({"lift": True}, {"lift": False}, "not_met", Remedy("add_lift", facility="n1")),
        ({"lift": True}, {"lift": True}, "met", None),
        ({"lift": True, "kinds": ["community_childcare"]}, {"lift": False}, "not_applicable", None),
        ({"lift": False}, {"lift": False}, "not_applicable", None),
    ],
)
def test_a_local_profile_sets_floor_entrance_and_lift(asked, built, verdict, remedy):
    found = of(reviewed(project(nursery(200, **built)), local(**asked)), "county.gate")
    assert found.verdict == verdict
    assert found.remedies == (() if remedy is None else (remedy,))
    if verdict == "undetermined":
        assert found.missing == ({"facility": "n1", "field": "floor_level"},)


def test_a_local_profile_is_checked_like_every_pack():
    with pytest.raises(InputFaults, match="max_floor"):
        local(max_floor=3)


# --- taken at each stage, one phase and the same in two give the same verdicts ---


@pytest.mark.parametrize("stage", STAGES)
def test_the_same_in_two_phases_changes_nothing_at_any_stage(stage):
    """The gates of Panzhihua, the housing of the second phase in step too."""
    one, _ = judged(stage)
    document = plain(
        station(),
        units=[600, 400],
        area="510402",
        planning_unit=UNIT,
        control_plan={**conditions(item(), no="控规"), "issued_on": "2022-05-01"},
        planning_conditions=conditions(item()),
    )
    two = reviewed(parse_project(document, source="p"), PZH, stage=stage)
    assert [(f.rule, f.verdict) for f in two.findings] == [
        (f.rule, f.verdict) for f in one.findings
    ]
    assert (one.verdict, two.verdict) == ("pass", "pass")
