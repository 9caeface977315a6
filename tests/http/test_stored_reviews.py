"""Stored reviews over HTTP: frozen, made again, overridden, signed, in batches."""

from __future__ import annotations

import copy
import json

import pytest
from served_project import found, project
from served_town import block, point
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from service.core import audit
from service.core.database import create_database_engine
from service.core.keys import create_key

FOUR = "jinhua-2022,dali-2022,guizhou-2022,panzhihua-2020"
URL = "/v1/reviews?as_of=2026-11-22&stage=design"
JINHUA = f"{URL}&pack=jinhua-2022"


def inside(project_id="s", **members):
    """A project in the region of Jinhua."""
    return project(project_id, area="330702", **members)


@pytest.fixture(scope="module")
def officers(town):
    """The town, and two more reviewers of it."""
    owner = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with owner.begin() as connection:
        for name in ("甲", "乙"):
            town.keys[name] = create_key(connection, role="reviewer", name=name)
        # Another key of the first one, under another name.
        town.keys["甲's other"] = create_key(
            connection, role="reviewer", name="规划科一号机", person="甲 "
        )
    owner.dispose()
    return town


@pytest.fixture
def look(town):
    """Read the database as its owner."""
    owner = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with owner.connect() as connection:
        yield connection
    owner.dispose()


def store(town, body, query=JINHUA, role="甲"):
    answer = town.post(query, json=body, role=role)
    assert answer.status_code == 201, answer.text
    return answer


def test_a_review_is_stored_as_it_was_answered(officers, look):
    checked = officers.post(f"{JINHUA}&dry_run=true", json=inside(), role="甲").json()
    answer = store(officers, inside())
    shown = answer.json()
    assert answer.headers["location"] == f"/v1/reviews/{shown['id']}"
    assert (shown["state"], shown["verdict"], shown["signature"]) == ("draft", "pass", None)
    assert shown["effective"]["verdict"] == "pass"
    for name in ("stage", "as_of", "packs", "assumptions", "strictest", "network"):
        assert shown[name] == checked[name], name
    for number, (stored, said) in enumerate(
        zip(shown["findings"], checked["findings"], strict=True)
    ):
        assert stored == {"number": number, **said}
    assert officers.get(answer.headers["location"], role="viewer").json() == shown
    english = officers.get(
        answer.headers["location"], role="viewer", headers={"Accept-Language": "en"}
    ).json()
    assert english["hash"] == shown["hash"]
    assert (
        found(english, "jinhua.childcare.radius")["reason"]
        != (found(shown, "jinhua.childcare.radius")["reason"])
    )
    action, actor, detail = look.execute(
        text("SELECT action, actor, detail FROM audit WHERE target = :it"),
        {"it": f"reviews/{shown['id']}"},
    ).one()
    assert (action, detail["hash"], detail["verdict"]) == ("review", shown["hash"], "pass")
    assert actor == shown["made_by"]["key"]
    frozen = officers.get(f"{answer.headers['location']}/inputs", role="viewer").json()
    assert frozen["project"] == inside()
    assert frozen["packs"] == [{"id": "jinhua-2022", "version": shown["packs"][0]["version"]}]
    assert frozen["around"]["facilities"]["versions"]["nursery-1"] == 1
    assert frozen["network"] == shown["network"]


def test_the_hash_is_of_the_content_alone(officers):
    first, again = (store(officers, inside("h")).json() for _ in range(2))
    assert first["id"] < again["id"]
    assert first["hash"] == again["hash"]
    # The order of members and the way a number is written say nothing.
    turned = dict(reversed(inside("h").items()))
    turned["facilities"] = copy.deepcopy(turned["facilities"])
    turned["facilities"][0]["floor_area_m2"] = 200.0
    assert store(officers, turned).json()["hash"] == first["hash"]
    other = store(officers, inside("h", units=1001)).json()
    assert other["hash"] != first["hash"]


