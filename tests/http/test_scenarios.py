"""What if: quick answers that agree with evaluating the changed data; kept, shared, ended."""

from __future__ import annotations

import json
import random
from contextlib import ExitStack
from types import SimpleNamespace

import httpx2
import pytest
from served_town import block, collection, feature, place, point, serving

from service.core import audit
from service.core.database import create_database_engine
from service.core.errors.server import UnavailableError
from service.evaluations.identity import code_version
from service.scenarios.baselines import BaselineCache
from service.scenarios.tables import SCENARIO

PACKS = ["jinhua-2022", "dali-2022"]
AS_OF = "2026-11-22"
CHILDCARE = {"kind": "nursery", "floor_area_m2": 500, "places": 80}


def add(column, row, **properties):
    return {"action": "add", "facility": feature(point(column, row), **properties)}


def move(key, column, row):
    return {"action": "move", "id": key, "geometry": point(column, row)}


def close(key, **more):
    return {"action": "close", "id": key, **more}


def change(key, **properties):
    return {"action": "change", "id": key, "properties": properties}


@pytest.fixture(scope="module")
def evaluate(town):
    def run(**more):
        answer = town.post("/v1/evaluations", json={"packs": PACKS, "as_of": AS_OF, **more})
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()["id"]

    return run


@pytest.fixture(scope="module")
def base(town, evaluate):
    town.post(
        "/v1/facilities",
        json=collection(
            feature(
                point(5, 2),
                id="gated",
                kind="nursery",
                status="operating",
                floor_area_m2=90,
                entrances={"type": "MultiPoint", "coordinates": [place(5.5, 2), place(5, 2.5)]},
            )
        ),
    )
    return evaluate()


def ask(town, base, changes, role="viewer", **options):
    body = {"base_evaluation": base, "changes": changes}
    return town.post("/v1/scenarios?dry_run=true", role=role, json=body, **options)


def as_after(town, run):
    """What an evaluation of its own says: flags, findings by rule, and each district."""
    summary = town.get(f"/v1/evaluations/{run}/summary").json()
    page = town.get(f"/v1/evaluations/{run}/districts?limit=1000").json()
    districts = {one["id"]: one["properties"] for one in page["features"]}
    return summary, districts


def apply(town, changes):
    """Do for good, through the API, what a scenario only asks about; returns how to undo it."""
    any_version = {"If-Match": "*"}
    before = town.get("/v1/facilities?limit=1000").json()
    for number, one in enumerate(changes, start=1):
        if one["action"] == "add":
            body = json.loads(json.dumps(one["facility"]))
            body["properties"].setdefault("id", f"scenario-{number}")
            if not {"status", "opened_on", "closed_on"} & body["properties"].keys():
                body["properties"]["status"] = "operating"
            answer = town.post("/v1/facilities", json=body)
            assert answer.status_code == 201, answer.text
            continue
        patch = {
            "move": lambda one: {
                "geometry": one["geometry"],
                "properties": {"entrances": None},
            },
            "close": lambda one: {
                "properties": {"closed_on": one.get("on", AS_OF), "status": "closed"}
            },
            "change": lambda one: {"properties": one["properties"]},
        }[one["action"]](one)
        answer = town.ask("PATCH", f"/v1/facilities/{one['id']}", json=patch, headers=any_version)
        assert answer.status_code == 200, answer.text

    def undo():
        kept = {one["id"] for one in before["features"]}
        for one in town.get("/v1/facilities?limit=1000").json()["features"]:
            if one["id"] not in kept:
                path = f"/v1/facilities/{one['id']}?on=2020-01-01"
                answer = town.ask("DELETE", path, headers=any_version)
                assert answer.status_code == 204, answer.text
        for one in before["features"]:
            body = {name: one[name] for name in ("type", "geometry", "properties")}
            path = f"/v1/facilities/{one['id']}"
            answer = town.ask("PUT", path, json=body, headers=any_version)
            assert answer.status_code == 200, answer.text

    return undo


