"""Residential areas, dwellings and facilities of small OpenStreetMap files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from osm_xml import place, write_osm

from service.imports.osm.layers import OsmPlaces, place_layers
from service.imports.osm.place_table import PLACES_FILE, PlaceTable, load_place_table
from service.imports.osm.places import read_places
from service.imports.osm.table_file import read_table
from service.imports.validation import check
from spatial.errors import InputError
from spatial.fields import LAYERS

SENIOR = {"amenity": "social_facility", "social_facility:for": "senior"}
FACILITIES: list[tuple[dict[str, str], str]] = [
    ({"amenity": "kindergarten"}, "kindergarten_class"),
    ({"amenity": "childcare"}, "nursery"),
    ({"amenity": "childcare", "after_school": "yes", "nursery": "yes"}, "nursery"),
    ({"amenity": "childcare", "operator:type": "community"}, "community_childcare"),
    ({"amenity": "nursing_home"}, "care_home"),
    ({"amenity": "retirement_home"}, "care_home"),
    ({**SENIOR, "social_facility": "assisted_living"}, "care_home"),
    ({**SENIOR, "social_facility": "group_home"}, "care_home"),
    ({**SENIOR, "social_facility": "day_care"}, "day_care"),
    (
        {
            "amenity": "social_facility",
            "social_facility": "day_care",
            "social_facility:for": "disabled;senior",
        },
        "day_care",
    ),
    ({"amenity": "social_facility", "social_facility": "nursing_home"}, "care_home"),
    ({"amenity": "community_centre", "community_centre:for": "senior"}, "mutual_aid"),
]
NO_FACILITIES: list[tuple[dict[str, str], str]] = [
    ({"amenity": "childcare", "nursery": "no"}, "childcare_not_under_3"),
    ({"amenity": "childcare", "min_age": "3"}, "childcare_not_under_3"),
    ({"amenity": "childcare", "after_school": "yes"}, "childcare_not_under_3"),
    ({**SENIOR, "social_facility": "outreach"}, "service_for_seniors_not_known"),
    (SENIOR, "service_for_seniors_not_known"),
    ({"amenity": "social_facility", "social_facility": "group_home"}, "for_whom_not_known"),
    ({"amenity": "social_facility"}, "for_whom_not_known"),
    (
        {
            "amenity": "social_facility",
            "social_facility": "nursing_home",
            "social_facility:for": "disabled",
        },
        "not_for_seniors",
    ),
    ({"amenity": "community_centre"}, "not_for_seniors"),
    ({"amenity": "kindergarten", "disused": "yes"}, "not_standing"),
    ({"disused:amenity": "kindergarten"}, "not_standing"),
    ({"construction:amenity": "nursing_home"}, "not_standing"),
]
SQUARE = [1, 2, 12, 11, 1]


def read(path: Path, **things: Any) -> OsmPlaces:
    return place_layers(read_places(write_osm(path / "t.osm", **things)))


def cells(frame: pd.DataFrame, name: str) -> list[Any]:
    return [None if pd.isna(cell) else cell for cell in frame[name]]


@pytest.mark.parametrize(("tags", "kind"), FACILITIES, ids=str)
def test_facilities(tags: dict[str, str], kind: str) -> None:
    row = load_place_table().facility(tags)
    assert row is not None
    assert row.kind == kind
    assert load_place_table().read(tags).sorts == ("facilities",)


@pytest.mark.parametrize(("tags", "reason"), NO_FACILITIES, ids=str)
def test_what_is_no_facility_is_counted(tags: dict[str, str], reason: str) -> None:
    found = load_place_table().read(tags)
    assert found.sorts == ()
    assert found.left_out == (("facilities", reason),)


@pytest.mark.parametrize(
    "tags", [{"amenity": "cafe"}, {"disused:amenity": "cafe"}, {"building": "yes"}, {}]
)
def test_other_things_are_passed_over(tags: dict[str, str]) -> None:
    found = load_place_table().read(tags)
    assert (found.sorts, found.left_out) == ((), ())


def test_a_kindergarten_says_nothing_of_children_under_3(tmp_path: Path) -> None:
    """Its capacity is not that of rooms for them, nor is it known to take those from outside."""
    tags = {"amenity": "kindergarten", "name": "清华幼儿园", "capacity": "200"}
    layers = read(tmp_path, nodes={5: {**tags, "operator:type": "public"}})

    (row,) = check(layers.facilities, LAYERS["facilities"], source="t").frame.to_dict("records")
    assert row["id"] == "node/5"
    assert row["name"] == "清华幼儿园"
    assert (row["service"], row["kind"]) == ("childcare", "kindergarten_class")
    assert (row["status"], row["operator"]) == ("operating", "public")
    assert row["geometry"].equals(shapely.Point(place(5)))
    unknown = ("places", "takes_outside_children", "childcare_floor_area_m2", "floor_area_m2")
    assert all(pd.isna(row[name]) for name in unknown)


def test_capacities_are_read_as_whole_numbers_only(tmp_path: Path) -> None:
    homes = {
        1: {"capacity": "80"},
        2: {"capacity:beds": "60", "capacity": "80"},
        3: {"capacity": "about 50"},
        4: {"beds": "-4"},
        5: {},
    }
    layers = read(
        tmp_path, nodes={ref: {"amenity": "nursing_home", **tags} for ref, tags in homes.items()}
    )
    assert cells(layers.facilities, "beds") == [80, 60, None, None, None]
    assert layers.notes["facilities"] == {"numbers_not_read": 2}


def test_a_facility_has_the_entrances_of_its_outline(tmp_path: Path) -> None:
    layers = read(
        tmp_path,
        ways={
            1: (SQUARE, {"amenity": "kindergarten"}),
            2: ([21, 22, 32, 31, 21], {"amenity": "nursing_home", "building": "yes"}),
        },
        nodes={
            1: {"barrier": "gate"},
            2: {"barrier": "gate", "locked": "yes"},
            12: {"entrance": "main"},
            11: {"entrance": "emergency"},
            5: {"entrance": "yes"},
        },
    )
    first, second = layers.facilities["entrances"]
    assert first.equals(shapely.MultiPoint([place(1), place(12)]))
    assert second is None


def test_dwellings_belong_to_the_smallest_area_around_them(tmp_path: Path) -> None:
    large, small = [1, 6, 56, 51, 1], [2, 4, 24, 22, 2]
    layers = read(
        tmp_path,
        ways={
            1: (large, {"landuse": "residential", "name": "大区", "population": "900"}),
            2: (small, {"landuse": "residential", "name:zh": "小区"}),
            11: ([12, 13, 23, 22, 12], {"building": "apartments", "building:flats": "24"}),
            12: ([34, 35, 45, 44, 34], {"building": "yes", "building:flats": "6"}),
            13: ([7, 8, 18, 17, 7], {"building": "house", "name": "远", "building:flats": "1"}),
            14: ([27, 28, 38, 37, 27], {"building": "yes"}),
            15: ([47, 48, 58, 57, 47], {"building": "retail", "building:flats": "0"}),
        },
        nodes={49: {"building": "house"}},
    )

    districts, buildings = layers.districts, layers.buildings
    assert districts["id"].tolist()[:2] == ["way/1", "way/2"]
    assert sorted(districts["id"][2:]) == ["node/49", "way/13"]
    of = districts.set_index("id")
    assert of["stage"].eq("existing").all()
    assert of.loc["way/1", "name"] == "大区"
    assert of.loc["way/2", "name"] == "小区"
    assert of.loc["way/1", "population"] == 900
    assert pd.isna(of.loc["way/1", "households"])
    assert of.loc["way/13", "households"] == 1
    assert dict(zip(buildings["id"], buildings["district_id"], strict=True)) == {
        "way/11": "way/2",
        "way/12": "way/1",
        "way/13": "way/13",
        "node/49": "node/49",
    }
    households = dict(zip(buildings["id"], cells(buildings, "households"), strict=True))
    assert households == {"way/11": 24, "way/12": 6, "way/13": 1, "node/49": None}
    assert layers.notes["districts"] == {
        "dwellings_outside_residential_areas": 2,
        "areas_inside_another": 1,
    }
    for name in ("districts", "buildings", "facilities"):
        checked = check(getattr(layers, name), LAYERS[name], source="t")
        assert len(checked.frame) == len(getattr(layers, name))


def test_gates_on_its_outline_are_the_entrances_of_a_district(tmp_path: Path) -> None:
    layers = read(
        tmp_path,
        ways={
            1: (SQUARE, {"landuse": "residential"}),
            2: ([21, 22, 32, 31, 21], {"landuse": "residential"}),
        },
        nodes={
            1: {"barrier": "gate"},
            2: {"barrier": "lift_gate", "access": "private"},
            12: {"barrier": "bollard"},
            11: {"entrance": "yes"},
            22: {"barrier": "gate", "access": "no"},
        },
    )
    first, second = layers.districts["entrances"]
    assert first.equals(shapely.MultiPoint([place(1), place(11)]))
    assert second is None


def test_multipolygons_have_their_holes_and_parts(tmp_path: Path) -> None:
    layers = read(
        tmp_path,
        ways={
            1: ([1, 5, 45, 41, 1], {}),
            2: ([12, 13, 23, 22, 12], {}),
            3: ([7, 8, 18], {}),
            4: ([18, 17, 7], {}),
            5: ([61, 62, 72, 71, 61], {"building": "apartments"}),
            6: ([33, 34, 44, 43, 33], {"building": "apartments"}),
            # In the hole.
            7: ([12, 13, 23, 22, 12], {"building": "apartments"}),
        },
        relations={
            1: (
                [("w", 1, "outer"), ("w", 2, "inner"), ("w", 3, "outer"), ("w", 4, "outer")],
                {"type": "multipolygon", "landuse": "residential"},
            ),
            2: ([("w", 99, "outer")], {"type": "multipolygon", "landuse": "residential"}),
        },
    )
    shape = layers.districts.set_index("id").geometry["relation/1"]
    assert shape.geom_type == "MultiPolygon"
    assert sorted(len(part.interiors) for part in shape.geoms) == [0, 1]
    homes = dict(zip(layers.buildings["id"], layers.buildings["district_id"], strict=True))
    assert homes == {"way/5": "way/5", "way/6": "relation/1", "way/7": "way/7"}
    assert layers.left_out["districts"] == {"relation_not_complete": ["relation/2"]}


def test_what_is_not_taken_is_counted(tmp_path: Path) -> None:
    layers = read(
        tmp_path,
        ways={
            1: ([1, 2, 12], {"building": "house"}),
            2: ([21, 22, 32, 31, 21], {"building": "house", "ruins": "yes"}),
            3: ([41, 42, 52, 51, 41], {"building": "residential", "amenity": "nursing_home"}),
            4: ([61, 62, 72, 71, 61], {"landuse": "residential"}),
            5: ([81, 82, 92, 91, 81], {"landuse": "residential", "abandoned": "yes"}),
        },
        nodes={95: {"landuse": "residential"}},
        absent=[72],
    )
    assert layers.left_out == {
        "districts": {
            "not_standing": ["way/5"],
            "outside_extract": ["way/4"],
            "point": ["node/95"],
        },
        "buildings": {
            "facility": ["way/3"],
            "not_standing": ["way/2"],
            "way_not_closed": ["way/1"],
        },
        "facilities": {},
    }
    assert layers.facilities["id"].tolist() == ["way/3"]
    assert not len(layers.districts)


def test_an_outline_that_crosses_itself_is_not_taken(tmp_path: Path) -> None:
    layers = read(tmp_path, ways={1: ([1, 12, 2, 11, 1], {"building": "house"})})
    assert layers.left_out["buildings"] == {"broken_polygon": ["way/1"]}
    assert not len(layers.districts)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("kind: mutual_aid", "kind: club"), "'club' is no kind of facility"),
        (("kind: day_care,", "kind: day_care, reason: x,"), "a kind or a reason, and not both"),
        (("numbers: {places: [capacity]}", "numbers: {size: [capacity]}"), "'size' is no number"),
        (("{population: [population]}", "{people: [population]}"), "'people' is no number"),
    ],
)
def test_a_table_at_fault_is_named(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = PLACES_FILE.read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "places.yaml"
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_table(path, PlaceTable)
