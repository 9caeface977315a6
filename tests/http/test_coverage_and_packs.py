"""What serves a place, and by which rules."""

from __future__ import annotations

import pytest
import shapely
from pyproj import Geod
from served_town import collection, feature, place, point

RULES = {"jinhua.childcare.radius", "jinhua.childcare.circle15"}

FOUR = ["dali-2022", "guizhou-2022", "jinhua-2022", "panzhihua-2020"]


def ask(town, column, row, **params):
    lon, lat = place(column, row)
    query = {"lon": lon, "lat": lat, "service": "childcare", "as_of": "2026-11-22"} | params
    return town.get("/v1/coverage", role="viewer", params=query)


def test_a_place_next_to_the_nursery_is_served(town):
    # Two blocks east and one north of it, on the street: 192 m and 111 m along the streets.
    answer = ask(town, 6, 3, pack="jinhua-2022")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    shown = answer.json()
    assert shown["geometry"] == {"type": "Point", "coordinates": place(6, 3)}
    assert shown["properties"]["as_of"] == "2026-11-22"
    rules = {rule["rule"]: rule for rule in shown["properties"]["rules"]}
    assert set(rules) == RULES
    for rule in rules.values():
        assert rule["verdict"] == "met"
        assert rule["straight"]["facility"]["id"] == "nursery-1"
        assert rule["walking"]["facility"]["geometry"]["type"] == "Point"
        assert rule["straight"]["metres"] == pytest.approx(221, abs=3)
        assert rule["walking"]["metres"] == pytest.approx(192 + 111, abs=3)
        assert rule["walking"]["minutes"] > 4
        assert rule["snap_m"] == pytest.approx(0, abs=0.01)
        assert all(rule[text] for text in ("clause", "quote", "reading", "reason"))


def test_a_place_far_from_everything_is_not(town):
    rules = ask(town, 300, 300).json()["properties"]["rules"]
    assert rules
    for rule in rules:
        assert rule["verdict"] != "met"
        assert rule["straight"] == {"metres": None, "facility": None}
        assert rule["walking"]["metres"] is None


def test_the_nearest_several_come_with_their_ways(town):
    body = collection(
        feature(point(8, 3), id="nursery-k", kind="nursery", status="operating"),
        feature(point(300, 2), id="nursery-far", kind="nursery", status="operating"),
    )
    assert town.post("/v1/facilities", json=body).status_code == 201
    try:
        plain = ask(town, 6, 3, pack="jinhua-2022").json()["properties"]["rules"]
        assert all("nearest" not in rule for rule in plain)
        rules = ask(town, 6, 3, pack="jinhua-2022", k=5).json()["properties"]["rules"]
        assert len(rules) == len(plain)
        for rule, before in zip(rules, plain, strict=True):
            assert {name: rule[name] for name in before} == before
            first, second = rule["nearest"]
            assert (first["facility"]["id"], second["facility"]["id"]) == ("nursery-k", "nursery-1")
            assert first["metres"] == pytest.approx(192, abs=2)
            assert second["metres"] == pytest.approx(192 + 111, abs=3)
            assert second["metres"] > second["straight_m"] > 200
            assert first["path"] is None
            assert first["metres"] == rule["walking"]["metres"]
            assert first["minutes"] == pytest.approx(rule["walking"]["minutes"], abs=0.01)
        rules = ask(town, 6.4, 3.1, pack="jinhua-2022", path="true").json()["properties"]["rules"]
        for rule in rules:
            (only,) = rule["nearest"]
            way = shapely.geometry.shape(only["path"])
            assert way.coords[0] == tuple(place(6.4, 3.1))
            assert way.coords[-1] == tuple(place(8, 3))
            # Shown coordinates are rounded to 11 mm.
            length = Geod(ellps="WGS84").geometry_length(way)
            assert length == pytest.approx(only["metres"], abs=0.05)
        nobody = ask(town, 400, 400, pack="jinhua-2022", k=2).json()["properties"]["rules"]
        assert all(rule["nearest"] == [] for rule in nobody)
    finally:
        for name in ("nursery-k", "nursery-far"):
            headers = {"If-Match": "*"}
            path = f"/v1/facilities/{name}?on=2020-01-01"
            town.ask("DELETE", path, role="editor", headers=headers)


