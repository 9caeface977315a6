"""Every gate of Panzhihua, passed and failed; 四同步 of all four; 规划条件 and the general rule."""

from __future__ import annotations

from decimal import Decimal

import pytest
from gated import GATES, PZH, UNIT, judged
from housing import PACKS, conditions, item, nursery, of, plain, project, reviewed, station
from planning import pack, rule

from spatial.errors import InputFaults
from spatial.policy.review.parsing import parse_project
from spatial.policy.review.remedy import Remedy
from spatial.policy.review.stages import STAGES, gates_at


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
    assert gate.provided is None, "what nobody measured is not 0"


def test_gates_do_not_speak_of_projects_without_elderly_care():
    for stage, (gate,) in GATES.items():
        if stage == "plan":
            continue
        found = reviewed(project(nursery(), area="510402"), PZH, stage=stage)
        assert of(found, gate).verdict == "not_applicable"
        assert found.verdict == "pass"


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