def test_a_stored_project_is_reviewed_by_its_identifier(officers, check_problem):
    document = inside("kept")
    feature = {"type": "Feature", "geometry": None, "properties": {"document": document}}
    assert officers.post("/v1/projects", json=feature).status_code == 201
    shown = store(officers, {"project": {"id": "kept"}}).json()
    assert (shown["project"]["id"], shown["project"]["version"]) == ("kept", 1)
    inline = store(officers, {"project": document}).json()
    assert inline["project"]["version"] is None
    assert inline["hash"] == shown["hash"]
    missing = officers.post(JINHUA, json={"project": {"id": "none"}}, role="甲")
    problem = check_problem(missing, 400, "invalid-body")
    assert problem["errors"][0]["pointer"] == "/project/id"
    changed = officers.ask(
        "PATCH",
        "/v1/projects/kept",
        json={"properties": {"document": {"name": "改名"}}},
        headers={"If-Match": '"1"'},
    )
    assert changed.status_code == 200
    replayed = officers.post(f"/v1/reviews/{shown['id']}/replay", role="甲").json()
    assert replayed["same"]
    assert {"layer": "projects", "id": "kept", "change": "changed"}.items() <= (
        replayed["since"][0].items()
    )


def test_reviews_are_listed_the_newest_first(officers, check_problem):
    ids = [store(officers, inside("list", units=units)).json()["id"] for units in (900, 1334)]
    listed = officers.get("/v1/reviews?project=list&limit=1", role="viewer").json()
    assert [one["id"] for one in listed["reviews"]] == [ids[1]]
    assert listed["numberMatched"] == 2
    (following,) = [link["href"] for link in listed["links"] if link["rel"] == "next"]
    older = officers.get(following, role="viewer").json()
    assert [one["id"] for one in older["reviews"]] == [ids[0]]
    refused = officers.get("/v1/reviews?project=list&verdict=not_pass&stage=design&state=draft")
    assert [one["id"] for one in refused.json()["reviews"]] == [ids[1]]
    assert officers.get("/v1/reviews?project=list&state=signed").json()["reviews"] == []
    check_problem(officers.get("/v1/reviews?verdict=met"), 400, "invalid-parameter")
    check_problem(officers.get("/v1/reviews/none"), 404)


def test_outside_a_region_only_an_illustration_is_stored(officers, check_problem):
    for body, words in (
        (project("o", area="420106"), "420106 is outside the region of jinhua-2022"),
        (project("o"), "is missing"),
    ):
        problem = check_problem(officers.post(JINHUA, json=body, role="甲"), 400, "invalid-body")
        assert problem["errors"][0]["pointer"] == "/area"
        assert words in problem["errors"][0]["detail"]
    away = project("o", area="420106")
    shown = store(officers, away, f"{JINHUA}&illustration=true").json()
    assert shown["illustration"]
    signing = officers.post(
        f"/v1/reviews/{shown['id']}/signature", json={"name": "乙", "overrides": 0}, role="乙"
    )
    check_problem(signing, 409, "conflict")


def test_four_packs_side_by_side_are_stored(officers):
    query = f"{URL}&pack={FOUR}&illustration=true"
    shown = store(officers, inside("four"), query).json()
    checked = officers.post(f"{query}&dry_run=true", json=inside("four"), role="甲").json()
    assert [pack["id"] for pack in shown["packs"]] == FOUR.split(",")
    assert shown["packs"] == checked["packs"]
    assert shown["strictest"] == checked["strictest"]
    assert shown["verdict"] == shown["packs"][0]["verdict"], "only that of the region binds"
    assert officers.post(f"/v1/reviews/{shown['id']}/replay", role="乙").json()["same"]


