"""``yike evaluate`` from files to files, without a database."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
import shapely
from town import DISTRICT_ROWS, Run, write_csv

FILES = (
    "--districts=districts.geojson",
    "--facilities=facilities.geojson",
    "--network=streets.parquet",
)
# No server can be reached there: the command must not ask for one.
NO_DATABASE = {"YIKE_DATABASE__URL": "postgresql://nobody@127.0.0.1:1/none"}

EVALUABLE = {
    "jinhua.childcare.radius": "true",
    "jinhua.childcare.places_per_1000": "true",
    "jinhua.childcare.staff_cert": "needs-register",
    "jinhua.elderly.plan_all_counties": "needs-register",
    "jinhua.childcare.renewal_include": "statement",
    "panzhihua.gate.four_sync": "review-stage",
}


def test_all_formats_are_written_with_equal_counts(town: Path, yike: Run) -> None:
    outs = [f"--out=r.{suffix}" for suffix in ("geojson", "gpkg", "parquet", "xlsx")]

    done = yike(
        "evaluate", "--pack=jinhua-2022", "--as-of=2025-06-01", *FILES, *outs, **NO_DATABASE
    )

    assert done.returncode == 0, done.stderr
    assert "评估日期 2025-06-01" in done.stdout
    assert "含合成数据" in done.stdout
    assert "jinhua-2022（未提供行政区" in done.stdout
    for word in ("服务不足 (underserved)", "服务达标 (served)", "各步用时（秒）"):
        assert word in done.stdout
    count = len(DISTRICT_ROWS)
    findings = pyogrio.read_dataframe(town / "r.gpkg", layer="findings")
    features = json.loads((town / "r.geojson").read_text(encoding="utf-8"))["features"]
    book = openpyxl.load_workbook(town / "r.xlsx")
    assert pyogrio.read_info(town / "r.gpkg", layer="districts")["features"] == count
    assert len(features) == count
    assert len(gpd.read_parquet(town / "r.parquet")) == count
    assert book["居住区"].max_row == count + 1
    assert sum(len(f["properties"]["findings"]) for f in features) == len(findings)
    assert book["规则结果"].max_row == len(findings) + 1


@pytest.mark.usefixtures("town")
def test_files_to_evaluate_are_read_under_the_limits_of_the_settings(yike: Run) -> None:
    done = yike(
        "evaluate",
        "--json",
        "--pack=jinhua-2022",
        *FILES,
        **NO_DATABASE,
        YIKE_IMPORTS__MAX_ROWS="2",
    )

    assert done.returncode == 2
    assert "has too many rows" in done.stderr
    assert "at most 2 are read" in done.stderr


def test_encoding_and_heading_row_are_said_as_in_imports(town: Path, yike: Run) -> None:
    rows = json.loads((town / "facilities.geojson").read_text(encoding="utf-8"))["features"]
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    # Two rows could head the columns; the first one that does is the wrong one.
    names = ["id", "kind", "status", "lon", "lat"]
    sheet.append([f"{name}1" for name in names])
    sheet.append(names)
    for row in rows:
        said = row["properties"]
        place = shapely.from_geojson(json.dumps(row["geometry"])).centroid
        sheet.append([said.get("id", row.get("id")), said["kind"], "operating", place.x, place.y])
    book.save(town / "f.xlsx")
    districts = ("--districts=districts.geojson", "--network=streets.parquet", "--json")
    asked = ("evaluate", "--pack=jinhua-2022", "--as-of=2025-06-01", *districts)

    silent = yike(*asked, "--facilities=f.xlsx", "--crs=facilities=EPSG:4326")
    told = yike(*asked, "--facilities=f.xlsx", "--crs=facilities=EPSG:4326", "--heading-row=2")
    wrong = yike(*asked, "--facilities=facilities.geojson", "--encoding=klingon")

    assert silent.returncode == 2
    assert told.returncode == 0, told.stderr
    assert wrong.returncode == 2
    assert "klingon" in wrong.stderr


def test_json_alone_is_on_the_standard_output(town: Path, yike: Run) -> None:
    done = yike("evaluate", "--pack=jinhua-2022", "--as-of=2025-06-01", *FILES, "--json")

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert list(summary) == [
        "evaluation",
        "pack",
        "region",
        "as_of",
        "districts",
        "flags",
        "rules",
        "areas",
        "seconds",
    ]
    assert summary["evaluation"] is None
    assert summary["as_of"] == "2025-06-01"
    assert summary["districts"] == len(DISTRICT_ROWS)
    assert list(summary["flags"]) == [
        "underserved",
        "undetermined",
        "watch",
        "served",
        "not_assessed",
    ]
    assert sum(summary["flags"].values()) == summary["districts"]
    assert all(sum(v.values()) == summary["districts"] for v in summary["rules"].values())
    assert done.stderr.startswith("yike: warning: ")
    assert town.exists()


def test_a_table_with_other_headings_gives_the_same_answer(town: Path, yike: Run) -> None:
    path = write_csv(town / "小区.csv", DISTRICT_ROWS)
    text = path.read_text(encoding="utf-8")
    heading, _, rest = text.partition("\n")
    renamed = heading.replace("households", "户数").replace("wkt", "图形")
    path.write_text(f"{renamed}\n{rest}", encoding="utf-8")
    common = ("evaluate", "--pack=jinhua-2022", "--as-of=2025-06-01", "--json")

    plain = yike(*common, *FILES)
    mapped = yike(
        *common,
        "--districts=小区.csv",
        *FILES[1:],
        "--crs=districts=EPSG:4326",
        "--map=户数=households",
        "--map=districts:图形=wkt",
    )

    assert mapped.returncode == 0, mapped.stderr
    ours, theirs = json.loads(plain.stdout), json.loads(mapped.stdout)
    assert ours["rules"] == theirs["rules"]
    assert ours["flags"] == theirs["flags"]


def test_english_is_a_choice_and_so_is_a_pack_of_ones_own(town: Path, yike: Run) -> None:
    pack = (Path(__file__).parents[2] / "seed/policies/dali-2022.yaml").read_text(encoding="utf-8")
    (town / "mine.yaml").write_text(pack.replace("id: dali-2022", "id: mine"), encoding="utf-8")

    done = yike("evaluate", "--pack=mine.yaml", "--lang=en", *FILES, "--out=r.xlsx", "--verbose")

    assert done.returncode == 0, done.stderr
    assert "packs mine (unknown (no areas given))" in done.stdout
    assert f"{len(DISTRICT_ROWS)} districts:" in done.stdout
    assert openpyxl.load_workbook(town / "r.xlsx")["居住区"]["B1"].value == "Name"


def test_names_that_nothing_answers_to_are_counted(town: Path, yike: Run) -> None:
    (town / "b.csv").write_text(
        "id,district_id,households,lon,lat\nb1,A,10,114.3005,30.5505\nb2,Z,10,114.3005,30.5505\n"
    )

    done = yike(
        "evaluate",
        "--pack=jinhua-2022",
        *FILES,
        "--buildings=b.csv",
        "--crs=buildings=EPSG:4326",
        "--json",
    )

    assert done.returncode == 0, done.stderr
    assert "1 of 2 buildings: their district_id is not among the districts (Z)" in done.stderr


def test_packs_are_listed_and_checked(tmp_path: Path, yike: Run) -> None:
    listed = yike("packs", "--json")
    plain = yike("packs")
    good = yike("pack", "check", Path(__file__).parents[2] / "seed/policies/jinhua-2022.yaml")
    (tmp_path / "bad.yaml").write_text("id: x\nrules: 5\n")
    bad = yike("pack", "check", "bad.yaml")
    gone = yike("pack", "check", "gone.yaml")

    everything = yike("packs", "--json", "--background")

    packs = json.loads(listed.stdout)
    ids = ["dali-2022", "guizhou-2022", "jinhua-2022", "panzhihua-2020"]
    assert [pack["id"] for pack in packs] == ids
    assert {pack["id"] for pack in json.loads(everything.stdout)} > set(ids)
    rules = {rule["id"]: rule for pack in packs for rule in pack["rules"]}
    assert sum(len(pack["rules"]) for pack in packs) == len(rules) == 134
    assert {name: rules[name]["evaluable"] for name in EVALUABLE} == EVALUABLE
    assert rules["jinhua.childcare.radius"]["kind"] == "service_radius"
    assert all(pack["rules"] and pack["version"] and pack["document_no"] for pack in packs)
    assert "jinhua-2022  2022-" in plain.stdout
    assert good.returncode == 0
    assert "is a valid rule pack with" in good.stdout
    assert bad.returncode == gone.returncode == 2
    assert "bad.yaml" in bad.stderr
    assert "rules" in bad.stderr
    assert "gone.yaml: cannot be read" in gone.stderr
    assert "Traceback" not in bad.stderr + gone.stderr


def test_results_are_written_in_the_system_asked_for(yike: Run, town: Path) -> None:
    asked = ("evaluate", "--pack=jinhua-2022", *FILES, "--out-crs=EPSG:4547")
    refused = yike(*asked, "--out=r.geojson")
    assert refused.returncode == 2
    assert "always in longitude and latitude (RFC 7946)" in refused.stderr

    done = yike(*asked, "--out=r.gpkg")

    assert done.returncode == 0, done.stderr
    written = pyogrio.read_dataframe(town / "r.gpkg", layer="districts").set_index("id")
    assert written.crs.to_epsg() == 4547
    given = gpd.read_file(town / "districts.geojson").set_index("id").to_crs(4547)
    moved = written.geometry.hausdorff_distance(given.geometry.loc[written.index])
    assert moved.max() < 1e-6
