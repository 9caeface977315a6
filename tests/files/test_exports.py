"""Every format gives back the same features, values and places, whoever reads it."""

from __future__ import annotations

import csv
import datetime as dt
import gc
import json
import shutil
import sqlite3
import subprocess
import weakref
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from exported import READERS, parsed, plain, with_gdal, with_openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from service.core.guarded import FORMULA_STARTS, guarded, unguarded
from service.exports.field_headings import TITLES
from service.exports.formats import FORMATS, TABLE_FORMATS, format_of
from service.exports.layer_tables import layer_columns, layer_style
from service.exports.package import Package, Table, slices
from service.exports.shapefile import short_names
from service.exports.systems import output_system
from service.exports.writer import write_package
from service.imports.reader import read_layer
from service.reports.map_words import SERVICE_STYLES
from spatial.errors import InputError
from spatial.fields import DISTRICTS, FACILITIES, FieldType, Layer
from spatial.webmap_crs import WebMap

NOTICE = "含 © OpenStreetMap contributors 的数据,ODbL 1.0。"
SQUARE = shapely.box(114.3, 30.5, 114.31, 30.51)
# Not right-handed, with a hole: as a database may hold it.
RING = shapely.Polygon(
    [(114.4, 30.5), (114.4, 30.6), (114.5, 30.6), (114.5, 30.5)],
    [[(114.42, 30.52), (114.44, 30.52), (114.43, 30.54)]],
)
NASTY = "=1+1,\"x\"\r\n'两行',😀 'y';\t-"
SHAPEFILE_NUMBER = 1e-12


def frame_of(layer: Layer, *rows: dict[str, Any]) -> gpd.GeoDataFrame:
    columns: dict[str, Any] = {}
    for field in layer.fields:
        values = [row.get(field.name) for row in rows]
        if field.type is FieldType.INTEGER:
            columns[field.name] = pd.array(values, dtype="Int64")
        elif field.type is FieldType.BOOLEAN:
            columns[field.name] = pd.array(values, dtype="boolean")
        else:
            array = np.fromiter(values, dtype=object, count=len(values))
            columns[field.name] = pd.Series(array, dtype=object)
    return gpd.GeoDataFrame(columns, geometry="geometry", crs=4326)


def package_of(layer: Layer, frame: gpd.GeoDataFrame, *, crs: str | None = None) -> Package:
    table = Table(
        layer.name,
        TITLES[layer.name],
        layer_columns(layer),
        slices(frame),
        key=layer.key,
        rows=len(frame),
        style=layer_style(layer),
    )
    return Package((table,), (NOTICE, "合成数据"), "zh", output_system(crs, option="--crs"))


FACILITY_ROWS = (
    {
        "id": "-5",
        "name": NASTY,
        "kind": "nursery",
        "service": "childcare",
        "floor_area_m2": Decimal("300.10"),
        "places": 60,
        "floor_level": -5,
        "lift": True,
        "registered": False,
        "service_area": ("红旗社区", "=东风;社区"),
        "opened_on": dt.date(2021, 2, 28),
        "entrances": shapely.MultiPoint([(114.3001, 30.5001), (114.3002, 30.50020000000001)]),
        "source": "@x",
        "geometry": shapely.Point(114.30123456789012, 30.5),
    },
    {"id": "007", "name": "+86-10", "kind": "day_care", "geometry": SQUARE},
    {"id": "=A1", "kind": "day_care", "floor_area_m2": Decimal("0.3"), "geometry": RING},
    {
        "id": "M",
        "name": "#N/A",
        "kind": "day_care",
        "beds": 0,
        "geometry": shapely.MultiPolygon([SQUARE, RING]),
    },
)


def expected(row: dict[str, Any], name: str) -> Any:
    value = row.get(name)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, tuple):
        return list(value)
    return plain(value)