def test_every_pack_in_use_answers_unless_one_is_named(town):
    elderly = ask(town, 4, 3, service="elderly").json()["properties"]
    assert elderly["packs"] == FOUR
    assert {rule["pack"] for rule in elderly["rules"]} == {"dali-2022", "guizhou-2022"}
    assert {rule["straight"]["facility"]["id"] for rule in elderly["rules"]} == {"day-1"}
    one = ask(town, 4, 3, service="elderly", pack="dali-2022").json()["properties"]
    assert {rule["pack"] for rule in one["rules"]} == {"dali-2022"}
    none = ask(town, 4, 3, service="elderly", pack="jinhua-2022").json()["properties"]
    assert none["rules"] == []


def test_texts_follow_the_reader(town):
    lon, lat = place(6, 3)
    path = f"/v1/coverage?lon={lon}&lat={lat}&service=childcare&pack=jinhua-2022"
    english = town.get(path, headers={"Accept-Language": "en"})
    assert english.headers["content-language"] == "en"
    assert "straight line" in english.json()["properties"]["rules"][0]["reason"]
    assert "直线" in town.get(path).json()["properties"]["rules"][0]["reason"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("lat=30.6&service=childcare", "lon"),
        ("lon=114.3&service=childcare", "lat"),
        ("lon=114.3&lat=30.6", "service"),
        ("lon=500&lat=30.6&service=childcare", "lon"),
        ("lon=114.3&lat=89.9&service=childcare", "lat"),
        ("lon=nan&lat=30.6&service=childcare", "lon"),
        ("lon=inf&lat=30.6&service=childcare", "lon"),
        ("lon=x&lat=30.6&service=childcare", "lon"),
        ("lon=&lat=30.6&service=childcare", "lon"),
        ("lon=114.3&lat=30.6&service=dentist", "service"),
        ("lon=114.3&lat=30.6&service=childcare&as_of=2026-13-45", "as_of"),
        ("lon=114.3&lat=30.6&service=childcare&as_of=0001-01-01", "as_of"),
        ("lon=114.3&lat=30.6&service=childcare&as_of=9999-12-31", "as_of"),
        ("lon=114.3&lat=30.6&service=childcare&as_of=1667865600", "as_of"),
        ("lon=114.3&lat=30.6&service=childcare&pack=atlantis", "pack"),
        ("lon=114.3&lat=30.6&service=childcare&pack=", "pack"),
        ("lon=114.3&lat=30.6&service=childcare&metres=500", "metres"),
        ("lon=114.3&lat=30.6&service=childcare&k=0", "k"),
        ("lon=114.3&lat=30.6&service=childcare&k=51", "k"),
        ("lon=114.3&lat=30.6&service=childcare&k=nan", "k"),
        ("lon=114.3&lat=30.6&service=childcare&path=maybe", "path"),
    ],
)
def test_a_question_that_means_nothing_is_refused(town, check_problem, query, parameter):
    problem = check_problem(town.get(f"/v1/coverage?{query}"), 400)
    assert parameter in [error["parameter"] for error in problem["errors"]]


def test_packs_name_their_documents(bare_town):
    packs = bare_town.get("/v1/packs", role="viewer").json()["packs"]
    assert [pack["id"] for pack in packs if not pack["background"]] == FOUR
    assert any(pack["background"] for pack in packs), "national standards, for the background"
    jinhua = bare_town.get("/v1/packs/jinhua-2022").json()
    assert jinhua in packs
    assert jinhua["document_no"] == "金政发〔2022〕29号"
    assert jinhua["effective_from"] == "2022-12-08"
    assert jinhua["effective_to"] is None


def test_rules_come_with_clause_quote_and_reading(bare_town):
    answer = bare_town.get("/v1/packs/jinhua-2022/rules", role="viewer")
    shown = answer.json()
    radius = next(r for r in shown["rules"] if r["id"] == "jinhua.childcare.radius")
    assert radius["quote"] == "婴幼儿照护服务设施的服务半径不宜大于300米"
    assert radius["clause"] == "三(一)1(1)¶2"
    assert radius["parameters"]["radius_m"] == 300
    assert "直线" in radius["reading"]
    assert "kindergarten_class" in radius["counts"]["kinds"]
    english = bare_town.get("/v1/packs/jinhua-2022/rules", headers={"Accept-Language": "en"})
    assert "geodesic" in english.json()["rules"][0]["reading"]
    assert english.headers["content-language"] == "en"


@pytest.mark.parametrize(
    "path", ["/v1/packs/atlantis", "/v1/packs/atlantis/rules", "/v1/packs/%00"]
)
def test_an_unknown_pack_is_not_found(bare_town, check_problem, path):
    check_problem(bare_town.get(path), 404, "not-found")
