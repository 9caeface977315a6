"""Every format gives back the same features, values and places, whoever reads it."""

from __future__ import annotations

import csv
import json
import sqlite3
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import openpyxl
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from export_rows import FACILITY_ROWS, NOTICE, SHAPEFILE_NUMBER, package_of, same_value
from exported import READERS, plain, with_gdal, with_openpyxl
from planning import layer_frame

from service.exports.formats import FORMATS, TABLE_FORMATS
from service.exports.shapefile import short_names
from service.exports.writer import write_package
from service.reports.map_words import SERVICE_STYLES
from spatial.fields import FACILITIES


def test_there_is_no_format_this_test_does_not_know() -> None:
    known = {*READERS, ".xlsx", ".shp.zip"}
    assert known == {f".{name}" for name in TABLE_FORMATS}
    assert known | {".png"} == set(FORMATS)


@pytest.mark.parametrize("suffix", [*READERS, ".xlsx"])
def test_every_row_reads_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"设施{suffix}"
    write_package(path, package_of(FACILITIES, layer_frame(FACILITIES, FACILITY_ROWS)))

    names = [name for name in FACILITIES.names if name != "geometry"]
    found = with_openpyxl(path, names, "id") if suffix == ".xlsx" else READERS[suffix](path, "id")

    assert set(found) == {row["id"] for row in FACILITY_ROWS}
    for row in FACILITY_ROWS:
        for name in names:
            same_value(plain(found[row["id"]][name]), row, name)
        shape = found[row["id"]]["geometry"]
        if "json" in suffix:
            assert shape.normalize() == row["geometry"].normalize()
            assert all(part.exterior.is_ccw for part in polygons(shape))
        else:
            assert shapely.equals_exact(shape, row["geometry"], 0)
    assert list(found[FACILITY_ROWS[0]["id"]])[: len(names)] == names or suffix == ".csv"


def polygons(shape: shapely.Geometry) -> list[shapely.Polygon]:
    return [part for part in shapely.get_parts([shape]) if isinstance(part, shapely.Polygon)]


def test_a_shapefile_reads_back_within_its_limits(tmp_path: Path) -> None:
    long = "长" * 200
    rows = ({**FACILITY_ROWS[0], "source": long}, *FACILITY_ROWS[1:])
    path = tmp_path / "f.shp.zip"
    write_package(path, package_of(FACILITIES, layer_frame(FACILITIES, rows)))

    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        fields = archive.read("fields.csv").decode("utf-8-sig")
        notice = archive.read("NOTICE.txt").decode("utf-8-sig")
        cpg = archive.read("facilities_point.cpg").decode()
    assert names == {
        "fields.csv",
        "NOTICE.txt",
        *(
            f"facilities_{kind}.{part}"
            for kind in ("point", "polygon")
            for part in ("shp", "shx", "dbf", "prj", "cpg")
        ),
    }
    assert cpg.strip() == "UTF-8"
    assert NOTICE in notice
    mapping = list(csv.DictReader(fields.splitlines()))
    point = [row for row in mapping if row["file"] == "facilities_point.shp"]
    assert [row["name"] for row in point] == [n for n in FACILITIES.names if n != "geometry"]
    assert {row["name"]: row["heading"] for row in point}["places"] == "托位数"
    short = {row["name"]: row["field"] for row in point}
    assert all(len(field.encode()) <= 10 for field in short.values())
    assert {row["name"]: row["texts_cut"] for row in point}["source"] == "1"

    found = with_gdal(path, "id")
    assert set(found) == {row["id"] for row in rows}
    for row in rows:
        for name, field in short.items():
            value = found[row["id"]][field]
            if name == "source" and row.get(name) == long:
                assert value == "长" * 84
            elif isinstance(row.get(name), Decimal):
                assert value == pytest.approx(float(row[name]), abs=SHAPEFILE_NUMBER)
            else:
                same_value(value, row, name)
        # A shapefile has no polygons apart from multipolygons, and its rings run the other way.
        assert found[row["id"]]["geometry"].normalize() == row["geometry"].normalize()