def same_value(found: Any, row: dict[str, Any], name: str) -> None:
    wanted = expected(row, name)
    if name == "entrances" and found is not None:
        shape = found
        if isinstance(found, str):
            shape = shapely.from_wkt(found) if found.startswith("MULTI") else None
            shape = shape or shapely.from_geojson(found)
        elif isinstance(found, dict):
            shape = shapely.from_geojson(json.dumps(found))
        assert shapely.equals_exact(shape, wanted, 0)
        return
    if isinstance(wanted, list) and isinstance(found, str) and not found.startswith("["):
        found = found.split("\n")
    if isinstance(found, str) and wanted is not None and not isinstance(wanted, str):
        found = {"true": True, "false": False}.get(found, found)
        found = parsed(found)
        found = float(found) if isinstance(found, str) else found
    # True is 1 and False 0 where a format has no truth values, or GDAL none that may be missing.
    assert found == wanted, name
    assert (found is None) == (wanted is None)


def test_there_is_no_format_this_test_does_not_know() -> None:
    known = {*READERS, ".xlsx", ".shp.zip"}
    assert known == {f".{name}" for name in TABLE_FORMATS}
    assert known | {".png"} == set(FORMATS)


@pytest.mark.parametrize("suffix", [*READERS, ".xlsx"])
def test_every_row_reads_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"设施{suffix}"
    write_package(path, package_of(FACILITIES, frame_of(FACILITIES, *FACILITY_ROWS)))

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
    write_package(path, package_of(FACILITIES, frame_of(FACILITIES, *rows)))

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


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet", ".shp.zip", ".csv", ".xlsx"])
@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4490", "EPSG:3857"])
def test_another_system_is_declared_with_easting_first(
    tmp_path: Path, suffix: str, crs: str
) -> None:
    path = tmp_path / f"r{suffix}"
    row = {**FACILITY_ROWS[0], "id": "a"}
    write_package(path, package_of(FACILITIES, frame_of(FACILITIES, row), crs=crs))
    to = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    wanted = to.transform(114.30123456789012, 30.5)
    first_entrance = to.transform(114.3001, 30.5001)

    names = [name for name in FACILITIES.names if name != "geometry"]
    if suffix == ".xlsx":
        found = with_openpyxl(path, names, "id")["a"]
    elif suffix == ".shp.zip":
        found = with_gdal(path, "id")["a"]
    else:
        found = READERS[suffix](path, "id")["a"]

    shape = found["geometry"]
    assert (shape.x, shape.y) == pytest.approx(wanted, rel=1e-12)
    entrances = shapely.from_wkt(found["entrances"])
    assert (entrances.geoms[0].x, entrances.geoms[0].y) == pytest.approx(first_entrance, rel=1e-12)
    if suffix in {".gpkg", ".fgb", ".shp.zip"}:
        declared = pyogrio.read_dataframe(path, layer="facilities").crs
        assert declared.equals(output_system(crs, option="x").crs, ignore_axis_order=True) or (
            suffix == ".shp.zip" and declared.to_epsg(min_confidence=20) == int(crs[5:])
        )
    if suffix == ".parquet":
        assert gpd.read_parquet(path).crs.to_epsg() == int(crs[5:])


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet", ".shp.zip", ".csv", ".xlsx"])
@pytest.mark.parametrize("system", WebMap)
def test_a_system_of_web_maps_is_written_and_said_not_declared(
    tmp_path: Path, suffix: str, system: WebMap
) -> None:
    path = tmp_path / f"r{suffix}"
    row = {**FACILITY_ROWS[0], "id": "a"}
    package = package_of(FACILITIES, frame_of(FACILITIES, row), crs=system.value.lower())
    write_package(path, package)

    assert system.value in package.notices[-1]
    names = [name for name in FACILITIES.names if name != "geometry"]
    if suffix == ".xlsx":
        found = with_openpyxl(path, names, "id")["a"]
    elif suffix == ".shp.zip":
        found = with_gdal(path, "id")["a"]
    else:
        found = READERS[suffix](path, "id")["a"]
    wanted = system.from_wgs84(np.array([[114.30123456789012, 30.5]]))[0]
    assert (found["geometry"].x, found["geometry"].y) == pytest.approx(tuple(wanted), rel=1e-12)
    if suffix in {".gpkg", ".fgb", ".shp.zip"}:
        assert pyogrio.read_dataframe(path, layer="facilities").crs is None
    if suffix == ".parquet":
        assert gpd.read_parquet(path).crs is None


