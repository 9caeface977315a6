"""Reviews of projects as a check, over HTTP: nothing is stored."""

from __future__ import annotations

import pytest
from bad_projects import BAD_PROJECTS, BELOW_THE_RULE, SKIPPING
from served_project import found, project
from served_town import point, street_lines

from service.core.database import create_database_engine
from service.networks.service import store_network
from spatial.network_building import build_network

URL = "/v1/reviews?dry_run=true&as_of=2026-11-22"


def ask(town, body, query="&stage=design&pack=jinhua-2022", **options):
    return town.post(URL + query, json=body, role=options.pop("role", "reviewer"), **options)


def test_a_project_is_reviewed_with_what_is_stored_around_it(town):
    answer = ask(town, project())
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    shown = answer.json()
    assert (shown["verdict"], shown["stage"], shown["as_of"]) == ("pass", "design", "2026-11-22")
    assert shown["network"]
    assert found(shown, "jinhua.childcare.area.new")["verdict"] == "met"
    radius = found(shown, "jinhua.childcare.radius")
    assert radius["facilities"] == ["p-n"]
    bare = project(facilities=[])
    radius = found(ask(town, bare).json(), "jinhua.childcare.radius")
    assert radius["verdict"] == "met", "by the nursery that is stored"
    assert radius["facilities"] == ["nursery-1"]


def test_what_fails_is_told_with_clause_and_remedy(town):
    shown = ask(town, project(units=1334), headers={"Accept-Language": "en"}).json()
    assert shown["verdict"] == "not_pass"
    area = found(shown, "jinhua.childcare.area.new")
    assert (area["value"], area["threshold"], area["deficit"]) == (200, 200.1, 0.1)
    assert area["quote"].startswith("新建居住区婴幼儿照护服务用房")
    assert [one["text"] for one in area["remedies"]] == ["add 0.1 m² of floor area"]
    shown = ask(town, project(units=1334)).json()
    assert found(shown, "jinhua.childcare.area.new")["remedies"][0]["text"] == "增加建筑面积0.1㎡"


def test_four_packs_in_one_call(town):
    packs = "jinhua-2022,dali-2022,guizhou-2022,panzhihua-2020"
    shown = ask(town, project(area="330702"), f"&stage=design&pack={packs}").json()
    assert {pack["id"]: pack["basis"] for pack in shown["packs"]} == {
        "jinhua-2022": "binding",
        "dali-2022": "illustration",
        "guizhou-2022": "illustration",
        "panzhihua-2020": "illustration",
    }
    chosen = ask(town, project(area="330702"), "&stage=design").json()
    assert [pack["id"] for pack in chosen["packs"]] == ["jinhua-2022"]


def test_nothing_is_stored(town):
    before = town.get("/v1/facilities").json()["numberMatched"]
    ask(town, project("stored"))
    assert town.get("/v1/facilities").json()["numberMatched"] == before
    assert town.get("/v1/facilities/stored-n").status_code == 404


def test_each_project_of_a_batch_has_a_status_of_its_own(town):
    batch = {
        "projects": [
            project("a"),
            project("b", units=0),
            "nonsense",
            project("c", units=1334),
            project("d", facilities=[{"id": "x", "kind": "nursery"}]),
        ]
    }
    shown = ask(town, batch).json()
    assert (shown["reviewed"], shown["refused"]) == (2, 3)
    assert [item["status"] for item in shown["items"]] == [200, 400, 400, 200, 400]
    assert [item["id"] for item in shown["items"]] == ["a", "b", None, "c", "d"]
    verdicts = [item["review"]["verdict"] for item in shown["items"] if item["status"] == 200]
    assert verdicts == ["pass", "not_pass"]
    pointers = [item["errors"][0]["pointer"] for item in shown["items"] if item["status"] == 400]
    assert pointers == [
        "/projects/1/phases/0/units",
        "/projects/2",
        "/projects/4/facilities/0/phase",
    ]


@pytest.mark.parametrize(
    ("body", "query", "slug", "place"),
    [
        (project(units=0), "&stage=design&pack=jinhua-2022", "invalid-body", "/phases/0/units"),
        (project(), "&pack=jinhua-2022", "invalid-body", ""),
        (project(), "&stage=design", "invalid-body", "/area"),
        (project(area="110101"), "&stage=design", "invalid-body", "/area"),
        (project(), "&stage=design&pack=none", "invalid-parameter", None),
        (project(), "&stage=built&pack=jinhua-2022", "invalid-parameter", None),
        (project(), "&shrink_tolerance=1&pack=jinhua-2022", "invalid-parameter", None),
        ({"projects": []}, "&stage=design&pack=jinhua-2022", "invalid-body", "/projects"),
        ({"projects": [1], "x": 1}, "&stage=design&pack=jinhua-2022", "invalid-body", "/x"),
        ([], "&stage=design&pack=jinhua-2022", "invalid-body", ""),
        (project(), "&unknown=1", "unknown-parameter", None),
    ],
)
def test_bad_input_is_a_problem(town, check_problem, body, query, slug, place):
    problem = check_problem(ask(town, body, query), 400, slug)
    if place is not None:
        assert problem["errors"][0]["pointer"] == place


