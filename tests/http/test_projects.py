"""Stored housing projects: a layer like the others, its columns drawn from the project file."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from served_town import block
from sqlalchemy import text

from service.core import audit
from service.core.database import create_database_engine
from service.projects.tables import PROJECT
from spatial.fields import PROJECTS, REVIEW_STAGES
from spatial.policy.review.stages import STAGES

PATCH = {"Content-Type": "application/merge-patch+json"}
# More digits than a float has, and a number that ends in a zero.
DOCUMENT = """{
  "id": "GY-1", "name": "示例小区", "area": "330702", "stage": "design",
  "site": {"type": "Polygon", "coordinates":
    [[[114.305, 30.602], [114.306, 30.602], [114.306, 30.603], [114.305, 30.603],
      [114.305, 30.602]]]},
  "phases": [{"id": "1", "units": 600}, {"id": "2", "units": 734}],
  "facilities": [{"id": "n", "kind": "nursery", "phase": "1",
    "floor_area_m2": 199.99999999999999999, "site_area_m2": 300.50}]
}"""


def plain(**changes):
    return {**json.loads(DOCUMENT), **changes}


def feature(document, **properties):
    return {"type": "Feature", "geometry": None, "properties": {"document": document, **properties}}


def test_stages_are_named_once():
    assert tuple(STAGES) == REVIEW_STAGES


def test_a_project_lives_through_create_read_replace_patch_close(bare_town, check_problem):
    body = f'{{"type": "Feature", "geometry": null, "properties": {{"document": {DOCUMENT}}}}}'
    created = bare_town.post(
        "/v1/projects", content=body, headers={"Content-Type": "application/geo+json"}
    )
    assert created.status_code == 201, created.text
    location = created.headers["location"]
    assert (location, created.headers["etag"]) == ("/v1/projects/GY-1", '"1"')
    shown = created.json()
    properties = shown["properties"]
    assert {name: properties[name] for name in ("id", "name", "stage", "area", "units")} == {
        "id": "GY-1",
        "name": "示例小区",
        "stage": "design",
        "area": "330702",
        "units": 1334,
    }
    assert shown["geometry"]["type"] == "Polygon"
    exact = json.loads(created.text, parse_float=Decimal)["properties"]["document"]
    assert exact == json.loads(DOCUMENT, parse_float=Decimal)
    assert str(exact["facilities"][0]["site_area_m2"]) == "300.50"
    assert "199.99999999999999999" in created.text

    read = bare_town.get(location, role="viewer")
    assert read.json() == shown
    again = bare_town.get(location, headers={"If-None-Match": read.headers["etag"]})
    assert again.status_code == 304

    # What was read may be sent back whole: the columns agree with the document.
    kept = bare_town.ask(
        "PUT",
        location,
        content=read.text,
        headers={"If-Match": '"1"', "Content-Type": "application/geo+json"},
    )
    assert (kept.status_code, kept.headers["etag"]) == (200, '"1"'), "nothing has changed"

    renamed = bare_town.ask(
        "PATCH",
        location,
        content=json.dumps({"properties": {"document": {"name": "二期", "planned_population": 9}}}),
        headers={**PATCH, "If-Match": '"1"'},
    )
    assert renamed.status_code == 200, renamed.text
    assert renamed.headers["etag"] == '"2"'
    assert renamed.json()["properties"]["name"] == "二期"
    assert "199.99999999999999999" in renamed.text, "what a patch leaves alone stays exact"
    stale = bare_town.ask("DELETE", location, headers={"If-Match": '"1"'})
    check_problem(stale, 412, "precondition-failed")

    listed = bare_town.get("/v1/projects?stage=design&area=330702&limit=1").json()
    assert [one["id"] for one in listed["features"]] == ["GY-1"]
    assert bare_town.get("/v1/projects?bbox=0,0,1,1").json()["numberMatched"] == 0

    closed = bare_town.ask("DELETE", location, headers={"If-Match": '"2"'})
    assert closed.status_code == 204
    check_problem(bare_town.get(location), 404)
    owner = create_database_engine(bare_town.settings.database.owner_url.get_secret_value())
    with owner.connect() as connection:
        versions = connection.execute(
            PROJECT.select().where(PROJECT.c.id == "GY-1").order_by(PROJECT.c.version)
        ).all()
        assert [one.name for one in versions] == ["示例小区", "二期", "二期"]
        written = connection.execute(
            text("SELECT action FROM audit WHERE target LIKE 'projects%' ORDER BY sequence")
        ).scalars()
        assert list(written) == ["create", "patch", "close"]
        assert audit.verify(connection) is None
    owner.dispose()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (feature(plain(phases=[])), "/properties/document/phases"),
        (feature(plain(phases=[{"id": "1", "units": 0}])), "/properties/document/phases/0/units"),
        (feature(plain(), name="另一个"), "/properties/name"),
        (feature(plain(), units=1), "/properties/units"),
        (feature(plain(), stage="built"), "/properties/stage"),
        (feature("text"), "/properties/document"),
        ({"type": "Feature", "geometry": None, "properties": {"id": "x"}}, "/geometry"),
        ({**feature(plain()), "id": "other"}, "/id"),
        ({**feature(plain()), "geometry": block(5, 5)}, "/geometry"),
        ({**feature(plain()), "geometry": {"type": "Circle"}}, "/geometry"),
    ],
)
def test_what_contradicts_the_document_is_refused(bare_town, check_problem, body, place):
    problem = check_problem(bare_town.post("/v1/projects", json=body), 400, "invalid-body")
    assert place in [one["pointer"] for one in problem["errors"]], problem["errors"]


def test_of_many_the_good_ones_are_kept_where_asked(bare_town):
    features = [feature(plain(id=f"M-{n}")) for n in range(3)]
    features[1]["properties"]["document"]["phases"] = []
    body = {"type": "FeatureCollection", "features": features}
    refused = bare_town.post("/v1/projects", json=body)
    assert refused.status_code == 400
    kept = bare_town.post("/v1/projects?partial=true", json=body)
    assert kept.status_code == 207, kept.text
    assert [item["status"] for item in kept.json()["items"]] == [201, 400, 201]
    assert kept.json()["items"][1]["errors"][0]["pointer"] == (
        "/features/1/properties/document/phases"
    )


def test_a_project_lies_in_the_area_it_names(town, check_problem):
    west, east = "420101001001", "420101001002"
    kept = feature(plain(id="placed", area=west, site=block(5, 2)))
    assert town.post("/v1/projects", json=kept).status_code == 201
    # On the border, and in an area above: inside. Of an area nobody stored nothing can be told.
    for number, document in enumerate(
        (plain(area=east, site=block(10, 2)), plain(area="420100"), plain(area="110101"))
    ):
        body = feature({**document, "id": f"inside-{number}"})
        assert town.post("/v1/projects", json=body).status_code == 201
    wrong = plain(id="elsewhere", area=east, site=block(5, 2))
    place = "/properties/document/area"

    def told(answer, pointer):
        (error,) = check_problem(answer, 400, "invalid-body")["errors"]
        assert error == {"pointer": pointer, "detail": error["detail"]}
        assert f"the site does not lie in {east}" in error["detail"]

    told(town.post("/v1/projects", json=feature(wrong)), place)
    assert town.get("/v1/projects/elsewhere").status_code == 404
    changed = json.dumps({"properties": {"document": {"area": east}}})
    headers = {**PATCH, "If-Match": '"1"'}
    told(town.ask("PATCH", "/v1/projects/placed", content=changed, headers=headers), place)
    both = {"type": "FeatureCollection", "features": [feature(wrong), feature(plain(id="good"))]}
    items = town.post("/v1/projects?partial=true", json=both).json()["items"]
    assert [one["status"] for one in items] == [400, 201]
    assert items[0]["errors"][0]["pointer"] == f"/features/0{place}"
    # A review is by the packs of the area, so there it is refused too.
    query = "/v1/reviews?stage=design&as_of=2026-11-22&pack=jinhua-2022&dry_run=true"
    told(town.post(query, json=wrong), "/area")
    told(town.post(query, json={"project": wrong}), "/project/area")


def test_a_scoped_key_sees_and_writes_its_own(town, check_problem):
    west, east = plain(id="west"), plain(id="east", site=block(15, 2))
    assert town.post("/v1/projects", json=feature(west), role="west editor").status_code == 201
    check_problem(town.post("/v1/projects", json=feature(east), role="west editor"), 403)
    check_problem(town.post("/v1/projects", json=feature(west), role="viewer"), 403)
    assert town.post("/v1/projects", json=feature(east)).status_code == 201
    seen = town.get("/v1/projects", role="west viewer").json()
    names = {one["id"] for one in seen["features"]}
    assert "west" in names
    assert "east" not in names
    check_problem(town.get("/v1/projects/east", role="west viewer"), 404)


def test_every_field_of_the_layer_is_a_column():
    assert set(PROJECTS.names) <= set(PROJECT.c.keys())