@pytest.mark.parametrize("suffix", [".geojson", ".geojsonl", ".geojsons"])
def test_geojson_is_in_longitude_and_latitude_only(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    package = package_of(FACILITIES, frame_of(FACILITIES, *FACILITY_ROWS), crs="EPSG:4547")

    with pytest.raises(InputError, match=r"always in longitude and latitude \(RFC 7946\)"):
        write_package(path, package)
    assert not list(tmp_path.iterdir())


def test_a_place_outside_a_system_is_told_by_its_row(tmp_path: Path) -> None:
    rows = [
        {**FACILITY_ROWS[1], "id": "a"},
        {**FACILITY_ROWS[0], "geometry": shapely.Point(24.3, 0)},
    ]
    package = package_of(FACILITIES, frame_of(FACILITIES, *rows), crs="EPSG:4547")

    with pytest.raises(InputError, match=r"^row 2: its place .* no coordinates in EPSG:4547"):
        write_package(tmp_path / "r.gpkg", package)
    assert not list(tmp_path.iterdir())


def test_sequences_are_what_their_suffix_says(tmp_path: Path) -> None:
    package = package_of(FACILITIES, frame_of(FACILITIES, *FACILITY_ROWS))
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
    package = package_of(FACILITIES, frame_of(FACILITIES, *FACILITY_ROWS))
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
    write_package(path, package_of(FACILITIES, frame_of(FACILITIES, *rows)))

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


# As Debian's GDAL takes them: what it opens, and how it is to see the places of a plain table.
_DEBIAN = {
    ".geojson": ("{}", ()),
    ".geojsonl": ("{}", ()),
    ".geojsons": ("{}", ()),
    ".gpkg": ("{}", ()),
    ".fgb": ("{}", ()),
    ".shp.zip": ("/vsizip/{}", ()),
    ".csv": ("{}", ("-oo", "GEOM_POSSIBLE_NAMES=wkt", "-oo", "KEEP_GEOM_COLUMNS=NO")),
}


@pytest.mark.gdal
@pytest.mark.parametrize("suffix", _DEBIAN)
def test_the_gdal_of_debian_reads_the_same_features(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    write_package(path, package_of(FACILITIES, frame_of(FACILITIES, *FACILITY_ROWS)))
    name, options = _DEBIAN[suffix]
    place = name.format(path)
    listed = subprocess.run(
        ["ogrinfo", "-ro", "-q", place], capture_output=True, text=True, check=True
    )
    layers = [
        line.split(": ", 1)[1].partition(" (")[0]
        for line in listed.stdout.splitlines()
        if line[:1].isdigit()
    ]
    found: dict[str, Any] = {}
    for number, layer in enumerate(layers):
        if layer == "layer_styles":
            continue
        out = tmp_path / f"{number}.geojsonl"
        form = ("-f", "GeoJSONSeq", "-lco", "COORDINATE_PRECISION=15")
        command = ["ogr2ogr", *form, "-a_srs", "EPSG:4326", *options, out, place, layer]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        # GeoJSON has no dates of its own; all else that is said would be about our file.
        assert [line for line in done.stderr.splitlines() if "Misconversion" not in line] == []
        for line in out.read_text(encoding="utf-8").splitlines():
            feature = json.loads(line)
            # What is the identifier of a GeoJSON feature is no property any more.
            key = feature["properties"].get("id", feature.get("id"))
            found[unguarded(key)] = feature

    assert set(found) == {row["id"] for row in FACILITY_ROWS}
    for row in FACILITY_ROWS:
        feature = found[row["id"]]
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        wanted = row["geometry"]
        if isinstance(wanted, shapely.MultiPolygon) != isinstance(shape, shapely.MultiPolygon):
            shape = shapely.multipolygons([shape])
        assert shapely.equals_exact(shape.normalize(), wanted.normalize(), 1e-13)
        for name in ("name", "kind", "places", "beds"):
            # One that no row has is left out.
            value = feature["properties"].get(name)
            if suffix == ".csv" and isinstance(value, str):
                # It takes every line break for a plain one.
                value = unguarded(value) or None
                row = {**row, "name": (row.get("name") or "").replace("\r\n", "\n") or None}  # noqa: PLW2901  # as it reads
            same_value(value, row, name)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".shp.zip"])