def test_short_names_fit_and_differ() -> None:
    names = [
        "households_concerned",
        "households",
        "规划户数总计",
        "规划户数",
        "HOUSEHOLDS_x",
        "规划户合计数",
    ]
    short = short_names(names)

    assert short[1] == "households"
    assert all(len(name.encode()) <= 10 for name in short)
    assert len({name.casefold() for name in short}) == len(names)
    assert short[2] == "规划户"


def test_sequences_are_what_their_suffix_says(tmp_path: Path) -> None:
    package = package_of(FACILITIES, layer_frame(FACILITIES, FACILITY_ROWS))
    for suffix, before in ((".geojsonl", ""), (".geojsons", "\x1e")):
        path = tmp_path / f"r{suffix}"
        write_package(path, package)
        lines = path.read_text(encoding="utf-8").split("\n")
        assert lines.pop() == ""
        assert all(line.startswith(f'{before}{{"type":"Feature"') for line in lines)
        features = [json.loads(line.removeprefix(before)) for line in lines]
        assert [f["id"] for f in features] == [row["id"] for row in FACILITY_ROWS]
        assert [f.get("notices") for f in features] == [[NOTICE, "合成数据"], None, None, None]


def test_notices_go_with_every_file(tmp_path: Path) -> None:
    package = package_of(FACILITIES, layer_frame(FACILITIES, FACILITY_ROWS))
    paths = {suffix: tmp_path / f"r{suffix}" for suffix in FORMATS if suffix != ".png"}
    for path in paths.values():
        write_package(path, package)

    assert json.loads(paths[".geojson"].read_text("utf-8"))["notices"][0] == NOTICE
    metadata = pyogrio.read_info(paths[".gpkg"], layer="facilities")["dataset_metadata"]
    assert json.loads(metadata["YIKE_NOTICES"])[0] == NOTICE
    description = pyogrio.read_info(paths[".fgb"])["layer_metadata"]["DESCRIPTION"]
    assert description.splitlines()[0] == NOTICE
    said = json.loads(pq.read_metadata(paths[".parquet"]).metadata[b"yike"])
    assert said["notices"][0] == NOTICE
    assert gpd.read_parquet(paths[".parquet"]).attrs["notices"][0] == NOTICE
    assert NOTICE in (tmp_path / "r.csv.NOTICE.txt").read_text("utf-8-sig")
    notes = list(openpyxl.load_workbook(paths[".xlsx"])["说明"].values)
    assert ("声明", None, None, NOTICE) in notes


def test_qgis_finds_a_style_for_the_layer(tmp_path: Path) -> None:
    path = tmp_path / "r.gpkg"
    rows = [row for row in FACILITY_ROWS if row["geometry"].geom_type == "Point"]
    write_package(path, package_of(FACILITIES, layer_frame(FACILITIES, rows)))

    with sqlite3.connect(path) as database:
        (style,) = database.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
        ).fetchall()
        kinds = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents"))
        types = database.execute(
            "SELECT table_name, column_name, geometry_type_name FROM gpkg_geometry_columns"
        ).fetchall()
        broken = database.execute("PRAGMA integrity_check").fetchone()
    database.close()
    assert broken == ("ok",)
    assert style[:3] == ("facilities", "geom", 1)
    assert kinds == {"facilities": "features", "layer_styles": "attributes"}
    assert types == [("facilities", "geom", "POINT")]
    root = ET.fromstring(style[3])  # noqa: S314  # of our own making
    colours = {
        category.get("value"): root.find(
            f"renderer-v2/symbols/symbol[@name='{category.get('symbol')}']/layer"
            "/Option/Option[@name='color']"
        ).get("value")
        for category in root.iter("category")
    }
    assert colours == {
        service: ",".join(str(int(how.colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"
        for service, how in SERVICE_STYLES.items()
    }
