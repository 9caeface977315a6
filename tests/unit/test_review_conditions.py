"""规划条件 against the general rule, and several packs side by side."""

from __future__ import annotations

from decimal import Decimal

import pytest
from gated import PZH, submitted
from housing import AREA, FOUR, HOUSING, conditions, nursery, of, project, reviewed, station
from planning import pack, rule


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
