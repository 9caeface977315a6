"""``yike export`` as a user runs it: what is stored, to files, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
from stored_files import Stored
from town import DISTRICT_ROWS

import service.commands.export as export_module
from spatial.errors import InputError


@pytest.fixture
def filled(stored: Stored, town: Path) -> Stored:
    """A database with the town in it."""
    assert town.is_dir()
    for kind, name in (
        ("districts", "districts.geojson"),
        ("facilities", "facilities.geojson"),
        ("network", "streets.parquet"),
    ):
        done = stored.yike("import", kind, name)
        assert done.returncode == 0, done.stderr
    return stored


def test_several_files_from_one_call(filled: Stored, town: Path) -> None:
    outs = [f"--out=out.{name}" for name in ("geojson", "gpkg", "shp.zip", "csv", "xlsx", "fgb")]
    done = filled.yike("export", "districts", *outs, "--out=out.parquet", "--out=out.geojsons")

    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("yike: wrote out.") == 8
    document = json.loads((town / "out.geojson").read_text(encoding="utf-8"))
    assert {f["id"] for f in document["features"]} == {row["id"] for row in DISTRICT_ROWS}
    found = pyogrio.read_dataframe(town / "out.gpkg", layer="districts").set_index("id")
    for row in DISTRICT_ROWS:
        assert found.loc[row["id"], "geometry"].normalize() == row["geometry"].normalize()
    assert (town / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfid,name,")
    assert "'=HYPERLINK" in (town / "out.csv").read_text(encoding="utf-8-sig")
    assert (town / "out.csv.NOTICE.txt").is_file()
    sheet = openpyxl.load_workbook(town / "out.xlsx")["居住区"]
    assert [cell.value for cell in sheet[1]][:2] == ["小区编号", "小区名称"]
    assert not [p for p in town.iterdir() if p.name.startswith(".yike-")]


def test_a_box_a_system_and_the_streets(filled: Stored, town: Path) -> None:
    done = filled.yike(
        "export", "districts", "--bbox=114.29,30.54,114.302,30.56", "--crs=EPSG:4547",
        "--out=west.gpkg",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    west = pyogrio.read_dataframe(town / "west.gpkg", layer="districts")
    assert west["id"].tolist() == ["A"]
    assert west.crs.to_epsg() == 4547

    done = filled.yike("export", "network", "--out=streets.fgb")
    assert done.returncode == 0, done.stderr
    (edges,) = filled.ask("SELECT count(*), sum(length_m) FROM network_edge")
    found = pyogrio.read_dataframe(town / "streets.fgb")
    assert (len(found), found["length_m"].sum()) == pytest.approx(edges)
    # Written, read in again, it is the same network.
    again = filled.yike("import", "network", "streets.fgb")
    assert again.returncode == 0, again.stderr
    assert filled.ask("SELECT count(*) FROM network") == [(1,)]


def test_the_newest_evaluation_and_a_part_of_it(filled: Stored, town: Path) -> None:
    none = filled.yike("export", "evaluation", "newest", "--out=r.gpkg")
    assert none.returncode == 2
    assert none.stderr.endswith("there is no evaluation yet; run yike evaluate first\n")
    asked = ("evaluate", "--pack=jinhua-2022", "--as-of=2025-06-01")
    done = filled.yike(*asked, "--out=direct.geojson", "--out=direct.gpkg")
    assert done.returncode == 0, done.stderr

    done = filled.yike(
        "export", "evaluation", "newest", "--out=r.geojson", "--out=r.gpkg", "--out=r.xlsx"
    )

    assert done.returncode == 0, done.stderr
    ours = json.loads((town / "r.geojson").read_text(encoding="utf-8"))
    theirs = json.loads((town / "direct.geojson").read_text(encoding="utf-8"))
    assert ours["features"] == theirs["features"]
    for layer in ("districts", "findings", "areas"):
        exported = pyogrio.read_dataframe(town / "r.gpkg", layer=layer)
        direct = pyogrio.read_dataframe(town / "direct.gpkg", layer=layer)
        assert exported.drop(columns="geometry", errors="ignore").equals(
            direct.drop(columns="geometry", errors="ignore")
        )
    assert (
        filled.yike(
            "export", "evaluation", "newest", "--part=findings", "--out=f.shp.zip"
        ).returncode
        == 0
    )
    layers = [name for name, _ in pyogrio.list_layers(town / "f.shp.zip")]
    found = sum(pyogrio.read_info(town / "f.shp.zip", layer=name)["features"] for name in layers)
    assert found == pyogrio.read_info(town / "r.gpkg", layer="findings")["features"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "houses"}, "there is no kind 'houses'; kinds are areas, districts"),
        ({"out": []}, "--out is missing"),
        ({"out": ["a.kml"]}, "unknown output format '.kml'; known are .geojson"),
        ({"out": ["a.png"]}, "a map is drawn by yike evaluate"),
        ({"identifier": "x"}, "are written whole"),
        ({"part": "areas"}, "--part: is for an evaluation"),
        ({"kind": "evaluation"}, "name the evaluation: its id, or newest"),
        (
            {"kind": "evaluation", "identifier": "x", "part": "y"},
            "--part: must be districts, findings",
        ),
        ({"bbox": "1,2"}, "--bbox: expected 4 numbers"),
        ({"crs": "EPSG:1"}, "--crs: there is no coordinate reference system 'EPSG:1'"),
        ({"crs": "+proj=longlat"}, "--crs: there is no coordinate reference system"),
        ({"out": ["no/a.gpkg"]}, "there is no folder no"),
        ({"lang": "fr"}, "--lang: must be zh or en"),
    ],
)
def test_what_cannot_be_asked_is_told_before_the_database_is_opened(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, Any],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export_module, "with_database", pytest.fail)
    given = {"kind": "districts", "identifier": None, "out": ["a.gpkg"], **arguments}
    given["out"] = [Path(name) for name in given["out"]]

    with pytest.raises(InputError) as caught:
        export_module.export(given.pop("kind"), given.pop("identifier"), **given)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_what_is_not_stored_is_told_and_nothing_is_written(filled: Stored, town: Path) -> None:
    (town / "a.geojson").write_text("before")
    for arguments, message in (
        (("districts", "--area=330700", "--out=a.geojson"), "there is no area '330700'"),
        (("network", "abc", "--out=a.geojson"), "there is no network 'abc'"),
        (("evaluation", "abc", "--out=a.geojson"), "there is no evaluation 'abc'"),
        (("districts", "--crs=EPSG:4547", "--out=a.geojson"), "always in longitude and latitude"),
    ):
        done = filled.yike("export", *arguments)
        assert done.returncode == 2, arguments
        assert message in done.stderr
    assert (town / "a.geojson").read_text() == "before"
