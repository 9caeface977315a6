"""Findings to explain: each district kind in each verdict, each family of rules about areas.

`cases` yields a name and the paragraph in a language; `tests/unit/explanations.yaml` holds what
each should read, checked by eye.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from planning import (
    areas,
    buildings,
    districts,
    facilities,
    judge,
    main_street,
    pack,
    point,
    rule,
    square,
)
from regions import area_rule, indicator_table, inside, parks, region

from spatial.policy.evaluation import Evaluation, evaluate
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.explain import explain_area_row, explain_finding
from spatial.policy.pack import Pack
from spatial.policy.planning_data import PlanningData

CIRCLE = pack(rule("service_circle_time", severity="target", applies_to=["new", "existing"]))
RADIUS = pack(rule("service_radius", severity="advisory", applies_to=["new", "existing"]))
RELAXED = pack(rule("service_radius", severity="advisory", parameters={"role": "relaxed"}))
AREA = pack(rule("floor_area_per_100hh"))
COUNT = pack(rule("facility_count_by_households", severity="advisory"))


Named = tuple[str, Pack, Evaluation]


def home(**more: Any) -> dict[str, Any]:
    return {
        "id": "D1", "name": "示例花园", "stage": "new", "households": 2000,
        "geometry": point(0), **more,
    }  # fmt: skip


def site(**more: Any) -> dict[str, Any]:
    return {"id": "f1", "geometry": point(0), **more}


def found(name: str, with_pack: Pack, *homes: Any, sites: Any = (), **more: Any) -> Named:
    """Evaluate districts by a pack of one rule."""
    return name, with_pack, judge(districts(*homes), facilities(*sites), with_pack, **more)


def district_evaluations() -> Iterator[Named]:
    """Yield a name, a pack of one rule, and an evaluation of district D1."""

    walk = main_street()
    yield found("circle met", CIRCLE, home(geometry=point(500)), sites=[site()], network=walk)
    two = buildings(
        {"id": "b1", "district_id": "D1", "households": 1500, "geometry": point(900)},
        {"id": "b2", "district_id": "D1", "households": 500, "geometry": point(1100)},
    )
    far = home(stage="existing", geometry=square(1000, 0, 400))
    yield found("circle advise part", CIRCLE, far, sites=[site()], network=walk, building_rows=two)
    # 1,020 m on foot: beyond 1,000 m, but inside 1,080 m at adult pace.
    near = home(geometry=point(1020))
    yield found("circle advise screen", CIRCLE, near, sites=[site()], network=walk)
    yield found("circle not met", CIRCLE, home(geometry=point(1500)), sites=[site()], network=walk)
    yield found("circle beyond", CIRCLE, home(geometry=point(6500)), sites=[site()], network=walk)
    yield found("circle no network", CIRCLE, home(geometry=point(500)), sites=[site()])
    off = home(geometry=point(500, 400))
    yield found("circle off network", CIRCLE, off, sites=[site()], network=walk)
    village = areas(
        {"code": "v1", "name": "示范村", "level": "community", "kind": "rural_community",
         "geometry": square(0, 0, 3000)}
    )  # fmt: skip
    yield found(
        "circle rural", CIRCLE, home(stage="existing", community="v1"),
        sites=[site()], network=walk, area_rows=village,
    )  # fmt: skip
    yield found("circle other stage", CIRCLE, home(stage="planned"), sites=[site()], network=walk)

    yield found("radius met", RADIUS, home(geometry=point(299.5)), sites=[site()], network=walk)
    approved = {"siting_difficult": True, "approved_radius_m": 650}
    yield found("radius relaxed", RADIUS, home(geometry=point(600), **approved), sites=[site()])
    yield found("radius advise", RADIUS, home(geometry=point(423.512)), sites=[site()])
    yield found(
        "radius over approved", RADIUS, home(geometry=point(700), **approved), sites=[site()]
    )
    yield found("radius not met", RADIUS, home(geometry=point(900)), sites=[site()])
    yield found("radius beyond", RADIUS, home(geometry=point(9000)), sites=[site()])
    yield found("radius no record", RELAXED, home(), sites=[site()])
    unknown = site(kind="kindergarten_class", geometry=point(100))
    yield found("radius would count", RADIUS, home(households=None), sites=[unknown])

    room = site(district_id="D1", floor_area_m2=300)
    yield found("area met", AREA, home(), sites=[room])
    yield found("area not met", AREA, home(), sites=[site(district_id="D1", floor_area_m2=120)])
    yield found("area gap", AREA, home(stage="existing", community="c1"), sites=[])
    half = [room, site(id="f2", district_id="D1")]
    yield found("area unknown", AREA, home(households=3000), sites=half)
    yield found("area no households", AREA, home(households=None), sites=[room])
    yield found("area nobody", AREA, home(households=0), sites=[])
    yield found(
        "area mixed pool", AREA, home(pool="p"),
        home(id="D2", stage="existing", pool="p"), sites=[room],
    )  # fmt: skip
    against = home(stage="existing", permitted_on=dt.date(2023, 1, 1))
    yield found("area stage against permit", AREA, against, sites=[room])

    one_site = site(district_id="D1")
    yield found("count met", COUNT, home(households=5000), sites=[one_site])
    yield found("count advise", COUNT, home(households=7500), sites=[one_site])
    bound = home(households=3500, conditions_available=True, stage="existing")
    yield found("count not met", COUNT, bound, sites=[])
    yield found("count below", COUNT, home(households=2999), sites=[])


def places(*, targets: Mapping[str, Any], operator: str = ">=", **more: Any) -> dict[str, Any]:
    return area_rule(
        "places_per_1000_pop",
        applies_to=["prefecture"],
        parameters={
            "numerator": {
                "of": "facilities", "sum": "places", "kinds": ["nursery"],
                "status": "operating", "indicator": "childcare_places",
            },
            "denominator": {"of": "areas", "field": "population"},
            "per": 1000, "operator": operator, "minimum": None, "unit": "‰",
        },
        targets_by_year=targets,
        **more,
    )  # fmt: skip


def indicator(name: str) -> dict[str, str]:
    return {"of": "indicator", "name": name}


NURSERIES = {"of": "facilities", "sum": "count", "kinds": ["nursery"], "status": "operating"}
DAY_CARE = {**NURSERIES, "kinds": ["day_care"]}
PEOPLE = {"P": {"population": 3_337_559}}


def one(name: str, *rules: Any, figures: Any = PEOPLE, table: Any = (), **more: Any) -> Named:
    """Evaluate the hierarchy of areas by rules; the last one is to be explained."""
    with_pack = pack(*rules)
    evaluation = evaluate(
        PlanningData(
            districts=districts(*more.get("homes", ())),
            facilities=facilities(*more.get("sites", ())),
            areas=region(**figures),
            parks=more.get("park"),
            indicators=indicator_table(*table) if table else None,
        ),
        packs=[with_pack],
        as_of=more.get("as_of", dt.date(2025, 12, 31)),
        parameters=EvaluationParameters(
            target_year=more.get("year"), min_share=more.get("share", {})
        ),
    )
    return name, with_pack, evaluation


def ratio_evaluations() -> Iterator[Named]:
    dali = places(targets={"2025": 4.5}, baselines={"2022": {"value": 2.41, "note": None}})
    stock = [("P", "childcare_places", 2025, 8042)]
    yield one("ratio not met", dali, table=stock)
    both = places(targets={"2022": 3.3, "2025": 4.5})
    early = {"as_of": dt.date(2024, 6, 30), "table": [("P", "childcare_places", 2024, 12_000)]}
    yield one("ratio met, next target", both, **early)
    yield one("ratio not due", both, year=2025, **early)
    yield one("ratio ended", dali, as_of=dt.date(2026, 6, 30), table=stock)
    sites = [site(places=30, geometry=inside("x")), site(id="f2", geometry=inside("y"))]
    yield one("ratio undetermined", dali, sites=sites)
    yield one("ratio old", dali, table=[("P", "childcare_places", 2024, 8042)])
    yield one("ratio without number", places(targets={"2025": None}), table=stock)

    beds = {"of": "facilities", "kinds": ["care_home"], "status": "operating"}
    share = area_rule(
        "share_of_beds", applies_to=["prefecture"], subject="elderly",
        parameters={
            "numerator": {**beds, "sum": "beds", "where": {"operator": ["public"]}},
            "denominator": {**beds, "sum": "beds"},
            "per": 100, "operator": "<=", "minimum": None, "unit": "%",
        },
        targets_by_year={"2025": 40},
    )  # fmt: skip
    homes = [
        site(id="h1", kind="care_home", beds=41, operator="public", geometry=inside("x")),
        site(id="h2", kind="care_home", beds=59, operator="private", geometry=inside("y")),
    ]
    yield one("share at most", share, sites=homes)
    market = {**share, "parameters": {**share["parameters"], "operator": ">"}}
    market["parameters"]["numerator"] = {**beds, "sum": "nursing_beds"}
    exactly = [site(id="h1", kind="care_home", beds=100, nursing_beds=40, geometry=inside("x"))]
    yield one("share more than", market, sites=exactly)
    rising = area_rule(
        "share_of_facilities", applies_to=["prefecture"],
        parameters={
            "numerator": indicator("public_kindergartens_with_nursery_class"),
            "denominator": indicator("public_kindergartens"),
            "per": 100, "operator": "increasing", "minimum": None, "unit": "%",
        },
    )  # fmt: skip
    kindergartens = [
        ("P", name, year, count)
        for name, counts in (
            ("public_kindergartens", (100, 110)),
            ("public_kindergartens_with_nursery_class", (40, 44)),
        )
        for year, count in zip((2024, 2025), counts, strict=True)
    ]
    yield one("share rising", rising, table=kindergartens)
    land = area_rule(
        "land_per_capita", applies_to=["prefecture"], severity="mandatory",
        parameters={
            "numerator": indicator("elderly_land_m2"),
            "denominator": indicator("planned_population"),
            "per": 1, "operator": ">=", "minimum": 0.2, "unit": "m2",
        },
    )  # fmt: skip
    yield one(
        "land", land,
        table=[("P", "elderly_land_m2", 2025, 5999.5), ("P", "planned_population", 2025, 30_000)],
    )  # fmt: skip


def coverage_evaluations() -> Iterator[Named]:
    nursery = [site(geometry=inside("x"))]
    covered = {
        "unit_level": "township", "unit_kinds": [], "has": [{"measure": NURSERIES, "at_least": 1}],
        "logic": "all", "operator": ">=", "unit": "%",
    }  # fmt: skip
    basic = area_rule(
        "admin_unit_coverage", applies_to=["prefecture"], parameters=covered,
        targets_by_year={"2025": None}, basic_full_coverage=True,
    )  # fmt: skip
    yield one("coverage assumed", basic, sites=nursery)
    towns = {**covered, "unit_kinds": ["town", "township"], "operator": ">"}
    half = area_rule(
        "admin_unit_coverage", applies_to=["prefecture"], parameters=towns,
        targets_by_year={"2025": 50},
    )  # fmt: skip
    yield one("coverage more than", half, sites=[site(geometry=inside("v"))])
    plan = {
        **covered, "unit_level": "county",
        "has": [{"measure": indicator("elderly_facility_layout_plan"), "at_least": 1}],
    }  # fmt: skip
    plans = area_rule(
        "plan_coverage", applies_to=["prefecture"], parameters=plan, targets_by_year={"2025": 100}
    )
    yield one("plan undetermined", plans, table=[("A", "elderly_facility_layout_plan", 2025, 1)])


def count_evaluations() -> Iterator[Named]:
    nursery = [site(geometry=inside("x"))]
    count = area_rule(
        "count_target", applies_to=["prefecture"], subject="elderly",
        parameters={
            "numerator": {**DAY_CARE, "opened_from": "2021-01-01"},
            "operator": ">=", "unit": "facilities",
            "more": [{"numerator": {**DAY_CARE, "sum": "beds"}, "minimum": 700}],
        },
        targets_by_year={"2025": 70},
    )  # fmt: skip
    centre = site(
        id="d1", kind="day_care", beds=10, opened_on=dt.date(2023, 5, 1), geometry=inside("x")
    )
    yield one("count", count, sites=[centre])

    each = area_rule(
        "min_per_admin_unit", applies_to=["county"], subject="elderly",
        parameters={
            "has": [{"measure": NURSERIES, "at_least": 1}, {"measure": DAY_CARE, "at_least": 1}],
            "logic": "all",
        },
        targets_by_year={"2025": 1},
    )  # fmt: skip
    yield one("one of each", each, sites=nursery)
    either = {**each, "parameters": {**each["parameters"], "logic": "any"}}
    yield one("either", either, sites=nursery)

    ninety = area_rule(
        "threshold_requirement", applies_to=["community"], area_kinds=["urban_community"],
        parameters={
            "when": {
                "measure": {"of": "areas", "field": "population"}, "operator": ">=", "value": 20_000
            },
            "has": [{"measure": {**NURSERIES, "sum": "places"}, "at_least": 90}],
            "logic": "all",
        },
        targets_by_year={"2025": 90},
    )  # fmt: skip
    sized = {"x": {"population": 20_000}, "y": {"population": 19_999}}
    yield one("threshold", ninety, figures=sized, sites=[site(places=89, geometry=inside("x"))])
    size = {**ninety, "parameters": {**ninety["parameters"], "has": []}, "targets_by_year": {}}
    yield one("threshold size only", size, figures=sized)

    park_rule = area_rule(
        "facility_count_by_employees", applies_to=["park"], severity="mandatory",
        parameters={"employees_per_facility": 10_000, "has": NURSERIES},
    )  # fmt: skip
    row = {"id": "k1", "name": "示范园", "employees": 25_000, "geometry": inside("x").buffer(0.01)}
    yield one("park", park_rule, sites=nursery, park=parks(row))


def other_evaluations() -> Iterator[Named]:
    nursery = [site(geometry=inside("x"))]
    owed = rule("floor_area_per_100hh", rule_id="test.area", applies_to=["new"])
    rate = {"service": "childcare", "minimum": None, "operator": ">=", "unit": "%"}
    comply = area_rule(
        "project_compliance_rate", applies_to=["prefecture"],
        parameters={**rate, "judged_by": "test.area"}, targets_by_year={"2025": 100},
    )  # fmt: skip
    new = [
        home(id="D1", geometry=inside("x")),
        home(id="D2", households=100, geometry=inside("y")),
    ]
    room = [site(district_id="D2", floor_area_m2=200, geometry=inside("y"))]
    yield one("compliance", owed, comply, homes=new, sites=room)
    no_standard = {**comply, "parameters": {**rate, "judged_by": None}}
    yield one("compliance without standard", owed, no_standard, homes=new, sites=room)

    duty = area_rule(
        "process_requirement", applies_to=["county"], severity="mandatory",
        parameters={"expects": True},
    )  # fmt: skip
    yield one("statement open", duty)
    yield one("statement yes", duty, table=[("A", "test.area_rule", 2025, 1)])
    yield one("statement no", duty, table=[("A", "test.area_rule", 2025, 0)])

    radius = rule("service_radius", severity="advisory")
    near = [
        home(id="D1", households=100, population=300, geometry=inside("x")),
        home(id="D2", households=200, population=600, geometry=inside("y")),
    ]
    yield one("roll-up", radius, homes=near, sites=nursery)
    yield one(
        "roll-up against share",
        radius,
        homes=near,
        sites=nursery,
        share={"test.rule": Decimal("0.5")},
    )
    yield one("roll-up of gaps", rule("floor_area_per_100hh"), homes=near, sites=room)


def area_evaluations() -> Iterator[Named]:
    """Yield a name, a pack whose last rule is to be explained, and an evaluation of areas."""
    yield from ratio_evaluations()
    yield from coverage_evaluations()
    yield from count_evaluations()
    yield from other_evaluations()


# Which of the areas is explained; the prefecture where none is named.
EXPLAINED = {
    "one of each": "A", "either": "A", "threshold": "x", "threshold size only": "x",
    "statement open": "A", "statement yes": "A", "statement no": "A", "park": "k1",
}  # fmt: skip


def paragraphs(lang: str) -> dict[str, str]:
    """Explain every case, by its name."""
    texts: dict[str, str] = {}
    for name, with_pack, evaluation in district_evaluations():
        district = evaluation.districts.set_index("id", drop=False).loc["D1"].to_dict()
        row = evaluation.findings[evaluation.findings["district_id"] == "D1"].iloc[0]
        texts[name] = explain_finding(
            row, pack=with_pack, rule=with_pack.rules[0], lang=lang, district=district
        )
    for name, with_pack, evaluation in area_evaluations():
        rows, explained = evaluation.areas, with_pack.rules[-1]
        wanted = (rows["code"] == EXPLAINED.get(name, "P")) & (rows["rule"] == explained.id)
        (position,) = rows.index[wanted]
        texts[name] = explain_area_row(
            rows.loc[position], pack=with_pack, rule=explained, lang=lang
        )
    return texts