@pytest.mark.parametrize("name", BAD_PROJECTS)
def test_what_contradicts_itself_is_a_problem_with_its_place(town, check_problem, name):
    document, pointer, words = BAD_PROJECTS[name]
    for body, start in ((document, ""), ({"project": document}, "/project")):
        problem = check_problem(ask(town, body), 400, "invalid-body")
        (error,) = problem["errors"]
        assert error["pointer"] == start + pointer
        assert words in error["detail"]


def test_a_skipped_stage_is_a_problem_and_low_conditions_are_a_finding(town, check_problem):
    problem = check_problem(ask(town, SKIPPING), 400)
    assert "'design' skips 'land_grant'" in problem["detail"]
    shown = ask(town, BELOW_THE_RULE).json()
    assert shown["verdict"] == "pass_with_advice"
    (low,) = [one for one in shown["findings"] if one["kind"] == "planning_conditions"]
    assert (low["verdict"], low["deficit"], low["binds"]) == ("advise", 50, False)


def test_roles(town, check_problem):
    for role in ("reviewer", "editor", "admin"):
        assert ask(town, project(), role=role).status_code == 200
    check_problem(ask(town, project(), role="viewer"), 403)
    check_problem(ask(town, project(), role=None), 401)


def test_a_scoped_key_reviews_in_its_areas_only(town, check_problem):
    assert ask(town, project(), role="west editor").status_code == 200
    east = project(column=15)
    check_problem(ask(town, east, role="west editor"), 403)
    shown = ask(town, {"projects": [project(), east]}, role="west editor").json()
    assert [item["status"] for item in shown["items"]] == [200, 403]


def test_a_facility_that_counts_elsewhere_counts_once(town, check_problem):
    stored = project()
    stored["facilities"][0]["id"] = "nursery-1"
    assert ask(town, stored).status_code == 200, "the stored one is allotted to nobody"
    place = {
        "type": "Feature",
        "geometry": point(4, 4),
        "properties": {"id": "taken", "kind": "nursery", "district_id": "west-4"},
    }
    assert town.post("/v1/facilities", json=place).status_code == 201
    stored["facilities"][0]["id"] = "taken"
    problem = check_problem(ask(town, stored), 400, "invalid-body")
    assert "counts for district_id west-4 already" in problem["detail"]


def test_neighbours_are_told_where_they_are_asked_for(town):
    assert ask(town, project()).json()["neighbours"] is None
    east = project(column=17)
    shown = ask(town, east, "&stage=design&pack=jinhua-2022&neighbours=true").json()
    radius = {
        one["district"]: one
        for one in shown["neighbours"]
        if one["rule"] == "jinhua.childcare.radius"
    }
    assert radius["east-16"]["change"] == "gains"
    assert (radius["east-16"]["before"], radius["east-16"]["after"]) == ("not_met", "met")
    assert not any(name.startswith("west") for name in radius), "they have one that is nearer"
    query = "&stage=design&pack=jinhua-2022&neighbours=true"
    scoped = ask(town, project(facilities=[], removes=["nursery-1"]), query, role="west editor")
    names = {one["district"] for one in scoped.json()["neighbours"]}
    assert "west-4" in names
    assert not any(name.startswith("east") for name in names), "outside of the key's scope"


def test_the_next_review_sees_what_was_edited(town):
    """What is kept in memory is of one state of the data: a facility, a district, the streets."""
    query = "&stage=design&pack=jinhua-2022&neighbours=true"
    bare, east = project(facilities=[], column=11), project(column=17)

    def radius(answer):
        return found(answer, "jinhua.childcare.radius")

    def patch(path, **changes):
        answer = town.ask("PATCH", path, json={"properties": changes}, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text

    before, again = (ask(town, bare, query).json() for _ in range(2))
    assert again == before
    opened = {"id": "edited", "kind": "nursery", "status": "operating"}
    feature = {"type": "Feature", "geometry": point(11.5, 2.5), "properties": opened}
    assert town.post("/v1/facilities", json=feature).status_code == 201
    assert radius(ask(town, bare, query).json())["facilities"] == ["edited"]
    patch("/v1/facilities/edited", status="closed")
    assert ask(town, bare, query).json() == before

    def households():
        (one,) = {
            one["households"]
            for one in ask(town, east, query).json()["neighbours"]
            if one["district"] == "east-16"
        }
        return one

    told = households()
    patch("/v1/districts/east-16", households=told + 77)
    assert households() == told + 77

    uphill = build_network(street_lines().assign(slope_forward=2.0, slope_backward=2.0))
    engine = create_database_engine(town.settings.database.url.get_secret_value())
    with engine.begin() as connection:
        store_network(connection, uphill, name="uphill", source="© OpenStreetMap")
    engine.dispose()
    climbed = ask(town, bare, query).json()
    assert (climbed["network"], before["network"]) == (uphill.version, again["network"])
    circle = "jinhua.childcare.circle15"
    assert found(climbed, circle)["walking_m"] > 1.5 * found(before, circle)["walking_m"]
    said = ["OpenStreetMap" in str(one.get("notices")) for one in (before, climbed)]
    assert said == [False, True]


def test_the_schema_is_served(town):
    answer = town.get("/v1/reviews/schema", role="viewer")
    assert answer.headers["content-type"] == "application/schema+json"
    schema = answer.json()
    assert schema["required"] == ["id", "site", "phases"]
    assert "nursery" in schema["$defs"]["facility"]["properties"]["kind"]["enum"]
