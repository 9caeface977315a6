"""What others make of the files: Debian's GDAL, LibreOffice, Yike again; and no formulas."""

from __future__ import annotations

import csv
import gc
import json
import shutil
import subprocess
import weakref
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
import shapely
from export_rows import FACILITY_ROWS, NASTY, RING, SQUARE, package_of, same_value
from exported import READERS, plain, with_openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import layer_frame

from service.core.guarded import FORMULA_STARTS, guarded, unguarded
from service.exports.formats import FORMATS, format_of
from service.exports.writer import write_package
from service.imports.reader import read_layer
from spatial.errors import InputError
from spatial.fields import DISTRICTS, FACILITIES

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
    write_package(path, package_of(FACILITIES, layer_frame(FACILITIES, FACILITY_ROWS)))
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
    write_package(path, package_of(FACILITIES, layer_frame(FACILITIES, FACILITY_ROWS)))
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
    write_package(path, package_of(DISTRICTS, layer_frame(DISTRICTS, [])))

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
        write_package(path, package_of(FACILITIES, layer_frame(FACILITIES, rows)))
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
            frame = layer_frame(FACILITIES, rows)
            given.append(weakref.ref(frame))
            yield frame
            del frame

    package = package_of(FACILITIES, layer_frame(FACILITIES, []))
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
    package = package_of(FACILITIES, layer_frame(FACILITIES, rows))
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
    frame = layer_frame(FACILITIES, rows)
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
    write_package(path, package_of(FACILITIES, layer_frame(FACILITIES, FACILITY_ROWS)))
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