def test_ogrinfo_reads_it_without_a_warning(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    write_package(path, package_of(FACILITIES, frame_of(FACILITIES, *FACILITY_ROWS)))
    tool = shutil.which("ogrinfo")
    if tool is None:
        # A machine without GDAL's programs still proves it with the GDAL of pyogrio.
        layers = [name for name, _ in pyogrio.list_layers(path) if name != "layer_styles"]
        assert sum(len(pyogrio.read_dataframe(path, layer=name)) for name in layers) == 4
        return

    done = subprocess.run([tool, "-al", "-so", path], capture_output=True, text=True, check=True)

    counts = [int(line.split()[-1]) for line in done.stdout.splitlines() if "Feature Count" in line]
    assert sum(counts) - (suffix == ".gpkg") == len(FACILITY_ROWS)
    assert done.stderr == ""


@pytest.mark.parametrize("suffix", [s for s in FORMATS if s != ".png"])
def test_nothing_is_a_file_too(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    write_package(path, package_of(DISTRICTS, frame_of(DISTRICTS)))

    assert path.stat().st_size >= 0
    if suffix in {".gpkg", ".fgb", ".geojson", ".shp.zip"}:
        assert len(pyogrio.read_dataframe(path, layer=0)) == 0
    if suffix == ".parquet":
        assert len(gpd.read_parquet(path)) == 0


@pytest.mark.parametrize("suffix", [s for s in FORMATS if s != ".png"])
@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"])
def test_what_no_file_can_carry_is_refused(tmp_path: Path, suffix: str, bad: str) -> None:
    path = tmp_path / f"r{suffix}"
    path.write_text("before")
    rows = [FACILITY_ROWS[1], {**FACILITY_ROWS[0], "name": bad}]

    with pytest.raises(InputError, match=r"row 2, field name: .* no file can carry"):
        write_package(path, package_of(FACILITIES, frame_of(FACILITIES, *rows)))
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.GEOJSON", ".geojson"), ("a.b.shp.zip", ".shp.zip"), ("a.Shp.Zip", ".shp.zip")],
)
def test_the_name_of_a_file_says_its_format(name: str, suffix: str) -> None:
    assert format_of(Path(name)).suffix == suffix


@pytest.mark.parametrize("name", ["a.kml", "a.zip", "a.shp", ".gpkg", "gpkg", "a.tar.gz"])
def test_another_name_says_none(name: str) -> None:
    with pytest.raises(InputError, match=r"known are \.geojson"):
        format_of(Path(name))


@pytest.mark.parametrize("suffix", [s for s in FORMATS if s != ".png"])
def test_no_more_than_a_few_chunks_are_in_memory(tmp_path: Path, suffix: str) -> None:
    given: list[weakref.ref[gpd.GeoDataFrame]] = []
    most = 0

    def frames() -> Iterator[gpd.GeoDataFrame]:
        nonlocal most
        for number in range(12):
            gc.collect()
            most = max(most, sum(one() is not None for one in given))
            rows = [{**FACILITY_ROWS[1], "id": f"{number}-{row}"} for row in range(5)]
            frame = frame_of(FACILITIES, *rows)
            given.append(weakref.ref(frame))
            yield frame
            del frame

    package = package_of(FACILITIES, frame_of(FACILITIES))
    table = replace(package.main, frames=frames, rows=None)
    write_package(tmp_path / f"r{suffix}", replace(package, tables=(table,)))

    assert len(given) == 12
    assert most <= 2


# --- texts that do harm ---------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20),
    st.builds(
        lambda start, rest: start + rest,
        st.sampled_from([*FORMULA_STARTS, "'=", "''", "'", "_x000D_", "#REF!", '"', "\r", "\x0b"]),
        st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=8),
    ),
)