SCENARIOS = {
    "one more": [add(17, 3, **CHILDCARE)],
    "one less": [close("nursery-1")],
    "elsewhere": [move("gated", 16, 3), move("day-1", 17, 2)],
    "larger": [change("nursery-1", floor_area_m2=12.5, places=1)],
    "all at once, one twice": [
        add(18, 2, id="new", kind="complex", beds=20),
        move("nursery-1", 12, 4),
        close("day-1", on="2026-01-01"),
        change("nursery-1", floor_area_m2=None, name="旧园"),
        add(6.5, 3.5, kind="care_home", status="approved", beds=3),
        change("gated", entrances=None),
    ],
    "closed tomorrow is not closed": [change("nursery-1", closed_on="2026-11-23")],
    "nothing": [],
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_finds_what_evaluating_the_changed_data_finds(town, base, evaluate, name):
    agree(town, base, evaluate, SCENARIOS[name])


def test_random_scenarios_find_it_too(town, base, evaluate):
    draw = random.Random(20261126)  # noqa: S311  the same scenarios every time
    kinds = ("nursery", "day_care", "care_home", "complex", "community_childcare")
    keys = ("nursery-1", "day-1", "gated")
    for _ in range(4):
        changes = []
        for _ in range(draw.randint(2, 6)):
            column, row = round(draw.uniform(0, 19), 3), round(draw.uniform(0, 9), 3)
            size = draw.choice([None, 30, 250.25])
            changes.append(
                draw.choice(
                    [
                        add(column, row, kind=draw.choice(kinds), floor_area_m2=size),
                        move(draw.choice(keys), column, row),
                        change(draw.choice(keys), floor_area_m2=size, beds=draw.randint(0, 9)),
                    ]
                )
            )
        agree(town, base, evaluate, changes)


def agree(town, base, evaluate, changes):
    answer = ask(town, base, changes)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    was, districts_before = as_after(town, base)
    undo = apply(town, changes)
    try:
        now, districts_after = as_after(town, evaluate())
    finally:
        undo()
    assert found["before"]["flags"] == was["flags"]
    assert found["before"]["rules"] == was["rules"]
    assert found["after"]["flags"] == now["flags"]
    assert found["after"]["rules"] == now["rules"]
    for when, districts in (("before", districts_before), ("after", districts_after)):
        concerned = sum(one["households_concerned"] or 0 for one in districts.values())
        assert found[when]["households_concerned"] == concerned
    shown = {one["id"]: one for one in found["districts"]}
    ranks_moved = 0
    for key, after in districts_after.items():
        before = districts_before[key]
        ranks_moved += before["rank"] != after["rank"]
        if key not in shown:
            # Other texts of findings may differ: who is nearest, by name.
            for name in ("flag", "households_concerned"):
                assert before[name] == after[name], key
            verdicts = [
                [(f["rule"], f["verdict"], f["value"], f["deficit"]) for f in one["findings"]]
                for one in (before, after)
            ]
            assert verdicts[0] == verdicts[1], key
            continue
        one = shown[key]
        for name in ("flag", "rank", "households_concerned", "reasons"):
            assert one[f"{name}_before"] == before[name], (key, name)
            assert one[f"{name}_after"] == after[name], (key, name)
        of_rule = {(f["pack"], f["rule"]): f for f in one["findings"]}
        assert of_rule or before["flag"] != after["flag"]
        for finding_before, finding_after in zip(
            before["findings"], after["findings"], strict=True
        ):
            pack = finding_before["rule"].split(".")[0] + "-2022"
            differs = of_rule.get((pack, finding_before["rule"]))
            if differs is None:
                assert finding_before["verdict"] == finding_after["verdict"]
                assert finding_before["value"] == finding_after["value"]
            else:
                assert differs["verdict_before"] == finding_before["verdict"]
                assert differs["verdict_after"] == finding_after["verdict"]
                if "value_after" in differs:
                    assert differs["value_after"] == pytest.approx(finding_after["value"])
    assert found["ranks_moved"] == ranks_moved
    assert [one["rank_after"] for one in found["districts"]] == sorted(
        one["rank_after"] for one in found["districts"]
    )
    if changes:
        assert found["changes"] == len(changes)
    else:
        assert found["districts"] == []


def test_a_scenario_of_one_area_rests_on_its_evaluation(town, evaluate, base, check_problem):
    assert base
    west = evaluate(area="420101001001")
    everything = ask(town, base, [], role="west viewer")
    assert check_problem(everything, 400)["errors"][0]["pointer"] == "/base_evaluation"
    changes = [close("nursery-1"), close("gated")]
    found = ask(town, west, changes, role="west viewer").json()
    assert {one["id"] for one in found["districts"]} >= {"west-2", "west-4", "west-6"}
    assert all(one["id"].startswith(("west", "unknown")) for one in found["districts"])
    undo = apply(town, changes)
    try:
        now, _ = as_after(town, evaluate(area="420101001001"))
    finally:
        undo()
    assert found["after"]["flags"] == now["flags"]
    # Neither beyond the areas of the key, nor what lies there.
    town.post(
        "/v1/facilities",
        json=feature(point(11, 2), id="in-east", kind="nursery", status="operating"),
    )
    again = evaluate(area="420101001001")
    assert ask(town, again, [close("in-east")]).status_code == 200
    hidden = ask(town, again, [close("in-east")], role="west viewer")
    assert check_problem(hidden, 400)["errors"][0]["pointer"] == "/changes/0/id"
    outside = ask(town, again, [add(3, 3, **CHILDCARE), move("day-1", 12, 3)], role="west viewer")
    assert check_problem(outside, 403)["errors"][0]["pointer"] == "/changes/1"
    path = "/v1/facilities/in-east?on=2020-01-01"
    assert town.ask("DELETE", path, headers={"If-Match": "*"}).status_code == 204


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({}, "/changes"),
        ([5], "/changes/0"),
        ([{}], "/changes/0/action"),
        ([{"action": "burn"}], "/changes/0/action"),
        ([{"action": ["add"]}], "/changes/0/action"),
        ([{"action": "add"}], "/changes/0/facility"),
        ([{"action": "add", "facility": 5}], "/changes/0/facility"),
        ([{"action": "add", "facility": {"properties": 5}}], "/changes/0/facility/properties"),
        ([add(1, 1)], "/changes/0/facility/properties/kind"),
        ([add(1, 1, kind="palace")], "/changes/0/facility/properties/kind"),
        ([add(1, 1, kind="nursery", beds=-1)], "/changes/0/facility/properties/beds"),
        ([add(1, 1, kind="nursery", bads=1)], "/changes/0/facility/properties/bads"),
        ([add(1, 1, kind="nursery", id="day-1")], "/changes/0/facility/properties/id"),
        ([{"action": "add", "facility": feature(None, kind="nursery")}],
         "/changes/0/facility/geometry"),
        ([{"action": "add", "facility": feature(block(1, 1), kind="x")}, close("no")],
         "/changes/1/id"),
        ([move("no", 1, 1)], "/changes/0/id"),
        ([{"action": "move", "id": 5, "geometry": point(1, 1)}], "/changes/0/id"),
        ([{"action": "move", "id": "day-1"}], "/changes/0/geometry"),
        ([{"action": "move", "id": "day-1", "geometry": None}], "/changes/0/geometry"),
        ([{"action": "move", "id": "day-1", "geometry": {"type": "Point", "coordinates": [1]}}],
         "/changes/0/geometry"),
        ([{"action": "move", "id": "day-1", "geometry": point(100000, 1)}],
         "/changes/0/geometry"),
        ([close("day-1"), close("day-1", on="2026-11-23")], "/changes/1/on"),
        ([close("day-1", on="yesterday")], "/changes/0/on"),
        ([close("day-1", on=5)], "/changes/0/on"),
        ([close("day-1", more=5)], "/changes/0/more"),
        ([change("day-1", beds="many"), move("day-1", 1, 1)], "/changes/0/properties/beds"),
        ([change("day-1", id="other")], "/changes/0/properties/id"),
        ([change("day-1", kind=None)], "/changes/0/properties/kind"),
        ([{"action": "change", "id": "day-1", "properties": []}], "/changes/0/properties"),
    ],
)  # fmt: skip
def test_bad_changes_are_named(town, base, check_problem, changes, pointer):
    problem = check_problem(ask(town, base, changes), 400, "invalid-body")
    assert pointer in [error.get("pointer") for error in problem["errors"]], problem