def test_a_change_of_the_data_is_told_and_changes_nothing(officers):
    """The nursery a block from the project is moved away: the frozen review still counts on it."""
    nursery = {
        "type": "Feature",
        "geometry": point(5.5, 8.5),
        "properties": {"id": "moving", "kind": "nursery", "status": "operating"},
    }
    assert officers.post("/v1/facilities", json=nursery).status_code == 201
    body = project("m", area="330702", column=5, facilities=[])
    body["site"] = block(5, 8)
    made = store(officers, body, f"{JINHUA}&neighbours=true").json()
    before = officers.get(f"/v1/reviews/{made['id']}", role="viewer").json()
    untouched = officers.post(f"/v1/reviews/{made['id']}/replay", role="乙").json()
    assert (untouched["same"], untouched["since"]) == (True, [])
    assert untouched["today"] == {"verdict": made["verdict"], "differing": []}

    moved = officers.ask(
        "PATCH",
        "/v1/facilities/moving",
        json={"geometry": point(18.5, 18.5)},
        headers={"If-Match": '"1"'},
    )
    assert moved.status_code == 200
    replayed = officers.post(f"/v1/reviews/{made['id']}/replay", role="乙").json()
    assert replayed["same"]
    assert replayed["intact"]
    assert replayed["hash"] == {"stored": made["hash"], "replayed": made["hash"]}
    assert replayed["findings"] == {"compared": len(made["findings"]), "differing": []}
    assert replayed["since"] == [
        {
            "layer": "facilities",
            "id": "moving",
            "change": "changed",
            "from_version": 1,
            "to_version": 2,
            "fields": ["geometry"],
        }
    ]
    (radius,) = [
        one for one in replayed["today"]["differing"] if one["rule"] == "jinhua.childcare.radius"
    ]
    assert radius["stored"]["verdict"] == "met"
    assert radius["replayed"]["value"] > radius["stored"]["value"]
    assert officers.get(f"/v1/reviews/{made['id']}", role="viewer").json() == before


def test_a_review_tampered_with_is_found_out(officers):
    made = store(officers, inside("t")).json()
    owner = create_database_engine(officers.settings.database.owner_url.get_secret_value())
    with owner.begin() as connection:
        connection.execute(
            text("""UPDATE review SET result = jsonb_set(result, '{zh,verdict}', '"not_pass"')
                    WHERE id = :id"""),
            {"id": made["id"]},
        )
    owner.dispose()
    replayed = officers.post(f"/v1/reviews/{made['id']}/replay", role="乙").json()
    assert (replayed["same"], replayed["intact"]) == (False, False)
    assert replayed["hash"]["replayed"] == made["hash"]


def test_rows_changed_behind_the_history_are_found_out(officers, check_problem):
    made = store(officers, inside("u")).json()
    owner = create_database_engine(officers.settings.database.owner_url.get_secret_value())
    rename = text("UPDATE facility SET floor_area_m2 = :area WHERE id = 'nursery-1'")
    with owner.begin() as connection:
        (area,) = connection.execute(
            text("SELECT floor_area_m2 FROM facility WHERE id = 'nursery-1'")
        ).one()
        connection.execute(rename, {"area": 1})
    problem = check_problem(
        officers.post(f"/v1/reviews/{made['id']}/replay", role="乙"), 409, "conflict"
    )
    assert "facilities: the rows the review rested on" in problem["detail"]
    with owner.begin() as connection:
        connection.execute(rename, {"area": area})
    owner.dispose()
    assert officers.post(f"/v1/reviews/{made['id']}/replay", role="乙").json()["same"]


