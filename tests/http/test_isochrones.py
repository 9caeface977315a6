"""The ground within a walk of places, over HTTP."""

from __future__ import annotations

import pytest
import shapely
from served_town import collection, feature, place, point

from service.reach.dependencies import ProfileName
from spatial.profiles import PROFILES


def ask(town, column, row, *, role="viewer", **params):
    lon, lat = place(column, row)
    return town.get("/v1/isochrone", role=role, params={"lon": lon, "lat": lat, **params})


def ground(feature_):
    return shapely.geometry.shape(feature_["geometry"])


def test_one_limit_is_a_feature(town):
    answer = ask(town, 10, 10, minutes=5)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    shown = answer.json()
    assert shown["type"] == "Feature"
    told = shown["properties"]
    assert (told["status"], told["part"]) == ("ok", "ground")
    assert (told["minutes"], told["metres"], told["profile"]) == (5, 360, "adult")
    assert told["direction"] == "toward"
    # 288 m east along the street lies within 360 m; 480 m does not, nor 192 + 222 m round a corner.
    assert ground(shown).contains(shapely.Point(place(13, 10)))
    assert not ground(shown).contains(shapely.Point(place(15, 10)))
    assert not ground(shown).contains(shapely.Point(place(12, 12)))


def test_several_limits_are_a_collection_each_within_the_next(town):
    shown = ask(town, 10, 10, minutes="15,5,10", streets="true").json()
    assert shown["type"] == "FeatureCollection"
    limits = [(f["properties"]["minutes"], f["properties"]["part"]) for f in shown["features"]]
    assert limits == [(m, part) for m in (5, 10, 15) for part in ("ground", "streets")]
    small, _, middle, streets, large, _ = shown["features"]
    assert ground(small).area < ground(middle).area < ground(large).area
    assert ground(small).within(ground(middle).buffer(1e-6))
    assert ground(streets).length > 0
    assert ground(streets).within(ground(middle).buffer(1e-4))
    one = ask(town, 10, 10, metres="720").json()
    assert ground(one).equals(ground(middle))
    assert one["properties"]["minutes"] is None


def test_the_speed_is_the_profiles_or_a_free_one(town):
    slow = ask(town, 10, 10, minutes=5, profile="elderly").json()
    assert slow["properties"]["metres"] == pytest.approx(800 / 3)
    free = ask(town, 10, 10, minutes=5, speed="0.5").json()
    assert free["properties"]["metres"] == 150
    assert free["properties"]["speed_m_per_s"] == 0.5
    assert ground(free).area < ground(slow).area


def test_the_profiles_offered_are_the_profiles_there_are():
    assert [name.value for name in ProfileName] == list(PROFILES)


def test_it_agrees_with_the_distances_of_coverage(town):
    """What a nursery is reached from within 360 m on foot lies in its ground, and nothing else."""
    shape = ground(ask(town, 4, 2, minutes=5).json())
    for column, row in ((2, 3), (6, 3), (4, 5), (7, 2), (7.9, 2), (8.2, 2), (6, 5)):
        lon, lat = place(column, row)
        query = {"lon": lon, "lat": lat, "service": "childcare", "pack": "jinhua-2022"}
        (rule, *_) = town.get("/v1/coverage", params=query).json()["properties"]["rules"]
        metres = rule["walking"]["metres"]
        assert abs(metres - 360) > 5
        assert shape.contains(shapely.Point(lon, lat)) == (metres < 360), (column, row, metres)


@pytest.mark.parametrize(
    ("lon", "lat", "status"), [(-15.43, 28.12, "outside"), (114.285, 30.61, "off_network")]
)
def test_a_place_on_no_street_says_so(town, lon, lat, status):
    answer = town.get("/v1/isochrone", params={"lon": lon, "lat": lat, "minutes": "5,10"})
    assert answer.status_code == 200
    for shown in answer.json()["features"]:
        assert shown["geometry"] is None
        assert shown["properties"]["status"] == status
        assert shown["properties"]["detail"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("lat=30.6&minutes=5", "lon"),
        ("lon=114.3&minutes=5", "lat"),
        ("lon=114.3&lat=91&minutes=5", "lat"),
        ("lon=nan&lat=30.6&minutes=5", "lon"),
        ("lon=114.3&lat=30.6", "minutes"),
        ("lon=114.3&lat=30.6&minutes=0", "minutes"),
        ("lon=114.3&lat=30.6&minutes=-5", "minutes"),
        ("lon=114.3&lat=30.6&minutes=10000", "minutes"),
        ("lon=114.3&lat=30.6&minutes=NaN", "minutes"),
        ("lon=114.3&lat=30.6&minutes=five", "minutes"),
        ("lon=114.3&lat=30.6&minutes=5,,10", "minutes"),
        ("lon=114.3&lat=30.6&minutes=", "minutes"),
        ("lon=114.3&lat=30.6&minutes=5&metres=500", "minutes"),
        ("lon=114.3&lat=30.6&metres=5001", "metres"),
        ("lon=114.3&lat=30.6&metres=inf", "metres"),
        ("lon=114.3&lat=30.6&minutes=" + ",".join("5" * 21), "minutes"),
        ("lon=114.3&lat=30.6&minutes=5&profile=runner", "profile"),
        ("lon=114.3&lat=30.6&minutes=5&speed=0", "speed"),
        ("lon=114.3&lat=30.6&minutes=5&speed=NaN", "speed"),
        ("lon=114.3&lat=30.6&minutes=5&direction=up", "direction"),
        ("lon=114.3&lat=30.6&minutes=5&streets=perhaps", "streets"),
        ("lon=114.3&lat=30.6&minutes=5&radius=3", "radius"),
    ],
)
def test_a_question_that_means_nothing_is_refused(town, check_problem, query, parameter):
    problem = check_problem(town.get(f"/v1/isochrone?{query}", role="viewer"), 400)
    assert parameter in [error["parameter"] for error in problem["errors"]]


