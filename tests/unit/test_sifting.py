"""Sifting a file: what is repaired, what is set aside, what is taken for the same thing twice."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from service.core.incoming import ROW_COLUMN
from service.imports.limits import Limits
from service.imports.quarantine import write_quarantine
from service.imports.raw import RawTable, Reading
from service.imports.reader import read_layer
from service.imports.repairs import repair
from service.imports.sifting import LayerReading, sift_layer
from service.imports.twins import APART_M, find_twins
from service.uploads.frames import from_stream, to_stream
from service.uploads.reading import read_file
from spatial.errors import Fault, InputError, InputFaults
from spatial.fields import DISTRICTS, FACILITIES, LAYERS

SQUARE = [[114.0, 30.0], [114.01, 30.0], [114.01, 30.01], [114.0, 30.01], [114.0, 30.0]]
BOWTIE = [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]


def raw(*shapes: object, name: str = "geometry", placed: bool = True) -> RawTable:
    return RawTable(pd.DataFrame({name: pd.Series(shapes, dtype=object)}), placed=placed)


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "Polygon", "coordinates": [SQUARE[:-1]]},
        json.dumps({"type": "Polygon", "coordinates": [SQUARE[:-1]]}),
        "POLYGON ((114 30, 114.01 30, 114.01 30.01, 114 30.01))",
        {"type": "MultiPolygon", "coordinates": [[SQUARE[:-1]]]},
    ],
)
def test_an_open_ring_is_closed(shape):
    done = repair(raw(shape), {})
    (one,) = done.repairs
    assert (one.row, one.what, one.detail) == (1, "ring_closed", "1 ring closed")
    assert done.raw.frame["geometry"][0].equals(shapely.Polygon(SQUARE))


def test_a_ring_that_crosses_itself_is_made_valid():
    done = repair(raw(None, shapely.Polygon(BOWTIE)), {})
    (one,) = done.repairs
    assert (one.row, one.what) == (2, "made_valid")
    assert one.detail == "Self-intersection[1 1]; made valid, 2 parts"
    mended = done.raw.frame["geometry"][1]
    assert mended.is_valid
    # Two triangles, half a square of 2 by 2 together.
    assert mended.area == 2
    assert done.raw.frame["geometry"][0] is None


@pytest.mark.parametrize(
    "shape",
    [
        shapely.box(0, 0, 1, 1),
        shapely.Point(1, 1),
        shapely.Polygon(),
        None,
        "no shape",
        "POLYGON ((0 0, 1 1))",
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": "x"},
        {"type": "Polygon", "coordinates": [5]},
        {"type": "Polygon", "coordinates": [SQUARE]},
        "POLYGON ((0 0, 1 1, Inf 0, 0 0))",
        # A spike without a surface: there is no polygon to be made of it.
        shapely.Polygon([(0, 0), (1, 1), (0, 0), (0, 0)]),
    ],
)
def test_what_is_right_or_cannot_be_mended_is_left_as_it_is(shape):
    table = raw(shape)
    done = repair(table, {})
    assert done.repairs == ()
    assert done.raw is table


def test_text_columns_are_repaired_under_their_own_name():
    table = raw("POLYGON ((0 0, 1 0, 1 1))", name="位置", placed=False)
    assert len(repair(table, {"位置": "wkt"}).repairs) == 1
    assert repair(table, {}).repairs == ()


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_what_is_kept_is_what_the_strict_reader_reads(tmp_path):
    head = "id,name,lon,lat,households"
    good = ["a,A,114,30,1", "b,B,114.1,30,2", "c,C,114.2,30,3"]
    bad = ["a,again,114,30,1", ",no id,114,30,1", "d,D,,30,1", "e,E,114,30,x", "f,F,500,30,1"]
    mixed = [good[0], bad[0], bad[1], good[1], bad[2], bad[3], good[2], bad[4]]
    reading = LayerReading(crs="EPSG:4326")
    sifted = sift_layer(write(tmp_path / "mixed.csv", head, *mixed), DISTRICTS, reading)
    strict = read_layer(write(tmp_path / "good.csv", head, *good), DISTRICTS, crs="EPSG:4326")

    pd.testing.assert_frame_equal(
        pd.DataFrame(sifted.read.frame.drop(columns="geometry")),
        pd.DataFrame(strict.frame.drop(columns="geometry")),
    )
    assert sifted.rows.tolist() == [1, 4, 7]
    assert sifted.set_aside.tolist() == [2, 3, 5, 6, 8]
    assert {fault.row for fault in sifted.faults} == {2, 3, 5, 6, 8}
    with pytest.raises(InputFaults) as refused:
        read_layer(tmp_path / "mixed.csv", DISTRICTS, crs="EPSG:4326")
    assert {(f.row, f.field) for f in refused.value.faults} == {
        (f.row, f.field) for f in sifted.faults
    }


def test_a_fault_of_the_whole_file_sets_no_rows_aside(tmp_path):
    swapped = [f"r{n},30,114" for n in range(20)]
    path = write(tmp_path / "swapped.csv", "id,lon,lat", *swapped)
    with pytest.raises(InputError, match="seem to be swapped in every row"):
        sift_layer(path, DISTRICTS, LayerReading(crs="EPSG:4326"))
    few = Reading(limits=Limits(rows=19))
    with pytest.raises(InputError, match="has too many rows: 20, at most 19"):
        sift_layer(path, DISTRICTS, LayerReading(crs="EPSG:4547", how=few))


def test_twins_are_of_one_name_and_one_place():
    metre = 1 / 111_000
    names = pd.Series(["甲", "甲", "甲", "乙", None, None, "甲"], dtype=object)
    lats = [30, 30 + 10 * metre, 30 + 200 * metre, 30, 30, 30, 30 + 10 * metre]
    shapes = shapely.points([114.0] * 7, lats)
    twins = find_twins(names, shapes)
    assert {(one.at, one.other) for one in twins} == {(1, 0), (6, 1)}
    assert next(one for one in twins if one.at == 1).apart_m == pytest.approx(10, abs=0.2)
    far = shapely.points([114.0] * 2, [30, 30 + (APART_M + 1) * metre])
    assert find_twins(names[:2], far) == ()
    among = find_twins(names[:1], shapes[:1], among=(names[1:4], shapes[1:4]))
    assert [(one.at, one.other) for one in among] == [(0, 0)]
    assert find_twins([None] * 2, shapes[:2]) == ()


@pytest.mark.parametrize("name", LAYERS)
def test_rows_survive_their_stream(name, tmp_path):
    layer = LAYERS[name]
    cells = {
        "areas": {"code": "1", "name": "区", "kind": "county", "population": 3},
        "buildings": {"id": "1", "district_id": "d"},
        "facilities": {
            "id": "1",
            "kind": "nursery",
            "floor_area_m2": "0.10000000000000000001",
            "service_area": "a;b",
            "lift": "是",
            "opened_on": "2020-01-31",
            "entrances": "MULTIPOINT (114.1 30.1, 114.2 30.2)",
        },
    }.get(name, {"id": "1", "name": "园"})
    path = tmp_path / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, [*cells, "wkt"])
        writer.writeheader()
        for key in ("1", "2"):
            row = {**cells, layer.key: key, "wkt": shapely.Polygon(SQUARE).wkt}
            # The second row has what must be there, and nothing else.
            needed = {f.name for f in layer.fields if f.required} | {"wkt"}
            writer.writerow(row if key == "1" else {n: row[n] for n in row if n in needed})
    frame = read_layer(path, layer, crs="EPSG:4326").frame
    frame[ROW_COLUMN] = np.array([5, 9])
    again = from_stream(to_stream(frame, layer), layer)
    assert again.crs == frame.crs
    assert list(again.columns) == list(frame.columns)
    for field in layer.fields:
        for one, other in zip(frame[field.name], again[field.name], strict=True):
            assert type(one) is type(other)
            assert one is other or pd.isna(one) is True or one == other


FAULTS = (Fault("x", 2, "places", "=1+1"), Fault("x", 2, None, "is odd"))


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet", ".csv", ".xlsx"])
def test_rows_set_aside_are_written_as_they_stand(tmp_path, suffix):
    frame = pd.DataFrame(
        {
            "id": ["a", "b"],
            "places": ["1", "=2+2"],
            "geometry": pd.Series([shapely.Point(1, 2), shapely.Point(3, 4)], dtype=object),
        }
    )
    path = tmp_path / f"aside{suffix}"
    write_quarantine(RawTable(frame, placed=True), np.array([2]), FAULTS, path)
    if suffix == ".csv":
        read = pd.read_csv(path, dtype=str)
    elif suffix == ".xlsx":
        rows = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))
        read = pd.DataFrame(rows[1:], columns=rows[0])
    elif suffix == ".parquet":
        read = gpd.read_parquet(path)
    else:
        read = gpd.read_file(path)
    assert read["id"].tolist() == ["b"]
    assert read["places"].tolist() == ["=2+2"], "the user's cells come back as they were"
    assert read["import_reason"][0].lstrip("'") == "places: =1+1; is odd"
    shape = read["wkt"][0] if "wkt" in read else read.geometry[0].wkt
    assert shape == "POINT (3 4)"


def test_rows_are_set_aside_in_known_formats_only(tmp_path):
    table = RawTable(pd.DataFrame({"id": ["a"]}), placed=False)
    with pytest.raises(InputError, match=r"rows are set aside as \.geojson"):
        write_quarantine(table, np.array([1]), (), tmp_path / "x.dxf")


def test_facilities_are_sifted_whatever_their_kind_column_says(tmp_path):
    path = write(tmp_path / "f.csv", "id,kind,lon,lat", "a,nursery,114,30", "b,palace,114,30")
    sifted = sift_layer(path, FACILITIES, LayerReading(crs="EPSG:4326"))
    assert sifted.set_aside.tolist() == [2]


def test_rows_set_aside_say_where_they_are_as_far_as_they_can(tmp_path):
    """In the system of the file, transformed as the good rows are; nowhere where nobody knows."""
    path = tmp_path / "x.csv"
    path.write_text(
        "id,kind,status,x,y,places\n"
        "a,nursery,operating,500000,3380000,5\n"
        "b,nursery,operating,500100,3380100,five\n"
        "c,nursery,operating,114,30,5\n"
        "d,nursery,operating,,3380000,5\n"
        "a,nursery,operating,500200,3380000,5\n",
        encoding="utf-8",
    )
    reading = LayerReading(crs="EPSG:4547")
    found = read_file(path, FACILITIES, reading, label="x.csv", quarantine=tmp_path)
    positions = {one["row"]: one["position"] for one in found.told["quarantined"]}
    move = Transformer.from_crs("EPSG:4547", "EPSG:4326", always_xy=True)
    for row, place in ((2, (500100, 3380100)), (5, (500200, 3380000))):
        assert positions[row] == pytest.approx(move.transform(*place), abs=1e-8)
    # Degrees among metres: where that is nobody knows; and half a place is none.
    assert positions[3] is None
    assert positions[4] is None


@pytest.mark.parametrize(
    ("geometry", "position"),
    [
        ({"type": "Polygon", "coordinates": [[[114, 30], [114.1, 30]]]}, (114, 30)),
        ({"type": "Polygon", "coordinates": [[[None, 30], [114.2, 30.1]]]}, (114.2, 30.1)),
        ({"type": "Polygon", "coordinates": "x"}, None),
        ({"type": "LineString", "coordinates": [[114, 30], [114.2, 30]]}, (114, 30)),
        (None, None),
        ({"type": "Point", "coordinates": [214, 30]}, None),
    ],
)
def test_of_a_broken_geometry_a_vertex_is_salvaged(tmp_path, geometry, position):
    path = tmp_path / "x.geojson"
    square = {"type": "Polygon", "coordinates": [SQUARE]}
    features = [
        {"type": "Feature", "geometry": shape, "properties": {"id": name}}
        for name, shape in (("good", square), ("bad", geometry))
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = read_file(path, DISTRICTS, LayerReading(), label="x", quarantine=tmp_path)
    (aside,) = found.told["quarantined"]
    assert aside["row"] == 2
    assert aside["position"] == (None if position is None else pytest.approx(position))


def test_a_row_of_a_table_without_places_is_where_its_stored_feature_is(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("id,places\na,five\nnowhere,5\n", encoding="utf-8")
    stored = tmp_path / "stored.csv"
    stored.write_text("id,kind,lon,lat,status\na,nursery,114.3,30.6,operating\n")
    frame = read_layer(stored, FACILITIES, crs="EPSG:4326").frame
    reading = LayerReading(stored=lambda: frame)
    found = read_file(path, FACILITIES, reading, label="x.csv", quarantine=tmp_path)
    assert [one["position"] for one in found.told["quarantined"]] == [(114.3, 30.6), None]
