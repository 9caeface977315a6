"""Street lines from every source that is no OSM file make the same network."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import networkx as nx
import osmnx as ox
import pandas as pd
import pytest
import shapely

from service.imports.graphs import graph_lines, network_from_graph
from service.imports.street_columns import street_columns
from service.imports.street_reader import read_network, read_street_lines
from spatial.errors import InputError, InputFaults, NetworkError, UnknownCRSError

SUFFIXES = {
    ".shp": "ESRI Shapefile",
    ".fgb": "FlatGeobuf",
    ".tab": "MapInfo File",
    ".mif": "MapInfo File",
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_line_layer_makes_the_same_network_in_any_format(
    tmp_path: Path, streets: gpd.GeoDataFrame, suffix: str
) -> None:
    streets.to_parquet(tmp_path / "streets.parquet")
    expected = read_network(tmp_path / "streets.parquet")
    path = tmp_path / f"streets{suffix}"
    streets.to_file(path, driver=SUFFIXES[suffix])
    found = read_network(path)
    assert len(found.network.u) == len(expected.network.u)
    assert len(found.network.node_lonlat) == len(expected.network.node_lonlat)
    assert found.network.length_m.sum() == pytest.approx(expected.network.length_m.sum(), abs=1e-3)
    assert set(found.network.highway) == {"residential"}


@pytest.mark.parametrize("suffix", [".shp", ".fgb", ".tab", ".mif", ".graphml"])
@pytest.mark.parametrize("content", [b"{}", b"PK\x03\x04 not it", b"<xml", b"\x00" * 200])
def test_a_file_of_another_format_is_refused_in_one_line(
    tmp_path: Path, suffix: str, content: bytes
) -> None:
    path = tmp_path / f"streets{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"streets.*(is no|cannot be read)") as told:
        read_network(path)
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize("share", [0.02, 0.05, 0.5, 0.9])
@pytest.mark.parametrize("suffix", [".shp", ".fgb", ".graphml"])
def test_a_truncated_file_is_refused(
    tmp_path: Path, streets: gpd.GeoDataFrame, suffix: str, share: float
) -> None:
    path = tmp_path / f"streets{suffix}"
    if suffix == ".graphml":
        ox.save_graphml(square_graph(crs="EPSG:4326"), path)
    else:
        streets.to_file(path, driver=SUFFIXES[suffix])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(InputError) as told:
        read_network(path)
    # Of a shapefile some rows are there; the others are named one by one.
    assert all(line.startswith(str(path)) for line in str(told.value).splitlines())


def test_a_shapefile_without_a_system_is_not_guessed(
    tmp_path: Path, streets: gpd.GeoDataFrame
) -> None:
    path = tmp_path / "streets.shp"
    streets.to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(UnknownCRSError, match="--crs"):
        read_network(path)
    assert len(read_network(path, crs="EPSG:4326").network.u)


def test_an_extract_with_fclass_leaves_motorways_out(tmp_path: Path) -> None:
    lines = gpd.GeoDataFrame(
        {"fclass": ["steps", "motorway"], "bridge": ["T", "F"], "tunnel": ["F", "F"]},
        geometry=[
            shapely.LineString([(114.3, 30.5), (114.31, 30.5)]),
            shapely.LineString([(114.3, 30.5), (114.31, 30.6)]),
        ],
        crs="EPSG:4326",
    )
    lines.to_file(tmp_path / "gis_osm_roads.shp")
    read = read_network(tmp_path / "gis_osm_roads.shp")
    assert read.network.highway.tolist() == ["steps"]
    assert read.network.left_out["closed_to_foot"] == 1
    assert not [line for line in read.warnings if "no column highway" in line]
    frame = read_street_lines(tmp_path / "gis_osm_roads.shp").frame
    assert frame["structure"].tolist() == ["bridge", None]
    assert frame["steps"].tolist() == [True, False]


def columns(**given: list[object]) -> pd.DataFrame:
    found = street_columns(pd.DataFrame({name: pd.Series(c) for name, c in given.items()}))
    assert found.faults == ()
    return found.frame


@pytest.mark.parametrize(
    "words",
    [[True, False], [1, 0], [1.0, 0.0], ["yes", "no"], ["T", "F"], ["是", "否"], ["1", "0"]],
)
def test_flags_are_read_in_every_form(words: list[object]) -> None:
    frame = columns(forward=words, steps=words, cut_start=words)
    for name in ("forward", "steps", "cut_start"):
        assert frame[name].tolist() == [True, False]
        assert frame[name].dtype == bool


def test_a_missing_cell_is_the_default() -> None:
    frame = columns(
        forward=[None, "no"], steps=["", "yes"], crossings=[None, "0.5"], slope_forward=[None, 2]
    )
    assert frame["forward"].tolist() == [True, False]
    assert frame["steps"].tolist() == [False, True]
    assert frame["crossings"].tolist() == [0.0, 0.5]
    assert frame["slope_forward"].tolist() == [1.0, 2.0]


def test_tags_of_openstreetmap_are_read() -> None:
    frame = columns(
        **{
            "highway": ["footway", "['footway', 'steps']", ["steps"], "path", "path"],
            "oneway:foot": ["yes", "-1", "no", None, "yes"],
            "oneway": ["yes", "yes", "yes", "yes", "yes"],
            "bridge": ["viaduct", "no", None, "", "0"],
            "tunnel": [None, "yes", "building_passage", None, None],
            "foot": [None, None, None, "no", "private"],
        }
    )
    assert frame["forward"].tolist() == [True, False, True, False, False]
    assert frame["backward"].tolist() == [False, True, True, False, False]
    assert frame["steps"].tolist() == [False, True, True, False, False]
    assert frame["structure"].tolist() == ["bridge", "tunnel", None, None, None]


def test_a_column_of_its_own_beats_the_tags() -> None:
    frame = columns(
        **{"forward": [True], "oneway:foot": ["-1"], "steps": [False], "highway": ["steps"]},
        structure=["tunnel"],
        bridge=["yes"],
    )
    assert frame["forward"].tolist() == [True]
    assert frame["steps"].tolist() == [False]
    assert frame["structure"].tolist() == ["tunnel"]


def test_what_no_column_speaks_of_is_not_there() -> None:
    assert columns(name=["a"]).columns.tolist() == ["name"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("steps", "twelve", "true or false"),
        ("forward", 2, "true or false"),
        ("crossings", -1, "less than 0"),
        ("lifts", "many", "a number"),
        ("slope_forward", 0.9, "less than 1"),
        ("slope_backward", float("inf"), "infinite"),
        ("structure", "arch", "bridge or tunnel"),
    ],
)
def test_a_bad_attribute_names_its_row(
    tmp_path: Path, streets: gpd.GeoDataFrame, name: str, value: object, message: str
) -> None:
    cells: list[object] = [None] * len(streets)
    cells[2] = value
    document = json.loads(streets.to_json())
    for feature, cell in zip(document["features"], cells, strict=True):
        feature["properties"][name] = "Infinity" if cell == float("inf") else cell
    path = tmp_path / "streets.geojson"
    path.write_text(json.dumps(document))
    with pytest.raises(InputFaults, match=rf"row 3, field {name}: .*{message}"):
        read_street_lines(path)


def cross(tmp_path: Path) -> Path:
    lines = [
        shapely.LineString([(114.3, 30.5), (114.31, 30.5)]),
        shapely.LineString([(114.305, 30.49), (114.305, 30.51)]),
    ]
    path = tmp_path / "cross.fgb"
    gpd.GeoDataFrame(geometry=lines, crs="EPSG:4326").to_file(path)
    return path


def test_crossings_are_joined_where_asked_for(tmp_path: Path) -> None:
    path = cross(tmp_path)
    plain = read_network(path)
    split = read_network(path, planarize=True)
    assert len(plain.network.u) == 2
    assert plain.notes == ()
    assert len(split.network.u) == 4
    assert len(split.network.node_lonlat) == 5
    assert split.rows == 2
    assert split.notes == (f"{path}: 2 lines split at 1 places",)


def square_graph(**crs: str) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(**crs)
    for node, (x, y) in enumerate([(0, 0), (1, 0), (1, 1), (0, 1)]):
        graph.add_node(node, x=114.3 + x / 100, y=30.5 + y / 100)
    for u, v in ((0, 1), (1, 2), (2, 3), (3, 0)):
        graph.add_edge(u, v, highway="residential", osmid=u, length=1000.0)
        graph.add_edge(v, u, highway="residential", osmid=u, length=1000.0)
    bent = shapely.LineString([(114.3, 30.5), (114.304, 30.506), (114.31, 30.51)])
    graph.add_edge(0, 2, highway=["footway", "steps"], osmid=[7, 8], geometry=bent, length=1.0)
    graph.add_edge(2, 0, highway=["footway", "steps"], osmid=[7, 8], geometry=bent.reverse())
    return graph


def test_a_graph_of_osmnx_is_read_with_every_street_once(tmp_path: Path) -> None:
    graph = square_graph(crs="EPSG:4326")
    path = tmp_path / "walk.graphml"
    ox.save_graphml(graph, path)
    read = read_network(path)
    assert len(read.network.u) == 5
    assert len(read.network.node_lonlat) == 4
    assert read.network.left_out["copies"] == 0
    assert sorted(read.network.highway) == ["footway", *["residential"] * 4]
    assert read.origin_crs == "EPSG:4326"
    in_memory = network_from_graph(graph)
    assert in_memory.version == read.network.version
    lines = read_street_lines(path).frame
    assert lines["steps"].sum() == 1
    # OSMnx itself, as oracle of the lengths.
    edges = ox.convert.graph_to_gdfs(ox.convert.to_undirected(graph), nodes=False)
    geodesic = edges.to_crs("EPSG:4547").length.sum()
    assert read.network.length_m.sum() == pytest.approx(geodesic, rel=1e-3)


def test_a_projected_graph_says_its_system(tmp_path: Path) -> None:
    path = tmp_path / "walk.graphml"
    ox.save_graphml(ox.projection.project_graph(square_graph(crs="EPSG:4326")), path)
    read = read_network(path)
    assert read.origin_crs == "EPSG:32650"
    assert read.network.length_m.sum() == pytest.approx(
        network_from_graph(square_graph()).length_m.sum(), rel=1e-6
    )


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph])
def test_a_plain_graph_of_networkx_is_read(tmp_path: Path, kind: type) -> None:
    graph = kind()
    for name, x in (("西", 114.30), ("中", 114.31), ("东", 114.32)):
        graph.add_node(name, x=x, y=30.5)
    graph.add_edge("西", "中")
    graph.add_edge("东", "中", highway="path")
    path = tmp_path / "plain.graphml"
    nx.write_graphml(graph, path)
    read = read_network(path)
    assert len(read.network.u) == 2
    assert len(read.network.node_lonlat) == 3


def test_an_edge_without_its_reverse_is_walked_both_ways_unless_it_says_so() -> None:
    graph = square_graph()
    graph.remove_edge(1, 0)
    lines = graph_lines(graph)
    assert "forward" not in lines
    for tag, turned, expected in (
        ("yes", False, (True, False)),
        ("-1", False, (False, True)),
        ("yes", True, (False, True)),
        ("no", False, (True, True)),
        ("yes", [True, False], (True, True)),
    ):
        graph.edges[0, 1, 0].update({"oneway:foot": tag, "reversed": turned})
        lines = graph_lines(graph)
        assert len(lines) == 5
        assert tuple(lines.iloc[0][["forward", "backward"]]) == expected
        assert lines.iloc[1:][["forward", "backward"]].all(axis=None)


def test_a_pair_that_is_one_way_on_foot_stays_so() -> None:
    # As OSMnx makes it: both directions of the way, the one against it marked.
    graph = square_graph()
    graph.edges[0, 1, 0].update({"oneway:foot": "yes", "reversed": False})
    graph.edges[1, 0, 0].update({"oneway:foot": "yes", "reversed": True})
    lines = graph_lines(graph)
    one = lines.iloc[0]
    assert one.geometry.coords[0] == (114.3, 30.5)
    assert (one["forward"], one["backward"]) == (True, False)


def test_parallel_edges_stay_two_streets() -> None:
    graph = square_graph()
    lake = shapely.LineString([(114.3, 30.5), (114.305, 30.49), (114.31, 30.5)])
    graph.add_edge(0, 1, geometry=lake)
    graph.add_edge(1, 0, geometry=lake.reverse())
    assert len(graph_lines(graph)) == 6


def test_a_line_is_led_to_its_nodes() -> None:
    graph = nx.Graph()
    graph.add_node("a", x=114.3, y=30.5)
    graph.add_node("b", x=114.31, y=30.5)
    inner = shapely.LineString([(114.309, 30.5), (114.301, 30.5)])
    graph.add_edge("a", "b", geometry=inner)
    line = graph_lines(graph).geometry.iloc[0]
    assert [x for x, _ in line.coords] == [114.3, 114.301, 114.309, 114.31]


def test_bad_graphs_are_refused() -> None:
    graph = square_graph()
    del graph.nodes[2]["x"]
    with pytest.raises(InputError, match="node 2 has no coordinates"):
        graph_lines(graph)
    graph = square_graph()
    graph.edges[0, 2, 0]["geometry"] = "POINT (1 2)"
    with pytest.raises(InputFaults, match="field geometry: is no line"):
        graph_lines(graph)
    graph = square_graph()
    graph.nodes[0]["x"] = 500_000
    with pytest.raises(UnknownCRSError, match="names no crs"):
        graph_lines(graph)
    with pytest.raises(InputError, match="no edges"):
        graph_lines(nx.Graph())
    graph = nx.Graph()
    graph.add_node(1, x=1, y=1)
    graph.add_node(2, x=1, y=2)
    graph.add_edge(1, 2, highway="motorway")
    with pytest.raises(NetworkError):
        network_from_graph(graph)
