"""Imports over HTTP: a file is looked at, stored, stored again, and taken back."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from served_town import assert_problem, collection, feature, place, point
from sqlalchemy import text
from uploading import MIXED, ask, done, nursery, remove, upload

from service.core.database import create_database_engine

pytestmark = pytest.mark.usefixtures("english")


@pytest.mark.usefixtures("clean")
def test_a_file_is_looked_at_before_anything_is_stored(town, rows):
    before = rows()
    found = done(town, upload(town, MIXED, file="../../etc/养老设施.geojson"))

    assert rows() == before
    assert found["state"] == "previewed"
    assert found["file"] == "养老设施.geojson", "a label, no path"
    report = found["report"]
    assert report["rows"] == {"read": 10, "accepted": 7, "repaired": 2, "quarantined": 3}
    assert [(one["row"], one["field"]) for one in report["quarantined"]] == [
        (2, "places"),
        (3, "places"),
        (4, "id"),
    ]
    assert report["quarantined"][0]["reason"] == "-3 must not be negative"
    assert [one["position"] for one in report["quarantined"]] == [
        place(5, 5),
        place(5, 5),
        place(6, 6),
    ]
    assert report["same_id"] == 1
    assert "already in row 1" in report["quarantined"][2]["reason"]
    assert [(one["row"], one["what"]) for one in report["repairs"]] == [
        (5, "ring_closed"),
        (6, "made_valid"),
    ]
    assert report["repairs"][1]["detail"].startswith("Self-intersection")
    assert report["same_name_and_place"]["pairs"] == [
        {"rows": [1, 7], "name": "甲园", "apart_m": 0},
        {"rows": [8, 9], "name": "托育园", "apart_m": 0},
    ]
    assert (report["crs"]["origin"], report["crs"]["transformation"]) == ("OGC:CRS84", None)
    assert "100.0 %" in report["crs"]["evidence"][1], "all rows are in the town's areas"
    assert report["diff"]["added"] == 5
    assert report["diff"]["unchanged"] == 1
    assert report["diff"]["changes"] == [
        {"id": "nursery-1", "fields": ["places"], "values": {"places": [60, 99]}}
    ]
    assert report["diff"]["changed_fields"] == {"places": 1}
    assert report["diff"]["gone"] == 0
    assert report["first_rows"][0]["floor_area_m2"] == 400.5
    assert report["first_rows"][0]["service"] == "childcare", "as it will be stored"
    assert len(report["map"]["features"]["features"]) == 7
    west, south, east, north = report["map"]["bbox"]
    assert west < east
    assert south < north
    becomes = {f["id"]: f["properties"]["becomes"] for f in report["map"]["features"]["features"]}
    assert becomes["n1"] == "added"
    assert becomes["nursery-1"] == "changed"
    assert becomes["day-1"] == "unchanged"


@pytest.mark.usefixtures("clean")
def test_what_was_shown_is_stored_once_and_taken_back_to_the_letter(town, rows):
    before = rows()
    found = done(town, upload(town, MIXED, file="a.geojson"))

    first, second = ask(town, "commit", found), ask(town, "commit", found)

    assert first.status_code == second.status_code == 200, first.text
    assert first.json() == second.json()
    assert first.json()["report"]["stored"] == {
        "added": 5,
        "changed": 1,
        "unchanged": 1,
        "closed": 0,
    }
    after = rows()
    assert set(after) - set(before) == {"n1", "n5", "n6", "n7", "n8"}
    assert after["nursery-1"]["places"] == "99"
    assert (after["n8"]["source_file"], after["n8"]["source_row"]) == ("a.geojson", "8")
    assert town.ask("DELETE", f"/v1/imports/{found['id']}").status_code == 409

    undone = ask(town, "undo", found)

    assert undone.status_code == 200, undone.text
    assert undone.json()["state"] == "undone"
    assert rows() == before
    assert ask(town, "undo", found).status_code == 200
    assert_problem(ask(town, "commit", found), 409, "conflict")


@pytest.mark.usefixtures("clean")
def test_a_comparison_that_no_longer_holds_is_not_stored(town, rows):
    found = done(town, upload(town, collection(nursery(1), nursery(2))))
    created = town.post("/v1/facilities", json=nursery(1, places=7))
    assert created.status_code == 201
    try:
        problem_answer = ask(town, "commit", found)
        problem = problem_answer.json()
        assert problem_answer.status_code == 409
        assert problem["diff"]["added"] == 1
        assert problem["diff"]["changes"] == [
            {"id": "n1", "fields": ["places"], "values": {"places": [7, 60]}}
        ]
        assert rows()["n1"]["places"] == "7"
        shown = town.get(f"/v1/imports/{found['id']}").json()
        assert shown["state"] == "previewed"
        assert shown["report"]["diff"] == problem["diff"]
        # What has nothing to do with the import does not matter.
        town.post("/v1/facilities", json=nursery("other"))
        assert ask(town, "commit", found).status_code == 200
        assert rows()["n1"]["places"] == "60"
        assert ask(town, "undo", found).status_code == 200
        assert rows()["n1"]["places"] == "7"
        assert "n2" not in rows()
    finally:
        remove(town, "n1", "nother")


@pytest.mark.usefixtures("clean")
def test_it_is_not_taken_back_over_later_edits(town, rows):
    found = done(town, upload(town, collection(nursery("e1"), nursery("e2"))))
    assert ask(town, "commit", found).status_code == 200
    edited = town.ask(
        "PATCH",
        "/v1/facilities/ne2",
        json={"properties": {"places": 1}},
        headers={"If-Match": "*", "Content-Type": "application/merge-patch+json"},
    )
    assert edited.status_code == 200
    between = rows()

    problem = assert_problem(ask(town, "undo", found), 409, "conflict")

    assert "1 of its rows were written again after this import (ne2)" in problem["detail"]
    assert "ne2: version 2 was written at" in problem["errors"][0]["detail"]
    assert rows() == between
    # The owner takes the edit out of the way, so that the import can go.
    owner = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE facility DISABLE TRIGGER history_is_sealed"))
        connection.execute(text("DELETE FROM facility WHERE id = 'ne2' AND version = 2"))
        connection.execute(
            text("UPDATE facility SET superseded_at = NULL WHERE id = 'ne2' AND version = 1")
        )
        connection.execute(text("ALTER TABLE facility ENABLE TRIGGER history_is_sealed"))
    owner.dispose()


@pytest.mark.usefixtures("clean")
def test_a_complete_list_closes_what_it_does_not_name(town, rows):
    first = done(town, upload(town, collection(nursery(1), nursery(2), nursery(3, places=3))))
    assert ask(town, "commit", first).status_code == 200
    between = rows()
    # Row 2 is set aside, but it is in the file, so it is not gone.
    second = done(
        town,
        upload(
            town,
            collection(nursery(1), nursery(2, places=-1)),
            complete="true",
            of="kind=nursery",
            closed_on="2026-11-01",
        ),
    )
    assert second["report"]["diff"]["gone_ids"] == ["n3", "nursery-1"]
    stored = ask(town, "commit", second)
    assert stored.json()["report"]["stored"]["closed"] == 2
    assert rows()["n3"]["valid_to"] == rows()["n3"]["closed_on"] == "2026-11-01"
    assert town.get("/v1/facilities/n3").status_code == 404
    assert ask(town, "undo", second).status_code == 200
    assert rows() == between
    assert town.get("/v1/facilities/n3").status_code == 200

    unnamed = collection(nursery(1), feature(point(1, 1), kind="nursery"))
    refused = done(town, upload(town, unnamed, complete="true"))
    assert refused["state"] == "refused"
    assert "1 rows set aside have no identifier" in refused["report"]["refused"]


@pytest.mark.usefixtures("clean")
def test_rows_without_identifiers_are_known_by_other_fields(town, rows):
    def row(name, **values):
        return feature(point(5, 5), kind="nursery", status="operating", name=name, **values)

    first = done(
        town,
        upload(
            town, collection(row("托育园", places=1), row("新"), row("新"), row(None)), key="name"
        ),
    )
    assert first["report"]["rows"]["accepted"] == 2
    assert [one["reason"] for one in first["report"]["quarantined"]] == [
        "'新' is already in row 2",
        "is missing, and rows are known by it",
    ]
    # One of the name is stored already, under an identifier of its own.
    assert [one["id"] for one in first["report"]["diff"]["changes"]] == ["nursery-1"]
    (made,) = first["report"]["diff"]["added_ids"]
    assert ask(town, "commit", first).status_code == 200
    second = done(town, upload(town, collection(row("新", places=2)), key="name"))
    assert [one["id"] for one in second["report"]["diff"]["changes"]] == [made]
    assert rows()["nursery-1"]["places"] == "1"


def test_two_who_store_at_once_store_once(town, rows):
    found = done(town, upload(town, collection(*(nursery(number) for number in range(200)))))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(town, "commit", found), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({json.dumps(answer.json(), sort_keys=True) for answer in answers}) == 1
    entries = [one for one in town.get("/v1/imports").json()["imports"] if one["id"] == found["id"]]
    assert len(entries) == 1
    assert ask(town, "undo", found).status_code == 200
    assert "n1" not in rows()


def test_two_imports_of_the_same_rows_at_once_never_mix(town, rows):
    one = done(town, upload(town, collection(*(nursery(n, places=1) for n in range(50)))))
    two = done(town, upload(town, collection(*(nursery(n, places=2) for n in range(50)))))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda found: ask(town, "commit", found), (one, two)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    stored = {
        row["places"] for key, row in rows().items() if key.startswith("n") and key[1:].isdigit()
    }
    assert len(stored) == 1
    for found, answer in zip((one, two), answers, strict=True):
        if answer.status_code == 200:
            assert ask(town, "undo", found).status_code == 200


def test_who_may_do_what(town):
    for role in ("viewer", "reviewer"):
        assert_problem(upload(town, MIXED, role=role), 403, "forbidden")
        assert_problem(town.get("/v1/imports", role=role), 403, "forbidden")
    assert_problem(upload(town, MIXED, role=None), 401, "unauthorized")
    assert_problem(upload(town, collection(), kind="areas", role="west editor"), 403, "forbidden")


def test_an_editor_of_an_area_imports_inside_it_only(town, rows):
    inside = done(town, upload(town, collection(nursery(1)), role="west editor"), "west editor")
    outside = done(
        town,
        upload(town, collection(nursery(1), nursery(2, 15, 5)), role="west editor"),
        "west editor",
    )
    assert inside["report"]["outside_scope"] == {"count": 0, "ids": []}
    assert outside["report"]["outside_scope"] == {"count": 1, "ids": ["n2"]}
    before = rows()
    assert_problem(ask(town, "commit", outside, "west editor"), 403, "forbidden")
    assert rows() == before
    assert ask(town, "commit", inside, "west editor").status_code == 200
    # What lies outside is not moved in, and not closed by a list of what is inside.
    town.post("/v1/facilities", json=nursery("east", 15, 5))
    moving = done(
        town, upload(town, collection(nursery("east")), role="west editor"), "west editor"
    )
    assert_problem(ask(town, "commit", moving, "west editor"), 403, "forbidden")
    complete = done(
        town,
        upload(town, collection(nursery(1)), role="west editor", complete="true"),
        "west editor",
    )
    assert "neast" not in complete["report"]["diff"]["gone_ids"]
    # One scoped to an area sees its own imports; the others see all.
    others = done(town, upload(town, collection(nursery(9))))
    assert town.get(f"/v1/imports/{others['id']}", role="west editor").status_code == 404
    assert ask(town, "commit", others, "west editor").status_code == 404
    assert town.get(f"/v1/imports/{inside['id']}").status_code == 200
    assert ask(town, "undo", inside, "west editor").status_code == 200
    remove(town, "neast")


def test_imports_are_listed_newest_first_in_pages(town):
    made = [done(town, upload(town, collection(nursery(n))))["id"] for n in range(3)]
    page = town.get("/v1/imports?limit=2").json()
    assert [one["id"] for one in page["imports"]] == made[:0:-1]
    assert "report" not in page["imports"][0]
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    assert town.get(following).json()["imports"][0]["id"] == made[0]


def test_what_is_discarded_is_forgotten(town):
    found = done(town, upload(town, MIXED))
    path = f"/v1/imports/{found['id']}"
    assert town.ask("DELETE", path).status_code == 204
    assert town.ask("DELETE", path).status_code == 204
    assert town.get(path).json()["state"] == "discarded"
    assert town.get(path).json()["report"] == {}
    assert town.get(f"{path}/quarantine").status_code == 404
    assert_problem(ask(town, "commit", found), 409, "conflict")


@pytest.mark.usefixtures("clean")
def test_an_upload_nobody_stores_expires(town):
    old, kept = (done(town, upload(town, collection(nursery(n)))) for n in (1, 2))
    committed = done(town, upload(town, collection(nursery(3))))
    assert ask(town, "commit", committed).status_code == 200
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE data_import SET created_at = created_at - interval '169 hours' "
                "WHERE id = ANY(:ids)"
            ),
            {"ids": [old["id"], committed["id"]]},
        )
    assert town.get(f"/v1/imports/{old['id']}").json()["state"] == "previewed"
    town.ask("DELETE", f"/v1/imports/{done(town, upload(town, collection()))['id']}")

    path = f"/v1/imports/{old['id']}"
    for answer in (
        town.get(path),
        town.get(f"{path}/quarantine"),
        ask(town, "commit", old),
        ask(town, "undo", old),
        town.ask("DELETE", path),
    ):
        problem = assert_problem(answer, 410, "gone")
        assert "was not stored in time and has expired; upload the file again" in problem["detail"]
    states = {one["id"]: one["state"] for one in town.get("/v1/imports").json()["imports"]}
    assert (states[old["id"]], states[kept["id"]]) == ("expired", "previewed")
    assert states[committed["id"]] == "committed"
    with engine.connect() as connection:
        left = connection.execute(
            text("SELECT accepted, report FROM data_import WHERE id = :id"), {"id": old["id"]}
        ).one()
    assert tuple(left) == (None, None)
    engine.dispose()


def test_a_file_nobody_reads_any_more_has_failed(town):
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO data_import (id, kind, file, state, created_by, request) "
                "VALUES ('00000000000000aa', 'facilities', 'x.csv', 'reading', 'x', '{}')"
            )
        )
    engine.dispose()
    found = town.get("/v1/imports/00000000000000aa").json()
    assert found["state"] == "failed"
    assert "the service ended while it read the file" in found["report"]["failed"]
    assert_problem(ask(town, "commit", found), 409, "conflict")
    assert town.ask("DELETE", "/v1/imports/00000000000000aa").status_code == 204
