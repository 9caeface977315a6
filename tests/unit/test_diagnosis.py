import json
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from planning import gates_at, line, lonlat, point, square

from spatial.diagnosing import MAX_UNDERSHOOTS, diagnose
from spatial.network import Network
from spatial.network_building import build_network

WUHAN = Path(__file__).resolve().parents[2] / "seed" / "wuhan" / "streets.parquet"


def network_of(*lines: object, **columns: object) -> Network:
    return build_network(GeoDataFrame(columns, geometry=list(lines), crs="EPSG:4326"))


def test_one_street_is_one_part() -> None:
    found = diagnose(network_of(line((0, 0), (100, 0)), line((100, 0), (100, 50))))
    assert (found.nodes, found.edges, found.components) == (3, 2, 1)
    assert found.length_m == pytest.approx(150, abs=1e-3)
    assert found.largest_share == 1.0
    assert found.islands == ()
    assert found.dead_ends == 2
    assert not found.in_pieces


def test_two_networks_that_do_not_touch_are_told_apart() -> None:
    found = diagnose(
        network_of(line((0, 0), (300, 0)), line((0, 0), (0, 300)), line((900, 0), (1300, 0)))
    )
    assert found.components == found.sizeable == 2
    assert found.in_pieces
    assert found.largest_share == pytest.approx(0.6)
    (island,) = found.islands
    assert (island.edges, island.length_m) == (1, pytest.approx(400, abs=1e-3))
    assert island.share == pytest.approx(0.4)
    east = point(900, 0)
    assert (island.lon, island.lat) == pytest.approx((east.x, east.y), abs=1e-9)


def test_a_stray_path_does_not_make_pieces() -> None:
    found = diagnose(network_of(line((0, 0), (1000, 0)), line((500, 50), (509, 50))))
    assert found.components == 2
    assert found.sizeable == 1
    assert not found.in_pieces


@pytest.mark.parametrize(("gap_m", "undershoots"), [(0.0, 1), (1.99, 1), (2.01, 0)])
def test_an_end_near_a_street_it_does_not_join(gap_m: float, undershoots: int) -> None:
    found = diagnose(network_of(line((0, 0), (100, 0)), line((40, 60), (40, gap_m))))
    assert found.undershoots == undershoots
    if undershoots:
        (place,) = found.undershoot_places
        assert (place.lon, place.lat) == pytest.approx(lonlat(40, gap_m), abs=1e-9)
        assert (place.to_lon, place.to_lat) == pytest.approx(lonlat(40, 0), abs=1e-8)
        assert place.gap_m == pytest.approx(gap_m, abs=2e-3)


def test_the_distance_of_an_undershoot_can_be_stated() -> None:
    network = network_of(line((0, 0), (100, 0)), line((40, 60), (40, 4)))
    assert diagnose(network).undershoots == 0
    assert diagnose(network, gap_m=5.0).undershoots == 1


def test_two_ends_that_miss_one_another_are_two() -> None:
    found = diagnose(network_of(line((0, 0), (50, 0)), line((51, 0), (100, 0))))
    assert found.undershoots == 2
    assert [place.gap_m for place in found.undershoot_places] == pytest.approx([1, 1], abs=1e-3)


def test_a_short_stub_beside_its_street_is_meant() -> None:
    street = [line((0, 0), (50, 0)), line((50, 0), (100, 0))]
    assert diagnose(network_of(*street, line((50, 0), (51, 1)))).undershoots == 0
    # A long way round back to the street it left is not.
    loop = line((50, 0), (50, 80), (20, 80), (20, 1))
    assert diagnose(network_of(*street, loop)).undershoots == 1


def test_a_gate_is_no_undershoot() -> None:
    network = network_of(line((0, 0), (50, 0)), line((50, 0), (100, 0)), cut_start=[False, True])
    found = diagnose(network)
    assert found.components == 2
    assert found.dead_ends == 4
    assert found.undershoots == 0


def test_an_end_under_a_bridge_misses_nothing() -> None:
    lines = [line((0, 0), (100, 0)), line((40, 60), (40, 1))]
    assert diagnose(network_of(*lines, structure=["bridge", None])).undershoots == 0
    assert diagnose(network_of(*lines, structure=["bridge", "bridge"])).undershoots == 1