def test_an_officer_overrides_and_a_second_person_signs(officers, check_problem, look):
    made = store(officers, inside("v", units=1334), role="甲").json()
    where = f"/v1/reviews/{made['id']}"
    area = found(made, "jinhua.childcare.area.new")
    assert (made["verdict"], area["verdict"]) == ("not_pass", "not_met")
    said = {"finding": area["number"], "verdict": "met", "reason": "实测面积201㎡", "name": "王某"}
    for bad, place in (
        ({**said, "reason": "  "}, "/reason"),
        ({**said, "finding": 99}, "/finding"),
        ({**said, "finding": -1}, "/finding"),
        ({**said, "verdict": "pass"}, "/verdict"),
        ({name: said[name] for name in said if name != "name"}, "/name"),
        ({**said, "x": 1}, "/x"),
    ):
        answer = officers.post(f"{where}/overrides", json=bad, role="甲")
        problem = check_problem(answer, 400, "invalid-body")
        assert problem["errors"][0]["pointer"] == place
    shown = officers.post(f"{where}/overrides", json=said, role="甲")
    assert shown.status_code == 201, shown.text
    document = shown.json()
    assert document["verdict"] == "not_pass", "what was computed stays"
    assert document["effective"]["verdict"] == "pass"
    over = found(document, "jinhua.childcare.area.new")
    assert (over["verdict"], over["effective_verdict"]) == ("not_met", "met")
    (told,) = document["overrides"]
    assert (told["computed"], told["verdict"], told["reason"], told["name"]) == (
        "not_met", "met", "实测面积201㎡", "王某",
    )  # fmt: skip
    assert document["hash"] == made["hash"]
    listed = officers.get("/v1/reviews?project=v&verdict=pass").json()["reviews"]
    assert [one["effective_verdict"] for one in listed] == ["pass"]

    sign = f"{where}/signature"
    check_problem(officers.post(sign, json={"name": "甲", "overrides": 1}, role="editor"), 403)
    check_problem(
        officers.post(sign, json={"name": "赵某", "overrides": 1}, role="甲"), 409, "conflict"
    )
    check_problem(
        officers.post(sign, json={"name": " 王 某", "overrides": 1}, role="乙"), 409, "conflict"
    )
    check_problem(
        officers.post(sign, json={"name": "", "overrides": 1}, role="乙"), 400, "invalid-body"
    )
    # With signs nobody sees it is the same name; and the names of keys count.
    for name in ("王\u200b某", "甲"):
        check_problem(
            officers.post(sign, json={"name": name, "overrides": 1}, role="乙"), 409, "conflict"
        )
    other = officers.post(sign, json={"name": "李某", "overrides": 1}, role="甲's other")
    assert "a second person" in check_problem(other, 409, "conflict")["detail"]
    unseen = officers.post(sign, json={"name": "李某", "overrides": 0}, role="乙")
    assert check_problem(unseen, 409, "conflict")["errors"][0]["pointer"] == "/overrides"
    check_problem(officers.post(sign, json={"name": "李某"}, role="乙"), 400, "invalid-body")
    signed = officers.post(sign, json={"name": "李某", "overrides": 1}, role="乙")
    assert signed.status_code == 201, signed.text
    assert signed.json()["state"] == "signed"
    assert (signed.json()["signature"]["name"], signed.json()["signature"]["verdict"]) == (
        "李某", "pass",
    )  # fmt: skip
    check_problem(
        officers.post(sign, json={"name": "李某", "overrides": 1}, role="乙"), 409, "conflict"
    )
    check_problem(officers.post(f"{where}/overrides", json=said, role="甲"), 409, "conflict")
    assert officers.get(where).json() == signed.json()
    replayed = officers.post(f"{where}/replay", role="甲").json()
    assert replayed["same"], "what officers say is beside what was computed"
    actions = look.execute(
        text("SELECT action FROM audit WHERE target = :it ORDER BY sequence"),
        {"it": f"reviews/{made['id']}"},
    ).scalars()
    assert list(actions) == ["review", "override", "sign"]
    assert audit.verify(look) is None
    with pytest.raises(IntegrityError, match="is signed"):
        look.execute(
            text("""INSERT INTO review_override (review_id, number, finding, verdict, reason,
                    name, effective_verdict, given_by)
                    VALUES (:id, 2, 0, 'met', 'x', 'x', 'pass', 'owner')"""),
            {"id": made["id"]},
        )


def test_who_overrode_may_not_sign_what_another_made(officers, check_problem):
    made = store(officers, inside("w"), role="甲").json()
    where = f"/v1/reviews/{made['id']}"
    said = {"finding": 0, "verdict": "not_met", "reason": "现场不符", "name": "钱某"}
    assert officers.post(f"{where}/overrides", json=said, role="乙").status_code == 201
    answer = officers.post(f"{where}/signature", json={"name": "孙某", "overrides": 1}, role="乙")
    check_problem(answer, 409, "conflict")
    assert (
        officers.post(
            f"{where}/signature", json={"name": "孙某", "overrides": 1}, role="admin"
        ).status_code
        == 201
    )


