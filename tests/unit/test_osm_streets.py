"""The tag table of streets, row by row, and the cutting of ways, on small files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from osm_xml import place, write_osm

from service.imports.osm.street_table import STREETS_FILE, StreetTable, load_street_table
from service.imports.osm.streets import OsmStreets, read_streets
from service.imports.osm.table_file import read_table
from spatial.errors import InputError
from spatial.network_building import build_network

COLUMNS = {
    "highway",
    "forward",
    "backward",
    "steps",
    "crossings",
    "lifts",
    "structure",
    "cut_start",
    "cut_end",
    "slope_forward",
    "slope_backward",
    "geometry",
}
WALKED: list[dict[str, str]] = [
    {"highway": "residential"},
    {"highway": "trunk"},
    {"highway": "primary", "oneway": "yes"},
    {"highway": "footway"},
    {"highway": "cycleway"},
    {"highway": "track", "access": "agricultural"},
    {"highway": "service", "access": "customers"},
    {"highway": "service", "access": "private", "foot": "yes"},
    {"highway": "service", "access": "no", "foot": "permissive"},
    {"highway": "service", "motor_vehicle": "private"},
    {"highway": "primary", "motorroad": "yes", "foot": "designated"},
    {"highway": "busway", "foot": "yes"},
    {"highway": "life_boat", "foot": "yes"},
    {"highway": "trail"},
    {"highway": "corridor", "indoor": "yes"},
    {"highway": "platform"},
    {"railway": "platform"},
    {"public_transport": "platform"},
    {"man_made": "pier"},
    {"highway": "pedestrian", "area": "yes"},
    {"highway": "lane;residential"},
    {"highway": "residential", "access": "nonsense;yes"},
    {"highway": "residential", "foot": "nonsense", "access": "permissive"},
    {"highway": "footway", "access": "no;designated", "foot": "designated"},
]
CLOSED: list[tuple[dict[str, str], str]] = [
    ({"highway": "motorway"}, "motorway"),
    ({"highway": "motorway_link", "foot": "yes"}, "motorway"),
    ({"highway": "trunk", "motorroad": "yes"}, "motorroad"),
    ({"highway": "trunk", "foot": "no"}, "closed_to_foot"),
    ({"highway": "primary", "foot": "use_sidepath"}, "use_sidepath"),
    ({"highway": "service", "access": "private"}, "private"),
    ({"highway": "service", "access": "permissive", "foot": "private"}, "private"),
    ({"highway": "service", "access": "private;customers"}, "private"),
    ({"highway": "footway", "access": "residents"}, "private"),
    ({"highway": "service", "access": "no"}, "closed_to_foot"),
    ({"highway": "service", "access": "military"}, "restricted"),
    ({"highway": "construction", "construction": "primary"}, "not_there"),
    ({"highway": "proposed", "foot": "yes"}, "not_there"),
    ({"highway": "track", "abandoned": "yes"}, "not_there"),
    ({"highway": "via_ferrata"}, "climbing"),
    ({"highway": "path", "sac_scale": "alpine_hiking"}, "climbing"),
    ({"highway": "busway"}, "busway"),
    ({"highway": "bus_guideway", "access": "yes"}, "busway"),
    ({"highway": "raceway"}, "no_street"),
    ({"highway": "life_boat"}, "unknown_class"),
    ({"route": "ferry", "foot": "yes"}, "ferry"),
    ({"route": "ferry", "highway": "unclassified"}, "ferry"),
    ({"highway": "residential", "oneway:foot": "yes", "foot:forward": "no"}, "no_direction"),
]
# forward, backward
DIRECTIONS: list[tuple[dict[str, str], tuple[bool, bool]]] = [
    ({"highway": "residential", "oneway": "yes"}, (True, True)),
    ({"highway": "footway", "oneway": "yes"}, (True, True)),
    ({"highway": "steps", "oneway": "-1"}, (True, True)),
    ({"highway": "path", "oneway:foot": "yes"}, (True, False)),
    ({"highway": "path", "oneway:foot": "-1"}, (False, True)),
    ({"highway": "footway", "oneway": "yes", "oneway:foot": "no"}, (True, True)),
    ({"highway": "footway", "foot:backward": "no"}, (True, False)),
    ({"highway": "footway", "foot:forward": "no"}, (False, True)),
    ({"highway": "footway", "foot:forward": "yes"}, (True, True)),
    ({"highway": "steps", "conveying": "forward"}, (True, False)),
    ({"highway": "steps", "conveying": "backward"}, (False, True)),
    ({"highway": "steps", "conveying": "reversible"}, (True, True)),
    ({"highway": "steps", "conveying": "yes"}, (True, True)),
    ({"highway": "steps", "conveying": "yes", "oneway": "yes"}, (True, False)),
    ({"highway": "footway", "conveying": "yes", "oneway": "-1"}, (False, True)),
    ({"highway": "steps", "conveying": "no", "oneway": "yes"}, (True, True)),
]


@pytest.fixture(scope="module")
def table() -> StreetTable:
    return load_street_table()


def read(path: Path, **things: Any) -> OsmStreets:
    return read_streets(write_osm(path / "t.osm", **things))


def ends(frame: gpd.GeoDataFrame) -> list[tuple[Any, Any]]:
    return [(line.coords[0], line.coords[-1]) for line in frame.geometry]


@pytest.mark.parametrize("tags", WALKED, ids=str)
def test_walked(table: StreetTable, tags: dict[str, str]) -> None:
    found = table.read_way(tags)
    assert found is not None
    assert found.reason is None
    assert found.forward
    assert found.backward


@pytest.mark.parametrize(("tags", "reason"), CLOSED, ids=str)
def test_closed(table: StreetTable, tags: dict[str, str], reason: str) -> None:
    found = table.read_way(tags)
    assert found is not None
    assert found.reason == reason


@pytest.mark.parametrize("tags", [{"route": "bus"}, {"railway": "rail"}, {"building": "yes"}, {}])
def test_no_street(table: StreetTable, tags: dict[str, str]) -> None:
    assert table.read_way(tags) is None


@pytest.mark.parametrize(("tags", "directions"), DIRECTIONS, ids=str)
def test_directions(
    table: StreetTable, tags: dict[str, str], directions: tuple[bool, bool]
) -> None:
    found = table.read_way(tags)
    assert found is not None
    assert (found.forward, found.backward) == directions


def test_the_class_of_a_list_is_the_first_known(table: StreetTable) -> None:
    lists = {"lane;residential": "residential", "footway;steps": "footway", "steps;x": "steps"}
    for text, expected in lists.items():
        found = table.read_way({"highway": text})
        assert found is not None
        assert found.highway == expected
    closed = table.read_way({"highway": "construction;residential"})
    assert closed is not None
    assert closed.reason == "not_there"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "steps"}, (True, None)),
        ({"highway": "steps", "ramp:wheelchair": "yes"}, (False, None)),
        ({"highway": "steps", "wheelchair": "no"}, (True, None)),
        ({"highway": "footway", "bridge": "viaduct"}, (False, "bridge")),
        ({"highway": "footway", "bridge": "no"}, (False, None)),
        ({"highway": "footway", "tunnel": "yes"}, (False, "tunnel")),
        ({"highway": "service", "tunnel": "building_passage"}, (False, None)),
        ({"highway": "steps", "tunnel": "yes"}, (True, "tunnel")),
    ],
)
def test_stairs_and_structures(
    table: StreetTable, tags: dict[str, str], expected: tuple[bool, str | None]
) -> None:
    found = table.read_way(tags)
    assert found is not None
    assert (found.steps, found.structure) == expected


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"barrier": "gate"}, None),
        ({"barrier": "gate", "access": "private"}, "private"),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, None),
        ({"barrier": "gate", "locked": "yes"}, "locked"),
        ({"barrier": "gate", "locked": "yes", "foot": "permissive"}, None),
        ({"barrier": "lift_gate", "access": "no"}, "closed_to_foot"),
        ({"barrier": "swing_gate", "foot": "no"}, "closed_to_foot"),
        ({"barrier": "wall"}, "wall"),
        ({"barrier": "fence", "foot": "yes"}, None),
        ({"barrier": "fence", "access": "yes"}, None),
        ({"barrier": "bollard", "access": "no"}, None),
        ({"barrier": "bollard", "foot": "no"}, "closed_to_foot"),
        ({"barrier": "kerb"}, None),
        ({"barrier": "anything"}, None),
        ({"highway": "elevator"}, None),
        ({"highway": "elevator", "access": "private"}, "private"),
        ({"highway": "crossing", "access": "no"}, None),
    ],
    ids=str,
)
def test_nodes(table: StreetTable, tags: dict[str, str], reason: str | None) -> None:
    assert table.closed_node(tags) == reason


def test_the_frame_has_the_columns_of_street_lines(tmp_path: Path) -> None:
    streets = read(tmp_path, ways={1: ([1, 2], {"highway": "footway"})})

    assert set(streets.frame.columns) == COLUMNS
    assert streets.frame.crs == "EPSG:4326"
    kinds = {name: streets.frame[name].dtype.kind for name in COLUMNS - {"geometry"}}
    assert {name for name, kind in kinds.items() if kind == "b"} == {
        "forward",
        "backward",
        "steps",
        "cut_start",
        "cut_end",
    }
    assert {name for name, kind in kinds.items() if kind == "f"} == {
        "crossings",
        "lifts",
        "slope_forward",
        "slope_backward",
    }
    assert len(build_network(streets.frame).u) == 1


def test_ways_are_cut_where_walked_ways_meet(tmp_path: Path) -> None:
    streets = read(
        tmp_path,
        ways={
            1: ([1, 2, 3, 4, 5], {"highway": "residential"}),
            2: ([12, 2, 22], {"highway": "footway"}),
            # What is not walked cuts nothing.
            3: ([14, 4, 24], {"highway": "motorway"}),
            # A way that comes back to itself.
            4: ([31, 32, 33, 43, 42, 32], {"highway": "path"}),
        },
    )
    expected = [(1, 2), (2, 5), (12, 2), (2, 22), (31, 32), (32, 32)]
    assert ends(streets.frame) == [(place(a), place(b)) for a, b in expected]
    assert [len(line.coords) for line in streets.frame.geometry] == [2, 4, 2, 2, 2, 5]
    assert streets.left_out == {"motorway": 1}
    assert streets.ways == 4


def test_nodes_at_one_place_are_not_one_node(tmp_path: Path) -> None:
    """A bridge has a node exactly above one of the road below."""
    streets = read(
        tmp_path,
        ways={
            1: ([1, 2, 3], {"highway": "primary"}),
            2: ([11, 99, 21], {"highway": "footway", "bridge": "yes"}),
        },
        places={99: place(2)},
    )
    assert len(streets.frame) == 2
    network = build_network(streets.frame)
    assert len(network.node_lonlat) == 4


def test_of_ways_that_leave_the_extract_the_known_stretches_are_kept(tmp_path: Path) -> None:
    streets = read(
        tmp_path,
        ways={
            1: ([1, 2, 3, 4, 5, 6, 7], {"highway": "residential"}),
            2: ([13, 14], {"highway": "residential"}),
            3: ([8], {"highway": "residential"}),
        },
        absent=[3, 5, 13],
    )
    assert ends(streets.frame) == [(place(1), place(2)), (place(6), place(7))]
    assert streets.left_out == {"outside_extract": 1, "single_node": 1}
    assert streets.notes == {"cut_at_extract": 1, "nodes_outside_extract": 3}


def test_a_closed_gate_cuts_every_way_that_meets_it(tmp_path: Path) -> None:
    streets = read(
        tmp_path,
        ways={
            1: ([1, 2, 3], {"highway": "service"}),
            2: ([12, 2], {"highway": "footway"}),
            3: ([3, 4], {"highway": "service"}),
        },
        nodes={
            2: {"barrier": "gate", "access": "private"},
            3: {"barrier": "gate"},
            50: {"barrier": "wall"},
        },
    )
    frame = streets.frame
    assert ends(frame) == [(place(a), place(b)) for a, b in [(1, 2), (2, 3), (12, 2), (3, 4)]]
    assert frame["cut_start"].tolist() == [False, True, False, False]
    assert frame["cut_end"].tolist() == [True, False, True, False]
    assert streets.notes == {"nodes_closed_private": 1}


def test_a_closed_gate_in_the_middle_of_a_way_parts_the_network(tmp_path: Path) -> None:
    def nodes_of(tags: dict[str, str]) -> int:
        streets = read(tmp_path, ways={1: ([1, 2, 3], {"highway": "service"})}, nodes={2: tags})
        return len(build_network(streets.frame).node_lonlat)

    assert nodes_of({"barrier": "gate"}) == 2
    assert nodes_of({"barrier": "gate", "locked": "yes"}) == 4


def test_crossings_are_shared_among_the_parts_of_the_way(tmp_path: Path) -> None:
    streets = read(
        tmp_path,
        ways={
            1: ([1, 2, 3, 4], {"highway": "footway", "footway": "crossing"}),
            2: ([12, 2], {"highway": "primary"}),
            3: ([13, 3], {"highway": "primary"}),
            4: ([5, 6], {"highway": "crossing"}),
            5: ([6, 7], {"highway": "path", "path": "crossing"}),
        },
    )
    assert streets.frame["crossings"].tolist() == pytest.approx([1 / 3] * 3 + [0, 0, 1, 1])
    assert streets.frame["crossings"].sum() == pytest.approx(3)


def test_lifts_are_counted_at_nodes_and_along_ways(tmp_path: Path) -> None:
    streets = read(
        tmp_path,
        ways={
            1: ([1, 2, 3], {"highway": "footway"}),
            2: ([4, 5], {"highway": "elevator"}),
            3: ([5, 6], {"highway": "footway"}),
            # A shaft drawn as a ring with two doors.
            4: ([21, 22, 32, 31, 21], {"highway": "elevator"}),
            5: ([20, 21], {"highway": "corridor"}),
            6: ([32, 42], {"highway": "corridor"}),
        },
        nodes={2: {"highway": "elevator"}, 5: {"highway": "elevator"}},
    )
    # Through the lift node 2: a half each. The lift way 4-5 is one, not one and a half.
    assert streets.frame["lifts"].tolist() == [0.5, 0.5, 1, 0.5, 1, 1, 0, 0]


def test_squares_are_walked_along_their_outline(tmp_path: Path) -> None:
    streets = read(
        tmp_path,
        ways={
            1: ([1, 2, 12, 11, 1], {"highway": "pedestrian", "area": "yes"}),
            # The outline of a square that is a relation: one way has no tags, one is a street.
            2: ([21, 22, 32], {"note": "-"}),
            3: ([32, 31, 21], {"highway": "residential"}),
            4: ([25, 26], {"barrier": "wall"}),
        },
        relations={
            1: (
                [("w", 2, "outer"), ("w", 3, "outer"), ("w", 99, "outer")],
                {"type": "multipolygon", "highway": "pedestrian"},
            ),
            2: ([("w", 4, "")], {"type": "route", "highway": "pedestrian"}),
            3: ([("w", 4, "outer")], {"type": "multipolygon", "highway": "construction"}),
        },
    )
    assert streets.frame["highway"].tolist() == ["pedestrian", "residential", "pedestrian"]
    assert streets.notes == {"squares_by_outline": 1, "square_outlines_outside_extract": 1}
    assert streets.left_out == {"not_there": 1}
    assert streets.ways == 4


def test_of_a_key_that_is_there_twice_the_first_counts(tmp_path: Path) -> None:
    streets = read(
        tmp_path,
        ways={
            1: ([1, 2], [("highway", "footway"), ("highway", "motorway")]),
            2: ([3, 4], [("highway", "footway"), ("foot", "no"), ("foot", "yes")]),
        },
    )
    assert streets.frame["highway"].tolist() == ["footway"]
    assert streets.left_out == {"closed_to_foot": 1}
    assert streets.notes == {"double_keys": 2}


def test_a_doubled_node_makes_no_line(tmp_path: Path) -> None:
    streets = read(
        tmp_path,
        ways={
            1: ([1, 1, 2, 2], {"highway": "footway"}),
            2: ([5, 5], {"highway": "footway"}),
        },
    )
    assert ends(streets.frame) == [(place(1), place(2))]
    assert len(streets.frame.geometry.iloc[0].coords) == 2
    assert streets.left_out == {"single_node": 1}


def test_coordinates_are_those_of_the_file(tmp_path: Path) -> None:
    places = {1: (114.3000001, 30.5499999), 2: (-179.9999999, -89.9999999)}
    streets = read(tmp_path, ways={1: ([1, 2], {"highway": "footway"})}, places=places)
    np.testing.assert_array_equal(
        shapely.get_coordinates(streets.frame.geometry.iloc[0]), [places[1], places[2]]
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("foot: open}", "foot: perhaps}"), "foot"),
        (("classes:", "klasses:"), "classes"),
        (("reason: ferry", "raeson: ferry"), "raeson"),
        (("classes:", "classes: ["), "is no YAML"),
    ],
)
def test_a_table_at_fault_is_named(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = STREETS_FILE.read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "streets.yaml"
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_table(path, StreetTable)
