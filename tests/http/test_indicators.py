"""The register of imported figures over HTTP."""

from __future__ import annotations

import json

import pytest

PATH = "/v1/indicators"
WEST, EAST, COUNTY = "420101001001", "420101001002", "420101"


def figure(area=COUNTY, indicator="elderly_beds", year=2025, value=100, **more):
    return {"area": area, "indicator": indicator, "year": year, "value": value, **more}


@pytest.fixture(scope="module")
def register(town):
    """Some figures of the town's areas, with exact values."""
    figures = [
        figure(value=11669, source="统计公报"),
        figure(year=2024, value=11000),
        figure(WEST, "social_workers", value=3),
        figure(EAST, "social_workers", value=4),
    ]
    body = json.dumps(figures).replace("11000", "0.10")
    answer = town.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"added": 4, "changed": 0, "unchanged": 0, "warnings": []}
    return town


def rows(town, query="", **options):
    answer = town.get(f"{PATH}{query}", **options)
    assert answer.status_code == 200, answer.text
    return answer.json()["indicators"]


def test_figures_are_listed_exactly_and_in_order(register):
    answer = register.get(PATH, role="viewer")
    assert answer.headers["content-type"] == "application/json"
    listed = answer.json()
    keys = [(row["area"], row["indicator"], row["year"]) for row in listed["indicators"]]
    assert keys == sorted(keys)
    assert keys[0] == (COUNTY, "elderly_beds", 2024)
    assert '"value": 0.10' in answer.text
    assert listed["indicators"][1] == {
        "area": COUNTY,
        "indicator": "elderly_beds",
        "year": 2025,
        "value": 11669,
        "source": "统计公报",
        "version": 1,
    }


def test_figures_are_filtered_and_paged(register):
    assert {r["area"] for r in rows(register, f"?area={WEST}")} == {WEST}
    assert {r["indicator"] for r in rows(register, "?indicator=social_workers")} == {
        "social_workers"
    }
    assert [r["year"] for r in rows(register, f"?area={COUNTY}&year=2024")] == [2024]
    assert rows(register, "?indicator=childcare_places") == [], "asked for by a rule, not stored"
    everything = rows(register)
    path, paged = f"{PATH}?limit=3", []
    while path is not None:
        page = register.get(path).json()
        assert page["numberMatched"] == len(everything)
        paged += page["indicators"]
        path = next((ln["href"] for ln in page["links"] if ln["rel"] == "next"), None)
    assert paged == everything


def test_a_figure_is_changed_left_alone_and_withdrawn(register):
    new = figure(indicator="social_workers", year=2020, value=7)
    outcomes = [
        register.post(PATH, json=[one]).json()
        for one in (new, new, {**new, "value": 8}, {**new, "value": None})
    ]
    counts = [(o["added"], o["changed"], o["unchanged"]) for o in outcomes]
    assert counts == [(1, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 0)]
    assert rows(register, "?year=2020") == []


def test_what_nobody_looks_up_is_stored_with_a_warning(register):
    answer = register.post(PATH, json=[figure("999", "elderly_bed", 2021)])
    assert answer.status_code == 200
    first, second = answer.json()["warnings"]
    assert "areas that are not known (999)" in first
    assert "did you mean elderly_beds?" in second
    assert len(rows(register, "?area=999&indicator=elderly_bed")) == 1


def test_storing_is_audited_and_makes_another_run(register, module_database):
    from sqlalchemy import create_engine, text  # noqa: PLC0415  one test needs the database

    body = {"packs": ["dali-2022"], "as_of": "2026-11-22"}
    before = register.post("/v1/evaluations", json=body)
    register.post(PATH, json=[figure(year=2022, value=1)])
    after = register.post("/v1/evaluations", json=body)
    assert before.json()["id"] != after.json()["id"]
    engine = create_engine(module_database.owner_url)
    with engine.connect() as connection:
        entry = connection.execute(
            text("SELECT * FROM audit WHERE target = 'indicators' ORDER BY sequence DESC LIMIT 1")
        ).one()
    engine.dispose()
    assert entry.action == "store"
    assert entry.actor in register.keys["editor"]
    assert entry.detail["added"] == 1
    assert entry.detail["request"].startswith("POST /v1/indicators ")


def test_roles_and_scopes(register, check_problem):
    check_problem(register.post(PATH, json=[figure()], role=None), 401)
    check_problem(register.post(PATH, json=[figure()], role="viewer"), 403)
    mixed = [figure(WEST, year=2019), figure(EAST, year=2019)]
    problem = check_problem(register.post(PATH, json=mixed, role="west editor"), 403)
    assert [error["pointer"] for error in problem["errors"]] == ["/1"]
    assert rows(register, "?year=2019") == []
    own = register.post(PATH, json=mixed[:1], role="west editor")
    assert own.status_code == 200
    assert {r["area"] for r in rows(register, role="west viewer")} == {WEST}
    check_problem(register.get(f"{PATH}?area={EAST}", role="west viewer"), 400)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ([], [""]),
        ({}, [""]),
        ([5], ["/0"]),
        ([{}], ["/0/area", "/0/indicator", "/0/year", "/0/value"]),
        ([figure(), figure(colour="red")], ["/1/colour"]),
        ([figure(area=5)], ["/0/area"]),
        ([figure(area=" ")], ["/0/area"]),
        ([figure(area="x" * 201)], ["/0/area"]),
        ([figure(year="2025")], ["/0/year"]),
        ([figure(year=2025.5)], ["/0/year"]),
        ([figure(year=1899), figure(year=2201)], ["/0/year", "/1/year"]),
        ([figure(year=True, value=True)], ["/0/year", "/0/value"]),
        ([figure(value="12")], ["/0/value"]),
        ([figure(value=1e20)], ["/0/value"]),
        ([figure(source=7)], ["/0/source"]),
        ([figure(), figure(value=2)], ["/1"]),
    ],
)
def test_every_fault_of_a_body_has_its_place(register, check_problem, body, pointers):
    before = rows(register)
    problem = check_problem(register.post(PATH, json=body), 400, "invalid-body")
    assert [error["pointer"] for error in problem["errors"]] == pointers
    assert rows(register) == before


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("?area=888", "area"),
        ("?indicator=nonsense", "indicator"),
        ("?year=1899", "year"),
        ("?year=x", "year"),
        ("?after=WyJ4Il0", "after"),
        ("?colour=red", "colour"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(register, check_problem, query, parameter):
    problem = check_problem(register.get(f"{PATH}{query}"), 400)
    assert [error["parameter"] for error in problem["errors"]] == [parameter]


def test_another_body_than_json_is_refused(register, check_problem):
    answer = register.post(PATH, content="area,indicator", headers={"Content-Type": "text/csv"})
    check_problem(answer, 415)