def test_of_a_batch_the_good_ones_are_stored_where_asked(officers, check_problem):
    batch = {
        "projects": [
            inside("b1"),
            inside("b2", units=0),
            {"project": {"id": "none"}},
            project("b3", area="420106"),
            inside("b4", units=1334),
        ]
    }
    count = officers.get("/v1/reviews").json()["numberMatched"]
    problem = check_problem(officers.post(JINHUA, json=batch, role="甲"), 400, "invalid-body")
    assert [one["pointer"] for one in problem["errors"]] == [
        "/projects/1/phases/0/units",
        "/projects/2/project/id",
        "/projects/3/area",
    ]
    assert officers.get("/v1/reviews").json()["numberMatched"] == count
    kept = officers.post(f"{JINHUA}&partial=true", json=batch, role="甲")
    assert kept.status_code == 207, kept.text
    items = kept.json()["items"]
    assert [item["status"] for item in items] == [201, 400, 400, 400, 201]
    assert [item["id"] for item in items] == ["b1", "b2", "none", "b3", "b4"]
    for item in (items[0], items[4]):
        stored = officers.get(f"/v1/reviews/{item['review']['id']}").json()
        assert stored["project"]["id"] == item["id"]
        assert stored["verdict"] == item["review"]["verdict"]
    whole = officers.post(JINHUA, json={"projects": [inside("b5"), inside("b6")]}, role="甲")
    assert whole.status_code == 201
    assert [item["status"] for item in whole.json()["items"]] == [201, 201]


def test_roles_and_scope(officers, check_problem):
    check_problem(officers.post(JINHUA, json=inside(), role="viewer"), 403)
    west = store(officers, inside("west-p"), role="west editor").json()
    east = store(officers, inside("east-p", column=15), role="甲").json()
    seen = officers.get("/v1/reviews", role="west viewer").json()
    names = {one["project"]["id"] for one in seen["reviews"]}
    assert "west-p" in names
    assert "east-p" not in names
    assert officers.get(f"/v1/reviews/{west['id']}", role="west viewer").status_code == 200
    check_problem(officers.get(f"/v1/reviews/{east['id']}", role="west viewer"), 404)
    check_problem(officers.post(f"/v1/reviews/{east['id']}/replay", role="west editor"), 404)
    check_problem(officers.post(f"/v1/reviews/{west['id']}/replay", role="viewer"), 403)

    # Neighbours are districts: what looked at all of them is not for a key of some.
    asked = f"{JINHUA}&neighbours=true"
    wide = store(officers, inside("west-wide"), asked, "甲").json()
    near = store(officers, inside("west-near"), asked, "west editor").json()
    plain = store(officers, inside("west-plain"), role="甲").json()
    for one, status in ((wide, 404), (near, 200), (plain, 200)):
        for end in ("", "/inputs", "/report.xlsx"):
            path = f"/v1/reviews/{one['id']}{end}"
            assert officers.get(path, role="west viewer").status_code == status, path
            assert officers.get(path, role="viewer").status_code == 200, path


def test_a_scoped_key_replays_what_it_saw(officers):
    """The districts a scoped key may see are part of what was frozen, whoever replays it."""
    query = f"{JINHUA}&neighbours=true"
    made = store(officers, inside("scoped", removes=["nursery-1"]), query, "west editor").json()
    assert made["neighbours"]
    assert not any(one["district"].startswith("east") for one in made["neighbours"])
    replayed = officers.post(f"/v1/reviews/{made['id']}/replay", role="甲").json()
    assert replayed["same"]
    assert not [one for one in replayed["since"] if one["layer"] == "districts"]
    assert json.dumps(replayed["today"]["differing"]) == "[]"
