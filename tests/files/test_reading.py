"""The same town comes out of every format, in whatever system it was written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from town import DISTRICT_ROWS, FACILITY_ROWS, typed, write_csv, write_geojson

from service.core.guarded import guarded
from service.imports.reader import read_layer
from service.imports.street_reader import read_lines, read_network
from spatial.errors import InputError, InputFaults, UnknownCRSError
from spatial.fields import DISTRICTS, FACILITIES, LAYERS

Write = Callable[[Path, list], Path]


def to_geopackage(path: Path, rows: list) -> Path:
    typed(rows).to_file(path, driver="GPKG", layer="anything")
    return path


def to_parquet(path: Path, rows: list) -> Path:
    typed(rows).to_parquet(path)
    return path


def to_parquet_with_entrances(path: Path, rows: list) -> Path:
    frame = typed(rows)
    if "entrances" in frame:
        wkt = [None if pd.isna(cell) else cell for cell in frame["entrances"]]
        frame["entrances"] = gpd.GeoSeries.from_wkt(wkt, crs="EPSG:4326")
    if "service_area" in frame:
        frame["service_area"] = [
            None if pd.isna(cell) else cell.split(";") for cell in frame["service_area"]
        ]
    frame.to_parquet(path)
    return path


def to_csv_with_mark(path: Path, rows: list) -> Path:
    return write_csv(path, rows, encoding="utf-8-sig")


FORMATS: dict[str, tuple[str, Write]] = {
    "geojson": ("f.geojson", write_geojson),
    "json": ("f.JSON", write_geojson),
    "csv": ("f.csv", write_csv),
    "csv with a mark": ("f.csv", to_csv_with_mark),
    "geopackage": ("f.gpkg", to_geopackage),
    "geoparquet": ("f.parquet", to_parquet),
    "geoparquet with lists": ("f.parquet", to_parquet_with_entrances),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("layer", ["districts", "facilities"])
def test_every_format_gives_the_same_frame(
    tmp_path: Path, name: str, layer: str, request: pytest.FixtureRequest
) -> None:
    file, write = FORMATS[name]
    rows = DISTRICT_ROWS if layer == "districts" else FACILITY_ROWS
    path = write(tmp_path / file, rows)

    read = read_layer(path, LAYERS[layer], crs="EPSG:4326" if "csv" in name else None)

    expected: gpd.GeoDataFrame = request.getfixturevalue(layer)
    # A GeoPackage table has one type of geometry: polygons beside multipolygons become such.
    read.frame["geometry"] = read.frame.geometry.normalize()
    expected = expected.assign(geometry=expected.geometry.normalize())
    assert_geodataframe_equal(read.frame, expected, check_geom_type=True)
    assert read.origin_crs in ("EPSG:4326", "OGC:CRS84")
    assert read.transformation is None


def test_a_projected_system_comes_back_to_the_same_places(
    tmp_path: Path, districts: gpd.GeoDataFrame
) -> None:
    zone = typed(DISTRICT_ROWS).to_crs("EPSG:4547")
    zone["entrances"] = gpd.GeoSeries.from_wkt(
        [None if pd.isna(cell) else cell for cell in zone["entrances"]], crs="EPSG:4326"
    ).to_crs("EPSG:4547")
    zone.to_parquet(tmp_path / "d.parquet")

    read = read_layer(tmp_path / "d.parquet", DISTRICTS)

    assert read.origin_crs == "EPSG:4547"
    assert read.transformation is not None
    assert "CGCS2000 agrees with WGS 84" in read.transformation
    for name in ("geometry", "entrances"):
        ours = shapely.get_coordinates(read.frame[name].to_numpy(dtype=object))
        theirs = shapely.get_coordinates(districts[name].to_numpy(dtype=object))
        assert np.abs(ours - theirs).max() < 1e-9


def test_csv_takes_coordinates_in_a_zone(tmp_path: Path) -> None:
    point = gpd.GeoSeries([shapely.Point(114.3, 30.5)], crs="EPSG:4326").to_crs("EPSG:4526")[0]
    path = tmp_path / "f.csv"
    path.write_text(f"id,kind,x,y\na,nursery,{point.x!r},{point.y!r}\n")

    read = read_layer(path, FACILITIES, crs="EPSG:4526")

    assert abs(read.frame.geometry[0].x - 114.3) < 1e-9
    assert abs(read.frame.geometry[0].y - 30.5) < 1e-9


def test_an_unsure_transformation_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("id,kind,x,y,status\na,nursery,500000,3380000,operating\n")

    read = read_layer(path, FACILITIES, crs="EPSG:2383")  # Xian 1980, zone 114E

    (warning,) = read.warnings
    assert "positions from EPSG:2383 are possibly 100 m or more off" in warning


@pytest.mark.parametrize(
    ("crs", "rows", "message"),
    [
        (None, "a,nursery,114.3,30.5", "no coordinate reference system is declared"),
        ("EPSG:99999", "a,nursery,114.3,30.5", "there is no coordinate reference system"),
        ("EPSG:4978", "a,nursery,114.3,30.5", "is a Geocentric CRS"),
        (
            "EPSG:4547",
            "a,nursery,114.3,30.5",
            "row 1, field geometry: x 114.3, y 30.5 lies outside ",
        ),
        ("EPSG:4547", "a,nursery,114.3,30.5", "these look like degrees, not metres"),
        ("EPSG:4547", "a,nursery,38500000,3380000", "row 1, field geometry: x 38500000"),
        ("EPSG:4326", "a,nursery,30.5,114.3\nb,nursery,30.6,114.4", "swapped in every row (2)"),
        ("EPSG:4490", "a,nursery,30.5,114.3", "longitude and latitude seem to be swapped"),
        ("EPSG:4547", "a,nursery,3380000,500000", "easting and northing seem to be swapped"),
        ("EPSG:4326", "a,nursery,114.3,30.5\nb,nursery,30.6,114.4", "row 2, field geometry"),
        (
            "EPSG:4490",
            "a,nursery,2.35,48.85",
            "row 1, field geometry: x 2.35, y 48.85 lies outside",
        ),
        ("EPSG:4326", "a,nursery,,30.5", "row 1, field lon: is missing"),
        ("EPSG:4326", "a,nursery,east,30.5", "row 1, field lon: must be a number, not 'east'"),
        ("EPSG:4326", "a,nursery,NaN,30.5", "row 1, field lon: must be a number, not 'NaN'"),
        ("EPSG:4326", "a,nursery,,", "row 1, field geometry: is missing"),
    ],
)
def test_coordinates_that_cannot_be_are_refused(
    tmp_path: Path, crs: str | None, rows: str, message: str
) -> None:
    path = tmp_path / "f.csv"
    path.write_text(f"id,kind,lon,lat\n{rows}\n")

    with pytest.raises(InputError) as caught:
        read_layer(path, FACILITIES, crs=crs)

    (line,) = str(caught.value).splitlines()
    assert line.startswith(str(path))
    assert message in line


def test_a_file_and_the_user_may_not_disagree_on_the_system(tmp_path: Path) -> None:
    typed(FACILITY_ROWS).to_parquet(tmp_path / "f.parquet")
    old = write_geojson(
        tmp_path / "f.geojson",
        FACILITY_ROWS,
        crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}},
    )

    with pytest.raises(InputError, match="--crs says EPSG:4547, but the file says EPSG:4326"):
        read_layer(tmp_path / "f.parquet", FACILITIES, crs="EPSG:4547")
    with pytest.raises(InputError, match="--crs says EPSG:4547, but the file says EPSG:4490"):
        read_layer(old, FACILITIES, crs="EPSG:4547")
    assert read_layer(old, FACILITIES).origin_crs == "EPSG:4490"
    assert read_layer(tmp_path / "f.parquet", FACILITIES, crs="OGC:CRS84").origin_crs == "EPSG:4326"


def test_a_system_nobody_knows_is_refused(tmp_path: Path) -> None:
    frame = typed(FACILITY_ROWS)
    frame.set_crs(None, allow_override=True).to_parquet(tmp_path / "none.parquet")
    bad = write_geojson(
        tmp_path / "f.geojson",
        FACILITY_ROWS,
        crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::99999"}},
    )

    with pytest.raises(UnknownCRSError, match="no coordinate reference system is declared"):
        read_layer(tmp_path / "none.parquet", FACILITIES)
    with pytest.raises(UnknownCRSError, match="99999"):
        read_layer(bad, FACILITIES)


def test_columns_are_mapped_and_the_rest_is_told(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("编号,id,经度,纬度,houshold,note\na,1,114.3,30.5,5,x\n", encoding="utf-8")

    read = read_layer(
        path,
        DISTRICTS,
        crs="EPSG:4326",
        columns={"编号": "id", "经度": "lon", "纬度": "lat"},
    )

    assert read.frame["id"].tolist() == ["a"]
    assert read.warnings == (
        f"{path}: columns not read: houshold (did you mean households?), note, id",
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"nummer": "id"}, "there is no column 'nummer' to map to id"),
        ({"id": "identity"}, "'id' is mapped to 'identity', which is no field of districts"),
        ({"id": "name", "other": "name"}, "'id' and 'other' are both mapped to name"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(
    tmp_path: Path, columns: dict[str, str], message: str
) -> None:
    path = tmp_path / "d.csv"
    path.write_text("id,other,lon,lat\na,b,114.3,30.5\n")

    with pytest.raises(InputError) as caught:
        read_layer(path, DISTRICTS, crs="EPSG:4326", columns=columns)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_id_of_a_feature_serves_where_no_property_does(tmp_path: Path) -> None:
    path = tmp_path / "d.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","id":17,"properties":null,'
        '"geometry":{"type":"Point","coordinates":[114.3,30.5]}}]}'
    )

    assert read_layer(path, DISTRICTS).frame["id"].tolist() == ["17"]


def test_the_key_of_a_geopackage_table_serves_as_id(tmp_path: Path) -> None:
    path = tmp_path / "d.gpkg"
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(114.3, 30.5)] * 2, crs="EPSG:4326")
    frame.to_file(path, driver="GPKG", FID="id")

    assert read_layer(path, DISTRICTS).frame["id"].tolist() == ["1", "2"]


def test_one_table_of_many_is_named_or_bears_the_name_of_the_layer(tmp_path: Path) -> None:
    path = tmp_path / "many.gpkg"
    typed(DISTRICT_ROWS).to_file(path, driver="GPKG", layer="districts")
    typed(FACILITY_ROWS).to_file(path, driver="GPKG", layer="sites 2024")
    named = Path(f"{path}|layername=sites 2024")

    assert len(read_layer(path, DISTRICTS).frame) == len(DISTRICT_ROWS)
    assert len(read_layer(named, FACILITIES).frame) == len(FACILITY_ROWS)
    with pytest.raises(InputError, match=r"has several tables \(districts, sites 2024\)"):
        read_layer(path, FACILITIES)
    with pytest.raises(InputError, match=r"no table 'sites' \(did you mean sites 2024\?\)"):
        read_layer(Path(f"{path}|layername=sites"), FACILITIES)


@pytest.mark.parametrize("suffix", [".geojson", ".csv", ".gpkg", ".parquet"])
@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff\xfe\x00rubbish", b"SQLite format 3\x00" + bytes(200), b"PAR1oops"]
)
def test_a_damaged_file_is_one_line_that_names_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], suffix: str, content: bytes
) -> None:
    path = tmp_path / f"f{suffix}"
    path.write_bytes(content)

    with pytest.raises(InputError) as caught:
        read_layer(path, FACILITIES, crs="EPSG:4326")

    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_geopackage_cut_short_is_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = to_geopackage(tmp_path / "f.gpkg", FACILITY_ROWS)
    path.write_bytes(path.read_bytes()[:20_000])

    with pytest.raises(InputError, match=r"f\.gpkg: cannot be read"):
        read_layer(path, FACILITIES)
    assert capfd.readouterr() == ("", "")


def test_a_database_that_is_no_geopackage_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "f.gpkg"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (a)")
    database.close()

    with pytest.raises(InputError, match="is no GeoPackage"):
        read_layer(path, FACILITIES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"FeatureCollection","features":[', "is no valid JSON: "),
        ("[" * 100_000, "is no JSON that can be read"),
        ('{"type":"Topology"}', "is no GeoJSON FeatureCollection but a Topology"),
        ("[]", "is no GeoJSON FeatureCollection"),
        ('{"type":"FeatureCollection","features":[5]}', "row 1: is no Feature: 5"),
        ('{"type":"FeatureCollection"}', "its features are not a list"),
    ],
)
def test_json_that_is_no_geojson_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "f.geojson"
    path.write_text(text)

    with pytest.raises(InputError) as caught:
        read_layer(path, FACILITIES)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        ("null", "field geometry: is missing"),
        ('{"type":"Point","coordinates":[]}', "field geometry: is empty"),
        ('{"type":"Point","coordinates":[NaN,1]}', "field geometry: is no geometry"),
        ('{"type":"Point","coordinates":["a",1]}', "type must be number, but is string"),
        ('{"type":"Point"}', "key 'coordinates' not found"),
        ('{"type":"Circle","coordinates":[1,1]}', "Unknown geometry type"),
        ('{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0]]]}', "closed linestring"),
        ("7", "field geometry: is no geometry: 7"),
    ],
)
def test_a_geometry_that_is_none_names_its_row(tmp_path: Path, geometry: str, message: str) -> None:
    path = tmp_path / "d.geojson"
    good = (
        '{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Point","coordinates":[1,1]}}'
    )
    bad = f'{{"type":"Feature","properties":{{"id":"b"}},"geometry":{geometry}}}'
    path.write_text(f'{{"type":"FeatureCollection","features":[{good},{bad}]}}')

    with pytest.raises(InputFaults) as caught:
        read_layer(path, DISTRICTS)

    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}, row 2, field geometry: ")
    assert message in line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id;kind\na;b\n", "is not separated by commas"),
        ("id,kind,id\n", "two columns are headed 'id'"),
        ("id,,kind\n", "column 2 has no heading"),
        ("id,kind,lon,lat\na,nursery,1\n", "row 1: has 3 cells, the heading has 4"),
        ("id,kind\na,nursery\n", "no column says where its rows are"),
        ("id,lon,lat,wkt\na,1,1,POINT (1 1)\n", "says several times where its rows are"),
        ('id,kind\n"a,nursery\n', "is no CSV that can be read"),
    ],
)
def test_a_table_that_cannot_be_read_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "f.csv"
    path.write_text(text)

    with pytest.raises(InputError) as caught:
        read_layer(path, FACILITIES, crs="EPSG:4326")

    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_text_in_no_encoding_looked_for_is_told(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"id,kind\n" + b"\xff\xff\xff,nursery\n")

    with pytest.raises(InputError, match=r"in neither UTF-8 nor GB18030 \(line 2: "):
        read_layer(path, FACILITIES, crs="EPSG:4326")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/vsicurl/http://example.org/f.csv", "addresses are not read"),
        ("https://example.org/f.geojson", "addresses are not read"),
        ("no/such.csv", "there is no such file"),
        ("/tmp", "is a folder, not a file"),  # noqa: S108  # a folder every machine has
        (__file__, "unknown format '.py'; known are .geojson, .json, .gpkg, .shp, .fgb, "),
    ],
)
def test_what_is_no_file_of_a_known_format_is_told(path: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_layer(Path(path), FACILITIES)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_facilities_that_say_nothing_of_their_status_are_counted(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "f.geojson", FACILITY_ROWS)

    silent = read_layer(path, FACILITIES)
    assumed = read_layer(path, FACILITIES, assume_status="operating")

    (warning,) = silent.warnings
    assert warning == (
        f"{path}: 1 of 3 facilities have neither a status nor a date and do not count; "
        "if they run, say so with --assume-status operating"
    )
    assert assumed.frame["status"].tolist() == ["operating", None, "operating"]
    assert "taken as operating" in assumed.warnings[0]
    with pytest.raises(InputError, match="'runs' is no known status"):
        read_layer(path, FACILITIES, assume_status="runs")


def test_a_file_without_rows_is_read_with_a_warning(tmp_path: Path) -> None:
    table = tmp_path / "f.csv"
    table.write_text("id,kind,lon,lat\n")

    read = read_layer(table, FACILITIES, crs="EPSG:4326")

    assert len(read.frame) == 0
    assert read.warnings == (f"{table}: has no rows",)


def test_street_lines_keep_the_system_of_the_file(
    tmp_path: Path, streets: gpd.GeoDataFrame
) -> None:
    zone = streets.to_crs("EPSG:4547")
    zone.to_parquet(tmp_path / "zone.parquet")
    streets.to_file(tmp_path / "plain.gpkg", driver="GPKG")
    streets.to_file(tmp_path / "plain.geojson", driver="GeoJSON", COORDINATE_PRECISION=15)

    lines = read_lines(tmp_path / "zone.parquet")
    first = read_network(tmp_path / "plain.gpkg")
    second = read_network(tmp_path / "plain.geojson")

    assert lines.crs is not None
    assert lines.crs.to_epsg() == 4547
    assert len(lines) == len(streets)
    assert first.network.version == second.network.version
    assert first.rows == len(streets)


def test_street_lines_that_cannot_be_are_named(tmp_path: Path, streets: gpd.GeoDataFrame) -> None:
    broken = streets.copy()
    broken.loc[2, "geometry"] = shapely.Point(114.3, 30.5)
    broken.loc[4, "geometry"] = None
    broken.to_parquet(tmp_path / "s.parquet")
    streets.assign(highway="motorway").to_parquet(tmp_path / "m.parquet")

    with pytest.raises(InputFaults) as caught:
        read_network(tmp_path / "s.parquet")
    assert [line.split(": ", 1)[1] for line in str(caught.value).splitlines()] == [
        "must be a LineString or MultiLineString, not a Point",
        "is missing",
    ]
    assert "s.parquet, row 3, field geometry" in str(caught.value)
    with pytest.raises(InputError, match=r"m\.parquet: no walkable street is left"):
        read_network(tmp_path / "m.parquet")


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "+86 10", "@home", "-5", "'tis", "＝1"])
def test_what_an_export_guards_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    path = tmp_path / "d.csv"
    path.write_text(f'id,name,lon,lat\na,"{guarded(text)}",114.3,30.5\n', encoding="utf-8")

    assert read_layer(path, DISTRICTS, crs="EPSG:4326").frame["name"].tolist() == [text]