def test_the_body_is_checked(town, base, check_problem):
    for body, pointer in (
        ([], ""),
        ({"changes": []}, "/base_evaluation"),
        ({"base_evaluation": "0" * 32, "changes": []}, "/base_evaluation"),
        ({"base_evaluation": base}, "/changes"),
        ({"base_evaluation": base, "changes": [], "name": " "}, "/name"),
        ({"base_evaluation": base, "changes": [], "more": 1}, "/more"),
        ({"base_evaluation": base, "changes": [close("day-1")] * 501}, "/changes"),
    ):
        answer = town.post("/v1/scenarios?dry_run=true", json=body)
        assert check_problem(answer, 400)["errors"][0]["pointer"] == pointer
    answer = town.post("/v1/scenarios", json={"base_evaluation": base, "changes": []})
    assert check_problem(answer, 400)["errors"][0]["pointer"] == "/name"
    answer = town.post(
        "/v1/scenarios", role="viewer", json={"base_evaluation": base, "changes": []}
    )
    check_problem(answer, 403, "forbidden")


def test_a_scenario_is_kept_shared_replaced_and_ended(town, base, check_problem):
    body = {
        "name": "东边建一所",
        "base_evaluation": base,
        "changes": [add(17, 3, **CHILDCARE), change("day-1", floor_area_m2=12.5)],
    }
    made = town.post("/v1/scenarios", json=body)
    assert made.status_code == 201, made.text
    path = made.headers["location"]
    assert made.headers["etag"] == '"1"'
    dry = ask(town, base, body["changes"]).json()
    read = town.get(path, role="viewer")
    assert read.headers["etag"] == '"1"'
    document = read.json()
    assert document["changes"] == body["changes"]
    assert document["not_worked_out"] is None
    for one in (document, made.json()):
        assert without_seconds(one["result"]) == without_seconds(dry)
    listed = town.get("/v1/scenarios", role="viewer").json()["scenarios"]
    assert [(one["name"], one["version"], one["changes"]) for one in listed] == [
        ("东边建一所", 1, 2)
    ]
    # Somebody whose areas the evaluation goes beyond does not see it.
    assert town.get("/v1/scenarios", role="west viewer").json() == {"scenarios": []}
    check_problem(town.get(path, role="west viewer"), 404)
    check_problem(town.ask("PUT", path, json=body), 428)
    check_problem(town.ask("PUT", path, json=body, headers={"If-Match": '"2"'}), 412)
    check_problem(town.ask("PUT", path, json=body, role="viewer", headers={"If-Match": "*"}), 403)
    changed = {**body, "name": "改", "changes": body["changes"][:1]}
    answer = town.ask("PUT", path, json=changed, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == '"2"'
    assert town.get(path).json()["name"] == "改"
    assert town.get(f"/v1/scenarios?base_evaluation={'0' * 32}").json() == {"scenarios": []}
    check_problem(town.ask("DELETE", path, headers={"If-Match": '"1"'}), 412)
    assert town.ask("DELETE", path, headers={"If-Match": '"2"'}).status_code == 204
    check_problem(town.get(path), 404)
    check_problem(town.ask("DELETE", path, headers={"If-Match": "*"}), 404)
    assert town.get("/v1/scenarios").json() == {"scenarios": []}
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with engine.connect() as connection:
        rows = connection.execute(
            SCENARIO.select().order_by(SCENARIO.c.version).with_only_columns(
                SCENARIO.c.name, SCENARIO.c.closed
            )
        ).all()  # fmt: skip
        assert rows == [("东边建一所", False), ("改", False), ("改", True)]
        assert audit.verify(connection) is None
    engine.dispose()


def test_what_can_no_longer_be_worked_out_stays_readable(town, base, check_problem):
    body = {"name": "旧", "base_evaluation": base, "changes": [close("day-1")]}
    made = town.post("/v1/scenarios", json=body)
    engine = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with engine.begin() as connection:
        before = connection.exec_driver_sql(
            "SELECT code_version FROM evaluation WHERE id = %s", (base,)
        ).scalar()
        set_version = "UPDATE evaluation SET code_version = %s WHERE id = %s"
        connection.exec_driver_sql(set_version, ("0+old", base))
    try:
        document = town.get(made.headers["location"]).json()
        assert document["result"] is None
        assert "another version" in document["not_worked_out"]
        check_problem(ask(town, base, []), 409, "conflict")
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(set_version, (before, base))
        engine.dispose()


def test_few_baselines_are_kept_and_all_can_be_asked(town, make_settings, base, evaluate):
    others = [evaluate(area=code) for code in ("420101001001", "420101001002")]
    settings = make_settings(scenario={"max_baselines": 1})
    headers = {"X-API-Key": town.keys["viewer"]}
    with serving(settings) as address, httpx2.Client(base_url=address, timeout=60) as client:
        for run in [base, *others, base]:
            body = {"base_evaluation": run, "changes": [add(3, 3, **CHILDCARE)]}
            answer = client.post("/v1/scenarios?dry_run=true", json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            assert answer.json()["base_evaluation"] == run


def without_seconds(result):
    return {name: value for name, value in result.items() if name != "seconds"}


def test_no_more_than_some_ask_at_once(monkeypatch):
    monkeypatch.setattr("service.scenarios.baselines._prepared", lambda *_: object())
    cache = BaselineCache(most=1)
    runs = [SimpleNamespace(id=str(n), code_version=code_version()) for n in range(9)]
    with ExitStack() as asking:
        for run in runs[:8]:
            asking.enter_context(cache.using(run, lambda: ()))
        with pytest.raises(UnavailableError, match="try again"), cache.using(runs[8], lambda: ()):
            pass
    with cache.using(runs[8], lambda: ()):
        pass
