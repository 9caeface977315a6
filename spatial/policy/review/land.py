"""The land gate: land for elderly facilities of the planning unit (攀办发〔2020〕80号 三(二))."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import shapely

from spatial.fields import AREAS
from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_figures import AreaFigures
from spatial.policy.findings import INDICATOR, MET, UNDETERMINED
from spatial.policy.kinds import AREA_KINDS
from spatial.policy.places import Membership
from spatial.policy.review.frames import layer_frame
from spatial.policy.review.gate import GateCase, Step, lacks
from spatial.policy.review.remedy import Remedy
from spatial.policy.rule import Rule

CHECK = "land_minimum"


def land_minimum(case: GateCase, uses: Rule | None) -> list[Step]:
    """Compare the unit's land for elderly facilities with the rule the gate uses.

    By the kind function of that rule, for the planning unit as its one area. Parcels of the
    project (`PlannedFacility.site_area_m2`) are added to those of the rest of the unit; a facility
    without a parcel of its own adds no land. Without a planning unit: `undetermined`.
    """
    unit = case.project.planning_unit
    if unit is None:
        return lacks(CHECK, "no_planning_unit", field="planning_unit")
    if uses is None:
        return lacks(CHECK, "no_land_rule", rule=str(case.rule.parameters["uses_rule"]))
    own = sum((parcel for _, parcel in own_land(case)), Decimal(0))
    land = own + (unit.elderly_land_m2 or Decimal(0))
    missing = tuple(
        {"planning_unit": unit.id, "field": field}
        for field in ("planned_population", "elderly_land_m2")
        if getattr(unit, field) is None
    )
    unknown = Step(
        CHECK,
        UNDETERMINED,
        "land_unknown",
        None,
        None,
        unit.id,
        None,
        land,
        unit="m2",
        missing=missing,
    )
    if unit.planned_population is None:
        return [unknown]
    return [_compared(case, uses, unknown, land=land, population=unit.planned_population)]


def _compared(case: GateCase, uses: Rule, unknown: Step, *, land: Decimal, population: int) -> Step:
    """Compare by the kind function; `unknown` is what is told where something is missing."""
    code = str(unknown.item)
    (found,) = AREA_KINDS[uses.kind].judge(
        # One area stands for the unit, whatever levels the rule names.
        replace(uses, applies_to=("plan",)),
        _facts(case, land=land, population=population, code=code),
    )
    if found.threshold is None:
        return replace(unknown, verdict=INDICATOR, reason="land_no_number", missing=())
    needed = Decimal(found.threshold) * population
    if found.verdict != MET and unknown.missing:
        return replace(unknown, needed=needed)
    told = replace(unknown, verdict=found.verdict, reason="land_met", needed=needed, missing=())
    if found.verdict == MET:
        return told
    lacking = needed - land
    remedy = Remedy("add_land", lacking, "m2", item=code)
    return replace(told, reason="land_short", deficit=lacking, remedies=(remedy,))


def own_land(case: GateCase) -> Sequence[tuple[str, Decimal]]:
    """List the project's parcels: of its facilities, else of the document that stands for them."""
    given = [(f.id, f.site_area_m2) for f in case.facilities if f.site_area_m2 is not None]
    document = case.project.control_plan if case.stage.id == "plan" else None
    if given or document is None:
        return given
    return [
        (item.id, item.site_area_m2)
        for item in document.of(case.services)
        if item.site_area_m2 is not None
    ]


def _facts(case: GateCase, *, land: Decimal, population: int, code: str) -> AreaFacts:
    """Give the kind function the unit as its only area, with its two figures."""
    parameters = {"elderly_land_m2": land, "planned_population": Decimal(population)}
    area = {
        "code": code,
        "name": code,
        "level": "county",
        "kind": "county",
        "geometry": shapely.box(0, 0, 1, 1),
    }
    figures = pd.DataFrame(
        [
            {
                "area": code,
                "indicator": name,
                "year": case.as_of.year,
                "value": value,
                "source": case.project.id,
            }
            for name, value in parameters.items()
        ]
    )
    nowhere: dict[str, np.ndarray] = {}
    return AreaFacts(
        figures=AreaFigures(layer_frame(AREAS, [area]), None, figures, as_of=case.as_of),
        as_of=case.as_of,
        target_year=None,
        stage=np.zeros(0, dtype=object),
        places=Membership(nowhere),
        verdicts=lambda _rule: None,
        parks=None,
        park_facilities=lambda _measure: None,
    )
