"""Who is within reach of facilities, over HTTP."""

from __future__ import annotations

import pytest
from served_town import collection, feature, place, point

DAY = "2026-11-22"


def ask(town, facilities, *, role="viewer", **options):
    body = {"facilities": facilities, "as_of": DAY, **options}
    return town.post("/v1/catchments", json=body, role=role)


def figure(figures, measure, metres):
    (found,) = [f for f in figures if f["measure"] == measure and f["metres"] == metres]
    return found


def test_a_stored_facility_and_a_place_and_both_together(town):
    answer = ask(town, ["nursery-1"])
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["profile"] == "adult"
    assert shown["direction"] == "toward"
    assert shown["network"]
    (item,) = shown["items"]
    assert (item["id"], item["status"]) == ("nursery-1", "ok")
    assert item["snap_m"] == pytest.approx(0, abs=0.01)
    assert len(item["figures"]) == 3 + 3 + 3
    # The nursery stands at a corner of west-4 (104 households); west-2 (102) ends 96 m west of
    # it and west-6 (106) begins 192 m east: 273 m to its far edge, on foot farther.
    near = figure(item["figures"], "straight", 300)
    assert near["households"]["inside"] == 102 + 104 + 106
    assert near["districts_whole"] == near["districts"] == 3
    walked = figure(item["figures"], "walking", 300)["households"]
    assert 102 + 104 < walked["inside"] < 102 + 104 + 106
    wide = figure(item["figures"], "straight", 800)
    assert wide["households"]["inside"] is None, "the district without a number lies within"
    assert wide["households"]["at_least"] == 102 + 104 + 106
    assert wide["households"]["districts_without"] == 1
    assert figure(item["figures"], "walking", 360)["minutes"] == 5
    assert shown["union"] == item["figures"]
    assert shown["districts"] == 7
    assert shown["totals"]["households"] == {
        "known": 102 + 104 + 106 + 1016 + 1018 + 50,
        "districts_without": 1,
    }
    assert shown["notices"], "the districts say that they are synthetic"

    places = collection(
        feature(point(4, 2), id="same"), feature(point(17, 3), id="east"), feature(None, id="none")
    )
    two = ask(town, places).json()
    same, east, none = two["items"]
    assert same["figures"] == item["figures"]
    assert (none["status"], none["detail"]) == ("invalid_geometry", "has no geometry")
    for union, one, other in zip(two["union"], same["figures"], east["figures"], strict=True):
        alone = [f["households"]["at_least"] for f in (one, other)]
        assert max(alone) <= union["households"]["at_least"] <= sum(alone) + 0.2
    wide = figure(two["union"], "straight", 800)
    assert wide["households"]["at_least"] == 102 + 104 + 106 + 1016 + 1018


def test_one_bad_facility_spoils_no_other(town):
    places = collection(
        feature(point(4, 2), id="good"),
        "nonsense",
        feature({"type": "Point", "coordinates": [114.3, 91]}),
        feature({"type": "Point", "coordinates": []}),
        feature({"type": "Point", "coordinates": ["114.3", 30]}),
        {"type": "Feature", "geometry": {"type": "Circle"}, "properties": None},
        # Las Palmas: on no street of this network.
        feature({"type": "Point", "coordinates": [-15.43, 28.12]}, id="abroad"),
    )
    shown = ask(town, places).json()
    status = [item["status"] for item in shown["items"]]
    assert status == ["ok", *["invalid_geometry"] * 5, "off_network"]
    assert [item["index"] for item in shown["items"]] == list(range(7))
    assert all(item["detail"] for item in shown["items"][1:6])
    abroad = shown["items"][-1]["figures"]
    assert {f["households"]["inside"] for f in abroad} == {0}
    assert shown["union"] == ask(town, collection(feature(point(4, 2)))).json()["union"]
    missing = ask(town, ["nursery-1", "atlantis", "nursery-1"]).json()["items"]
    assert [item["status"] for item in missing] == ["ok", "not_found", "ok"]


def test_several_entrances_are_one_facility(town):
    gates = {"type": "MultiPoint", "coordinates": [place(4, 2), place(17, 3)]}
    both = ask(town, collection(feature(gates))).json()
    apart = ask(town, collection(feature(point(4, 2)), feature(point(17, 3)))).json()
    assert both["items"][0]["figures"] == apart["union"]


def test_the_districts_of_an_area_alone_are_counted(town):
    west = ask(town, ["nursery-1"], area="420101001001").json()
    # The district without a community lies in the area; the far one does not.
    assert west["districts"] == 4
    assert west["totals"]["households"] == {"known": 312, "districts_without": 1}
    east = ask(town, ["nursery-1"], area="420101001002").json()
    assert east["districts"] == 2
    share = figure(east["union"], "straight", 800)["households"]
    assert 0 <= share["share"] < 1


def test_a_key_counts_within_its_areas_alone(town):
    own = ask(town, ["nursery-1"], role="west viewer")
    assert own.status_code == 200, own.text
    assert own.json()["totals"]["households"]["known"] == 312
    places = collection(feature(point(4, 2)), feature(point(17, 3)))
    items = ask(town, places, role="west viewer").json()["items"]
    assert [item["status"] for item in items] == ["ok", "forbidden"]
    assert ask(town, ["nursery-1"], area="420101001002", role="west viewer").status_code == 403


def test_more_facilities_than_the_limit_are_refused(town, check_problem):
    many = collection(*[feature(point(4, 2))] * 1001)
    problem = check_problem(ask(town, many), 413, "too-many-origins")
    assert "1001 places are more than the 1000" in problem["detail"]
    assert "yike catchments" in problem["detail"]
    check_problem(ask(town, ["nursery-1"] * 1001), 413, "too-many-origins")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"facilities": []}, "/facilities"),
        ({"facilities": {"type": "FeatureCollection", "features": []}}, "/facilities/features"),
        ({"facilities": {"type": "Point"}}, "/facilities/type"),
        ({"facilities": "nursery-1"}, "/facilities"),
        ({"minutes": [0]}, "/minutes"),
        ({"minutes": [-5]}, "/minutes"),
        ({"minutes": [10_000]}, "/minutes"),
        ({"minutes": ["5"]}, "/minutes/0"),
        ({"minutes": []}, "/minutes"),
        ({"metres": [5001]}, "/metres"),
        ({"metres": [True]}, "/metres/0"),
        ({"profile": "runner"}, "/profile"),
        ({"speed": 9}, "/speed"),
        ({"direction": "up"}, "/direction"),
        ({"area": "999"}, "/area"),
        ({"as_of": "2026-13-01"}, "/as_of"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_question_that_means_nothing_is_refused(town, check_problem, change, pointer):
    body = {"facilities": ["nursery-1"], **change}
    problem = check_problem(town.post("/v1/catchments", json=body, role="viewer"), 400)
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_the_body_must_be_json(town, check_problem):
    check_problem(town.post("/v1/catchments", content=b"{}", headers={}), 415)
