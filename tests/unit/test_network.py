from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given
from hypothesis import strategies as st
from planning import line, lonlat

from spatial.canonical_edges import network_from_edges
from spatial.errors import NetworkError, UnknownCRSError
from spatial.network_building import build_network
from spatial.network_files import load_network, save_network

WUHAN = Path(__file__).resolve().parents[2] / "seed" / "wuhan" / "streets.parquet"


def frame(*lines: object, **columns: object) -> GeoDataFrame:
    return GeoDataFrame(columns, geometry=list(lines), crs="EPSG:4326")


def test_lines_meet_at_their_ends_whichever_way_they_are_drawn() -> None:
    network = build_network(frame(line((0, 0), (100, 0)), line((200, 0), (100, 0))))
    assert len(network.node_lonlat) == 3
    assert network.length_m == pytest.approx([100, 100], abs=1e-6)
    for u, v, shape in zip(network.u, network.v, network.geometry, strict=True):
        assert shape.coords[0] == pytest.approx(network.node_lonlat[u])
        assert shape.coords[-1] == pytest.approx(network.node_lonlat[v])


def test_node_numbers_in_the_file_are_not_believed() -> None:
    streets = frame(line((0, 0), (9, 0)), line((0, 0), (0, 9)), u=[1, 2], v=[3, 4])
    assert len(build_network(streets).node_lonlat) == 3


def test_what_is_left_out_is_counted() -> None:
    street = line((0, 0), (100, 0))
    streets = frame(
        street,
        street,
        shapely.reverse(street),
        line((0, 0), (0, 50)),
        line((5, 5), (9, 9)),
        shapely.LineString(),
        shapely.LineString([lonlat(1, 1), lonlat(1, 1)]),
        highway=["trunk", "trunk", "trunk", "motorway", "motorway_link", "path", "path"],
    )
    network = build_network(streets)
    assert len(network.u) == 1
    assert dict(network.left_out) == {
        "empty": 1,
        "closed_to_foot": 2,
        "no_length": 1,
        "copies": 2,
    }


def test_a_street_that_passes_a_motorway_class_in_a_list_is_read_by_its_first_class() -> None:
    streets = frame(
        line((0, 0), (9, 0)),
        line((9, 0), (20, 0)),
        highway=["['residential', 'motorway']", ["tertiary"]],
    )
    assert build_network(streets).highway.tolist() == ["residential", "tertiary"]


def test_multilines_are_taken_apart() -> None:
    both = shapely.MultiLineString([line((0, 0), (9, 0)), line((9, 0), (9, 9))])
    assert len(build_network(frame(both)).u) == 2


@given(st.permutations(range(4)), st.lists(st.booleans(), min_size=4, max_size=4))
def test_version_depends_on_the_edges_alone(order: list[int], turned: list[bool]) -> None:
    lines = [
        line((0, 0), (100, 0)),
        line((100, 0), (100, 80)),
        line((100, 80), (0, 0)),
        line((0, 0), (50, 90), (100, 80)),
    ]
    plain = build_network(frame(*lines))
    mixed = [shapely.reverse(lines[i]) if turned[i] else lines[i] for i in order]
    assert build_network(frame(*mixed)).version == plain.version
    assert build_network(frame(*lines[:3])).version != plain.version


def test_a_network_survives_files_and_tables(tmp_path: Path) -> None:
    network = build_network(
        frame(line((0, 0), (100, 0)), line((100, 0), (100, 9)), highway=["path", None])
    )
    save_network(network, tmp_path)
    mapped = load_network(tmp_path)
    assert mapped.version == network.version
    assert isinstance(mapped.u.base, np.memmap) or isinstance(mapped.u, np.memmap)
    assert mapped.highway.tolist() == network.highway.tolist()
    assert shapely.equals_exact(mapped.geometry, network.geometry).all()
    assert (mapped.length_m == network.length_m).all()
    rebuilt = network_from_edges(
        u=network.u,
        v=network.v,
        length_m=network.length_m,
        geometry=network.geometry,
        traits=network.traits,
    )
    assert rebuilt.version == network.version
    assert (rebuilt.u == network.u).all()


def test_a_folder_without_a_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="not a stored network"):
        load_network(tmp_path)


def test_undeclared_crs_is_refused() -> None:
    with pytest.raises(UnknownCRSError):
        build_network(GeoDataFrame(geometry=[line((0, 0), (9, 0))]))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([shapely.Point(1, 2)], "row 1, field geometry: a Point"),
        ([None], "no walkable street"),
        ([shapely.LineString([(0, 0), (500, 0)])], "outside the range"),
        ([shapely.LineString([(0, 0), (float("inf"), 0)])], "not finite"),
    ],
)
def test_lines_that_make_no_network(lines: list[object], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        build_network(frame(*lines))


def test_wuhan_has_the_topology_the_data_readme_states() -> None:
    streets = gpd.read_parquet(WUHAN).set_crs("EPSG:32650", allow_override=True)
    network = build_network(streets)
    assert len(network.node_lonlat) == 78109
    assert network.left_out["closed_to_foot"] == 4959
    assert network.left_out["copies"] == 25
    assert len(network.u) == 92667 - 4959 - 25
    # UTM 50N is drawn at up to 1.0005 here; the ellipsoid is a little shorter than 6,706 km.
    assert 6_695_000 < network.length_m.sum() < 6_706_000