def test_many_origins_have_a_status_each(town):
    origins = collection(
        feature(point(10, 10), id="middle"),
        feature(None, id="none"),
        feature({"type": "Point", "coordinates": [114.3, 95]}, id="pole"),
        feature({"type": "Point", "coordinates": [-15.43, 28.12]}, id="abroad"),
        feature({"type": "MultiPoint", "coordinates": [place(2, 2), place(17, 17)]}),
        feature(
            {
                "type": "Polygon",
                "coordinates": [[place(0, 0), place(1, 1), place(1, 0), place(0, 1), place(0, 0)]],
            }
        ),
    )
    answer = town.post(
        "/v1/isochrones", role="viewer", json={"origins": origins, "minutes": [5, 10]}
    )
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert [(item["id"], item["status"]) for item in shown["items"]] == [
        ("middle", "ok"),
        ("none", "invalid_geometry"),
        ("pole", "invalid_geometry"),
        ("abroad", "outside"),
        ("4", "ok"),
        ("5", "invalid_geometry"),
    ]
    assert all(item["detail"] for item in shown["items"] if item["status"] != "ok")
    drawn = [(f["properties"]["index"], f["properties"]["minutes"]) for f in shown["features"]]
    assert drawn == [(0, 5), (0, 10), (4, 5), (4, 10)]
    alone = ask(town, 10, 10, minutes=5).json()
    assert ground(shown["features"][0]).equals(ground(alone))
    both = ground(shown["features"][2])
    assert both.contains(shapely.Point(place(2, 2)))
    assert both.contains(shapely.Point(place(17, 17)))
    assert not both.contains(shapely.Point(place(10, 10)))


def test_a_key_asks_within_its_areas_alone(town, check_problem):
    assert ask(town, 4, 2, minutes=5, role="west viewer").status_code == 200
    check_problem(ask(town, 17, 3, minutes=5, role="west viewer"), 403)
    origins = collection(feature(point(4, 2)), feature(point(17, 3)))
    body = {"origins": origins, "metres": [300]}
    items = town.post("/v1/isochrones", role="west viewer", json=body).json()["items"]
    assert [item["status"] for item in items] == ["ok", "forbidden"]


def test_more_origins_than_the_limit_are_refused(town, check_problem):
    body = {"origins": collection(*[feature(point(4, 2))] * 1001), "minutes": [5]}
    problem = check_problem(town.post("/v1/isochrones", json=body), 413, "too-many-origins")
    assert "1001 places are more than the 1000" in problem["detail"]
    assert "yike isochrone" in problem["detail"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"minutes": [0]}, "/minutes"),
        ({"minutes": [10_000]}, "/minutes"),
        ({"minutes": [5], "metres": [5]}, "/minutes"),
        ({}, "/minutes"),
        ({"minutes": 5}, "/minutes"),
        ({"minutes": [5], "streets": "yes"}, "/streets"),
        ({"minutes": [5], "origins": []}, "/origins"),
        ({"minutes": [5], "origins": {"type": "FeatureCollection"}}, "/origins/features"),
    ],
)
def test_a_batch_that_means_nothing_is_refused(town, check_problem, change, pointer):
    body = {"origins": collection(feature(point(4, 2))), **change}
    problem = check_problem(town.post("/v1/isochrones", json=body), 400)
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_seconds_lost_on_the_way_shorten_it(town):
    body = {"origins": collection(feature(point(4, 2))), "minutes": [5]}
    plain = town.post("/v1/isochrones", json=body).json()
    assert "penalties" not in plain
    losing = town.post("/v1/isochrones", json={**body, "penalties": {"crossing_seconds": 30}})
    assert losing.json()["penalties"]["crossing_seconds"] == "30"
    wrong = town.post("/v1/isochrones", json={**body, "penalties": {"crossing_seconds": -1}})
    assert wrong.status_code == 400