@given(TEXTS)
def test_a_guarded_text_computes_nothing_and_comes_back(text: str) -> None:
    kept = guarded(text)

    assert unguarded(kept) == text
    if kept[:1] in FORMULA_STARTS and kept:
        float(kept)


@pytest.mark.parametrize("number", ["-5", "+1.5", "-1e3", "-.5"])
def test_a_number_is_left_alone(number: str) -> None:
    assert guarded(number) == number


@pytest.mark.parametrize("text", ["-5-5", "+86-10", "-٥", "=1", "@a", "\t1", "＝1", "'=1", "-1e"])
def test_what_is_no_number_is_not(text: str) -> None:
    assert guarded(text) == f"'{text}"


@settings(max_examples=40)  # eight files each
@given(st.lists(TEXTS.filter(bool), min_size=1, max_size=8))
def test_nasty_texts_come_back_from_every_format(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("nasty")
    rows = [
        {"id": f"k{number}", "kind": "nursery", "name": text, "geometry": SQUARE}
        for number, text in enumerate(texts)
    ]
    package = package_of(FACILITIES, frame_of(FACILITIES, *rows))
    names = [name for name in FACILITIES.names if name != "geometry"]
    for suffix in (*READERS, ".xlsx"):
        path = folder / f"r{suffix}"
        write_package(path, package)
        if suffix == ".xlsx":
            found = with_openpyxl(path, names, "id")
        else:
            found = READERS[suffix](path, "id")
        assert [found[row["id"]]["name"] for row in rows] == texts, suffix
    sheet = openpyxl.load_workbook(folder / "r.xlsx").worksheets[0]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


# --- again into Yike ------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet", ".csv"])
def test_what_was_written_can_be_read_in_again(tmp_path: Path, suffix: str) -> None:
    rows = [{**row, "id": f"F{n}", "name": f"园{n}"} for n, row in enumerate(FACILITY_ROWS)]
    rows[0]["service_area"] = ("红旗社区", "东风社区")
    rows[0]["source"] = "x"
    frame = frame_of(FACILITIES, *rows)
    path = tmp_path / f"f{suffix}"
    write_package(path, package_of(FACILITIES, frame))

    read = read_layer(
        path, FACILITIES, crs="EPSG:4326" if suffix == ".csv" else None, columns={}
    ).frame

    for name in ("id", "name", "kind", "places", "lift", "opened_on", "floor_level"):
        assert [plain(v) for v in read[name].astype(object).where(read[name].notna(), None)] == [
            plain(v) for v in frame[name].astype(object).where(frame[name].notna(), None)
        ]
    assert [g.normalize() for g in read.geometry] == [g.normalize() for g in frame.geometry]


# --- a workbook in LibreOffice --------------------------------------------------------------


@pytest.mark.office
def test_libreoffice_opens_the_workbook_as_it_is(tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    assert office is not None
    path = tmp_path / "r.xlsx"
    write_package(path, package_of(FACILITIES, frame_of(FACILITIES, *FACILITY_ROWS)))
    command = [
        office,
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,1",
        "--outdir",
        str(tmp_path / "out"),
        str(path),
    ]

    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)

    assert "Error" not in done.stderr
    (converted,) = islice((tmp_path / "out").glob("*.csv"), 2)
    with converted.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    names = [name for name in FACILITIES.names if name != "geometry"]
    assert [line[0] for line in lines[1:]] == [row["id"] for row in FACILITY_ROWS]
    first = dict(zip(names, lines[1], strict=False))
    # LibreOffice writes a line break within a cell as it likes; no character else may differ.
    assert first["name"].replace("\r", "") == NASTY.replace("\r", "")
    assert float(first["floor_area_m2"]) == 300.1
    assert float(first["floor_level"]) == -5
    assert shapely.from_wkt(lines[3][len(names)]) == RING