def test_the_list_of_undershoots_ends_and_their_number_does_not() -> None:
    count = MAX_UNDERSHOOTS + 20
    ends = [line((10 * i, 50), (10 * i, 0.5 + i / 1000)) for i in range(1, count + 1)]
    found = diagnose(network_of(line((0, 0), (10.0 * count + 10, 0)), *ends))
    assert found.undershoots == count
    gaps = [place.gap_m for place in found.undershoot_places]
    assert len(gaps) == MAX_UNDERSHOOTS
    assert gaps == sorted(gaps)
    assert gaps[0] == pytest.approx(0.501, abs=1e-3)


def test_edges_are_told_by_class_and_kind() -> None:
    found = diagnose(
        network_of(
            line((0, 0), (100, 0)),
            line((100, 0), (100, 50)),
            line((0, 0), (0, 30)),
            highway=["residential", "steps", None],
            steps=[False, True, False],
            structure=["bridge", None, "tunnel"],
            forward=[True, True, False],
        )
    )
    assert list(found.by_class) == ["residential", "steps", ""]
    assert found.by_class["residential"].length_m == pytest.approx(100, abs=1e-3)
    for amount, length_m in (
        (found.steps, 50),
        (found.bridges, 100),
        (found.tunnels, 30),
        (found.one_way, 30),
    ):
        assert (amount.edges, amount.length_m) == (1, pytest.approx(length_m, abs=1e-3))


def test_places_snap_within_the_limit() -> None:
    network = network_of(line((0, 0), (100, 0)))
    districts = GeoDataFrame(
        {"entrances": [None, gates_at(point(50, 199)), gates_at(point(50, 900)), None]},
        geometry=[square(50, 260, 130), point(50, 900), point(50, 0), None],
        crs="EPSG:4326",
    )
    facilities = GeoDataFrame(geometry=[point(50, 201), point(50, 250)], crs="EPSG:4326")
    found = diagnose(network, districts=districts, facilities=facilities)
    assert (found.snapped["districts"].places, found.snapped["districts"].within) == (4, 2)
    assert found.snapped["districts"].share == 0.5
    assert found.snapped["facilities"].within == 0
    wide = diagnose(network, facilities=facilities, snap_limit_m=230.0)
    assert wide.snapped["facilities"].within == 1
    assert diagnose(network, facilities=facilities.iloc[:0]).snapped["facilities"].share is None
    assert dict(diagnose(network).snapped) == {}


def test_all_of_it_is_json() -> None:
    network = network_of(line((0, 0), (100, 0)), line((40, 60), (40, 1)), None)
    places = GeoDataFrame(geometry=[point(5, 5)], crs="EPSG:4326")
    document = json.loads(json.dumps(diagnose(network, districts=places).as_json()))
    assert document["components"] == 2
    assert document["undershoot_places"][0]["gap_m"] == pytest.approx(1, abs=2e-3)
    assert document["left_out"]["empty"] == 1
    assert document["snapped"]["districts"]["within"] == 1
    assert document["by_class"][""]["edges"] == 2


def test_wuhan_agrees_with_networkx_and_a_search_by_hand() -> None:
    streets = gpd.read_parquet(WUHAN).set_crs("EPSG:32650", allow_override=True)
    network = build_network(streets)
    found = diagnose(network)
    graph = nx.MultiGraph()
    for u, v, metres in zip(
        network.u.tolist(), network.v.tolist(), network.length_m.tolist(), strict=True
    ):
        graph.add_edge(u, v, metres=metres)
    parts = sorted(
        (graph.subgraph(part).size("metres") for part in nx.connected_components(graph)),
        reverse=True,
    )
    assert found.components == len(parts)
    assert found.largest_share == pytest.approx(parts[0] / sum(parts), abs=1e-12)
    assert [island.length_m for island in found.islands] == pytest.approx(parts[1:21], abs=1e-3)
    assert found.dead_ends == sum(degree == 1 for _, degree in graph.degree())
    # The smallest gap, looked for among all lines that are not the end's own.
    place = found.undershoot_places[0]
    end = shapely.Point(place.lon, place.lat)
    own = [shape for shape in network.geometry if shape.distance(end) < 1e-9]
    assert len(own) == 1
    assert 0 <= place.gap_m <= 2.0
    assert np.all(np.diff([p.gap_m for p in found.undershoot_places]) >= 0)
