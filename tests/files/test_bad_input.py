"""Bad input on the real command line: exit 2, one clear line, no traceback (issue 2)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from town import DISTRICT_ROWS, FACILITY_ROWS, Run, write_csv, write_geojson

Change = Callable[[Path], tuple[object, ...]]


def district(change: dict[str, Any], *, row: int = 2) -> Change:
    """Write the districts with one row changed."""

    def write(folder: Path) -> tuple[object, ...]:
        rows = [dict(cells) for cells in DISTRICT_ROWS]
        rows[row - 1].update(change)
        write_geojson(folder / "districts.geojson", rows)
        return ()

    return write


def facility(change: dict[str, Any]) -> Change:
    def write(folder: Path) -> tuple[object, ...]:
        rows = [dict(FACILITY_ROWS[0]), {**FACILITY_ROWS[1], **change}]
        write_geojson(folder / "facilities.geojson", rows)
        return ()

    return write


def options(*values: object) -> Change:
    return lambda _folder: values


def csv(text: str, *values: object) -> Change:
    def write(folder: Path) -> tuple[object, ...]:
        (folder / "f.csv").write_text(text, encoding="utf-8")
        return ("--facilities", "f.csv", *values)

    return write


def nan_in_json(folder: Path) -> tuple[object, ...]:
    text = (folder / "districts.geojson").read_text(encoding="utf-8")
    broken = json.loads(text)
    broken["features"][1]["geometry"] = {"type": "Point", "coordinates": [float("nan"), 30.5]}
    (folder / "districts.geojson").write_text(json.dumps(broken), encoding="utf-8")
    return ()


def swapped(folder: Path) -> tuple[object, ...]:
    rows = [
        {**row, "geometry": shapely.transform(row["geometry"], lambda xy: xy[:, ::-1])}
        for row in DISTRICT_ROWS
    ]
    write_geojson(folder / "districts.geojson", rows)
    return ()


BOW_TIE = shapely.Polygon([(114.3, 30.5), (114.31, 30.51), (114.31, 30.5), (114.3, 30.51)])

# What the command says while it works.
STAGES = ("yike: reading", "yike: checking")

CASES: dict[str, tuple[Change, str]] = {
    "missing file": (
        options("--districts", "gone.geojson"),
        "gone.geojson: there is no such file",
    ),
    "folder": (options("--districts", "."), ".: is a folder, not a file"),
    "unknown format": (options("--network", "streets.shp"), "streets.shp: there is no such file"),
    "unknown column": (
        options("--map", "户数=households"),
        "--map 户数=households: no file has such a column for such a field",
    ),
    "unknown column of one file": (
        options("--map", "districts:户数=households"),
        "districts.geojson: there is no column '户数' to map to households",
    ),
    "unknown field": (
        options("--map", "districts:name=title"),
        "districts.geojson: 'name' is mapped to 'title', which is no field of districts",
    ),
    "unknown system": (
        options("--crs", "EPSG:99999"),
        "there is no coordinate reference system 'EPSG:99999'",
    ),
    "undeclared system": (
        csv("id,kind,lon,lat\nF1,nursery,114.3,30.55\n"),
        "f.csv: no coordinate reference system is declared; say which with --crs",
    ),
    "coordinates outside the system": (
        csv("id,kind,lon,lat\nF1,nursery,114.3,30.55\n", "--crs", "facilities=EPSG:4547"),
        "f.csv, row 1, field geometry: x 114.3, y 30.55 lies outside the area of EPSG:4547",
    ),
    "swapped axes": (
        swapped,
        "districts.geojson, row 1, field geometry: longitude and latitude seem to be swapped",
    ),
    "NaN geometry": (nan_in_json, "districts.geojson, row 2, field geometry: is no geometry"),
    "empty geometry": (
        district({"geometry": shapely.Polygon()}),
        "districts.geojson, row 2, field geometry: is empty",
    ),
    "self-crossing polygon": (
        district({"geometry": BOW_TIE}),
        "districts.geojson, row 2, field geometry: is not valid: Self-intersection at lon/lat",
    ),
    "wrong geometry": (
        district({"geometry": shapely.LineString([(114, 30), (115, 31)])}),
        "districts.geojson, row 2, field geometry: must be a Point, Polygon or MultiPolygon",
    ),
    "negative households": (
        district({"households": -3}),
        "districts.geojson, row 2, field households: -3 must not be negative",
    ),
    "households that are none": (
        district({"households": "many"}),
        "districts.geojson, row 2, field households: must be a number, not 'many'",
    ),
    "duplicate ids": (
        district({"id": "A"}),
        "districts.geojson, row 2, field id: 'A' is already in row 1",
    ),
    "missing id": (district({"id": None}), "districts.geojson, row 2, field id: is missing"),
    "date that is none": (
        district({"permitted_on": "2024-02-30"}),
        "districts.geojson, row 2, field permitted_on: must be a date like 2024-06-30",
    ),
    "unknown facility kind": (
        facility({"kind": "day_caer"}),
        "row 2, field kind: 'day_caer' is no known kind; did you mean day_care or",
    ),
    "unknown pack": (
        options("--pack", "jinhua-2023"),
        "--pack: there is no pack 'jinhua-2023'; did you mean jinhua-2022?",
    ),
    "missing pack file": (options("--pack", "mine.yaml"), "mine.yaml: cannot be read"),
    "as-of that is none": (
        options("--as-of", "2025-13-01"),
        "--as-of: must be a date like 2024-06-30, not '2025-13-01'",
    ),
    "unknown output": (options("--out", "r.shp"), "r.shp: unknown output format '.shp'"),
    "output nowhere": (options("--out", "no/r.gpkg"), "no/r.gpkg: there is no folder no"),
    "area of files": (options("--area", "330700"), "--area: is for the database"),
    "language": (options("--lang", "de"), "--lang: must be zh or en, not 'de'"),
    "snap limit": (options("--snap-limit-m", "-1"), "snap_limit_m: -1.0 is not between"),
    "assumed status": (options("--assume-status", "runs"), "'runs' is no known status"),
    "no street": (
        options("--network", "facilities.geojson"),
        "facilities.geojson, row 1, field geometry: must be a LineString",
    ),
    "address": (
        options("--network", "https://example.org/s.geojson"),
        "addresses are not read; download the file first",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_one_clear_line(town: Path, yike: Run, name: str) -> None:
    change, message = CASES[name]
    given = change(town)
    files = {"--districts": "districts.geojson", "--facilities": "facilities.geojson"}
    usual = [
        part for option, file in files.items() if option not in given for part in (option, file)
    ]
    pack = [] if "--pack" in given else ["--pack", "jinhua-2022"]
    out = [] if "--out" in given else ["--out", "r.gpkg"]

    done = yike("evaluate", *pack, *usual, *out, *given)

    said = [line for line in done.stderr.splitlines() if not line.startswith(STAGES)]
    assert done.returncode == 2, done.stderr
    assert len(said) == (3 if name == "no street" else 1), done.stderr
    assert said[0].startswith("yike: ")
    assert message in said[0]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (town / "r.gpkg").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--districts", "districts.geojson"), "--facilities is missing"),
        (("--facilities", "facilities.geojson"), "--districts is missing"),
        (
            ("--districts", "districts.geojson", "--facilities", "facilities.geojson"),
            "--out is missing",
        ),
        (("--map", "a=id"), "--map: is for files"),
    ],
)
def test_options_that_make_no_evaluation_are_told(
    town: Path, yike: Run, given: tuple[str, ...], message: str
) -> None:
    assert (town / "districts.geojson").exists()

    done = yike("evaluate", "--pack", "jinhua-2022", *given)

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert message in line


def test_the_faults_of_all_files_come_together(town: Path, yike: Run) -> None:
    district({"households": -1, "stage": "?"})(town)
    facility({"kind": "x"})(town)

    done = yike(
        "evaluate",
        "--pack=jinhua-2022",
        "--districts=districts.geojson",
        "--facilities=facilities.geojson",
        "--json",
    )

    assert done.returncode == 2
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == [
        "districts.geojson, row 2, field stage",
        "districts.geojson, row 2, field households",
        "facilities.geojson, row 2, field kind",
    ]


def test_districts_without_rows_are_no_evaluation(town: Path, yike: Run) -> None:
    (town / "d.csv").write_text("id,lon,lat\n")

    done = yike(
        "evaluate",
        "--pack=jinhua-2022",
        "--districts=d.csv",
        "--facilities=facilities.geojson",
        "--crs=districts=EPSG:4326",
        "--json",
    )

    assert done.returncode == 2
    assert done.stderr == "yike: d.csv: has no rows, so there is nothing to evaluate\n"


def test_no_facilities_is_a_finding_and_not_a_fault(town: Path, yike: Run) -> None:
    (town / "f.csv").write_text("id,kind,lon,lat\n")

    done = yike(
        "evaluate",
        "--pack=jinhua-2022",
        "--districts=districts.geojson",
        "--facilities=f.csv",
        "--network=streets.parquet",
        "--crs=facilities=EPSG:4326",
        "--json",
    )

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["flags"]["served"] == 0
    assert summary["flags"]["underserved"] >= 1
    assert "f.csv: has no rows" in done.stderr
    assert "no facilities were given" in done.stderr


def test_a_place_off_the_network_is_undetermined(town: Path, yike: Run) -> None:
    write_csv(town / "d.csv", DISTRICT_ROWS)

    done = yike(
        "evaluate",
        "--pack=jinhua-2022",
        "--districts=d.csv",
        "--facilities=facilities.geojson",
        "--network=streets.parquet",
        "--crs=districts=EPSG:4326",
        "--out=r.geojson",
    )

    assert done.returncode == 0, done.stderr
    features = json.loads((town / "r.geojson").read_text(encoding="utf-8"))["features"]
    far = next(f["properties"] for f in features if f["id"] == "C")
    circle = next(f for f in far["findings"] if f["kind"] == "service_circle_time")
    assert circle["verdict"] == "undetermined"
    assert circle["missing"]
    assert far["flag"] != "served"
