"""``yike import`` and ``yike evaluate`` in a database: all rows or none, and the same findings."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
from stored_files import Stored
from town import AREA_ROWS, DISTRICT_ROWS, PARK_ROWS, Run, write_geojson


def import_town(stored: Stored) -> None:
    for kind, file in (
        ("districts", "districts.geojson"),
        ("facilities", "facilities.geojson"),
        ("network", "streets.parquet"),
    ):
        done = stored.yike("import", kind, file)
        assert done.returncode == 0, done.stderr


def test_rows_are_added_changed_or_left_alone(town: Path, stored: Stored) -> None:
    first = stored.yike("import", "districts", "districts.geojson")
    again = stored.yike("import", "districts", "districts.geojson")
    write_geojson(
        town / "districts.geojson", [{**DISTRICT_ROWS[0], "households": 501}, *DISTRICT_ROWS[1:]]
    )
    dry = stored.yike("import", "districts", "districts.geojson", "--dry-run")
    changed = stored.yike("import", "districts", "districts.geojson")

    line = "districts.geojson: 4 rows read, "
    assert first.stdout == f"{line}4 added, 0 changed, 0 unchanged\n", first.stderr
    assert again.stdout == f"{line}0 added, 0 changed, 4 unchanged\n"
    assert dry.stdout.startswith(f"{line}would be 0 added, 1 changed, 3 unchanged\n")
    assert "  A：households 500 → 501\n" in dry.stdout
    assert changed.stdout == f"{line}0 added, 1 changed, 3 unchanged\n"
    assert stored.ask("SELECT households FROM district WHERE id = 'A' ORDER BY version") == [
        (500,),
        (501,),
    ]
    origin = stored.ask("SELECT source_file, source_row FROM district WHERE id = 'D'")
    assert origin == [("districts.geojson", 4)]


def test_every_import_is_in_the_audit(town: Path, stored: Stored) -> None:
    assert town.exists()
    import_town(stored)

    entries = stored.ask("SELECT actor, action, target, detail FROM audit ORDER BY sequence")

    assert [entry[1] for entry in entries] == ["import"] * 3
    assert entries[0][2] == "districts"
    (first,) = stored.ask("SELECT id FROM data_import WHERE kind = 'districts'")
    assert entries[0][3] == {
        "import": first[0],
        "file": "districts.geojson",
        "rows": 4,
        "added": 4,
        "changed": 0,
        "unchanged": 0,
        "closed": 0,
    }
    assert entries[2][2].startswith("network/")
    assert all(entry[0].startswith("command line") for entry in entries)


def test_nothing_is_stored_when_one_row_of_one_file_is_at_fault(town: Path, stored: Stored) -> None:
    write_geojson(town / "more.geojson", [{**DISTRICT_ROWS[1], "id": "E", "households": -1}])
    write_geojson(town / "twice.geojson", [{**DISTRICT_ROWS[1], "id": "A"}])

    bad = stored.yike("import", "districts", "districts.geojson", "more.geojson")
    twice = stored.yike("import", "districts", "districts.geojson", "twice.geojson")

    assert bad.returncode == twice.returncode == 2
    assert "more.geojson, row 1, field households: -1 must not be negative" in bad.stderr
    assert "twice.geojson, row 1, field id: 'A' is already in districts.geojson, row 1" in (
        twice.stderr
    )
    assert stored.ask("SELECT count(*) FROM district") == [(0,)]
    assert stored.ask("SELECT count(*) FROM audit") == [(0,)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("district", "districts.geojson"), "no kind 'district'; did you mean districts?"),
        (("network", "a.parquet", "b.parquet"), "one file makes a network"),
        (("districts", "districts.geojson", "--name=x"), "--name: is for a network"),
        (("districts", "gone.geojson"), "gone.geojson: there is no such file"),
        (("network", "districts.geojson"), "must be a LineString or MultiLineString"),
        (("areas", "districts.geojson"), "field code: there is no such column"),
    ],
)
def test_what_cannot_be_imported_is_told(
    town: Path, yike: Run, arguments: tuple[str, ...], message: str
) -> None:
    assert town.exists()

    # The fault is found before any database is looked for.
    done = yike("import", *arguments, YIKE_DATABASE__URL="postgresql://nobody@127.0.0.1:1/none")

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_files_and_database_give_the_same_findings(town: Path, stored: Stored) -> None:
    import_town(stored)
    common = ("evaluate", "--pack=jinhua-2022", "--as-of=2025-06-01")
    files = stored.yike(
        *common,
        "--districts=districts.geojson",
        "--facilities=facilities.geojson",
        "--network=streets.parquet",
        "--out=files.geojson",
        "--json",
    )

    run = stored.yike(*common, "--out=stored.geojson", "--out=stored.png", "--json")
    again = stored.yike(*common, "--json")

    assert run.returncode == 0, run.stderr
    ours, theirs = json.loads(run.stdout), json.loads(files.stdout)
    assert ours["evaluation"]
    assert json.loads(again.stdout)["evaluation"] == ours["evaluation"]
    for name in ("pack", "region", "as_of", "districts", "flags", "rules"):
        assert ours[name] == theirs[name], name
    written = [
        json.loads((town / name).read_text(encoding="utf-8"))
        for name in ("stored.geojson", "files.geojson")
    ]
    for mine, other in zip(written[0]["features"], written[1]["features"], strict=True):
        assert mine["properties"] == other["properties"]
    assert written[0]["notices"] == written[1]["notices"]
    assert (town / "stored.png").stat().st_size > 10_000
    assert len(gpd.read_file(town / "stored.geojson")) == len(DISTRICT_ROWS)
    actions = [row[0] for row in stored.ask("SELECT action FROM audit ORDER BY sequence")]
    assert actions == ["import"] * 3 + ["store", "evaluate"]


def test_a_run_in_the_database_is_told_to_a_person(town: Path, stored: Stored) -> None:
    assert town.exists()
    import_town(stored)

    done = stored.yike("evaluate", "--pack=jinhua-2022", "--as-of=2025-06-01", "--lang=en")
    unknown = stored.yike("evaluate", "--pack=jinhua-2022", "--area=nowhere")

    assert done.returncode == 0, done.stderr
    assert "As of 2025-06-01; packs jinhua-2022" in done.stdout
    assert "The 4 worst served:" in done.stdout
    assert "Contains synthetic data" in done.stdout
    assert unknown.returncode == 2
    assert "nowhere" in unknown.stderr
    assert "Traceback" not in unknown.stderr


def test_a_database_without_districts_is_told(town: Path, stored: Stored) -> None:
    assert town.exists()

    done = stored.yike("evaluate", "--pack=jinhua-2022")

    assert done.returncode == 2
    assert "there are no districts" in done.stderr
    assert "Traceback" not in done.stderr


def test_figures_and_parks_are_imported_and_evaluated(town: Path, stored: Stored) -> None:
    write_geojson(town / "areas.geojson", AREA_ROWS)
    write_geojson(town / "parks.geojson", PARK_ROWS)
    (town / "figures.csv").write_text(
        "area,indicator,year,value,source\n330700,childcare_places,2025,4500,公报\n"
        "999,childcare_placs,2025,1,\n",
        encoding="utf-8",
    )
    for kind in ("areas", "parks"):
        assert stored.yike("import", kind, f"{kind}.geojson").returncode == 0
    first = stored.yike("import", "indicators", "figures.csv")
    again = stored.yike("import", "indicators", "figures.csv", "--dry-run")

    assert first.stdout == "figures.csv: 2 rows read, 2 added, 0 changed, 0 unchanged\n"
    assert again.stdout.endswith("would be 0 added, 0 changed, 2 unchanged\n")
    assert "1 of 2 figures are of areas that are not known (999)" in first.stderr
    assert "indicator childcare_placs; did you mean childcare_places?" in first.stderr
    assert stored.ask("SELECT target FROM audit WHERE action = 'import' ORDER BY sequence") == [
        ("areas",),
        ("parks",),
        ("indicators",),
    ]

    done = stored.yike(
        "evaluate", "--pack=jinhua-2022", "--as-of=2026-06-30", "--target-year=2025", "--json"
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["areas"]["jinhua.childcare.places_per_1000"] == {"met": 1}
    assert summary["areas"]["jinhua.childcare.park"] == {"undetermined": 1}

    row = "areas/330700/jinhua.childcare.places_per_1000"
    told = stored.yike("explain", row)
    same = stored.yike("explain", row, f"--evaluation={summary['evaluation']}", "--lang=en")
    gone = stored.yike("explain", row, "--evaluation=none")
    mixed = stored.yike("explain", row, "--pack=jinhua-2022")
    assert "4.5‰" in told.stdout
    assert summary["evaluation"] in told.stderr
    assert "4.5‰" in same.stdout
    assert [gone.returncode, mixed.returncode] == [2, 2]
    assert "there is no evaluation 'none'" in gone.stderr
    assert "--pack: is for files" in mixed.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("indicators", "f.csv", "g.csv"), "'a, x, 2020' is already in f.csv, row 1"),
        (("indicators", "f.csv", "--crs=EPSG:4326"), "--crs: figures have no coordinates"),
        (("indicators", "f.csv", "--name=x"), "--name: is for a network"),
        (("indicator", "f.csv"), "did you mean indicators?"),
        (("indicators", "districts.geojson"), "figures are read from CSV"),
    ],
)
def test_figures_that_cannot_be_imported_are_explained(
    town: Path, stored: Stored, arguments: tuple[str, ...], said: str
) -> None:
    for name in ("f.csv", "g.csv"):
        (town / name).write_text("area,indicator,year,value,source\na,x,2020,1,\n")
    done = stored.yike("import", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert stored.ask("SELECT count(*) FROM indicator") == [(0,)]


def test_a_list_with_chinese_headings_is_stored_and_its_mapping_saved(
    town: Path, stored: Stored
) -> None:
    (town / "一.csv").write_text(
        "小区编号,小区名称,总户数（户）,规划许可日期,经度,纬度\n"
        'XQ1,幸福里,"1,240",2023年5月1日,114.3005,30.5505\n',
        encoding="utf-8",
    )
    (town / "二.csv").write_text(
        "小区编号,住宅,经度,纬度\nXQ2,0.08万户,114.3046,30.5505\n", encoding="utf-8"
    )

    done = stored.yike("import", "districts", "一.csv", "--crs=EPSG:4326", "--save-mapping=m.yaml")
    text = (town / "m.yaml").read_text(encoding="utf-8")
    (town / "m.yaml").write_text(
        text.replace("小区名称: name", "小区名称: name\n      住宅: households"), encoding="utf-8"
    )
    other = stored.yike("import", "districts", "二.csv", "--crs=EPSG:4326", "--mapping=m.yaml")

    assert done.returncode == 0, done.stderr
    assert "yike: note: 一.csv: columns understood: 小区编号 → id; 小区名称 → name" in done.stderr
    assert other.returncode == 0, other.stderr
    assert "note" not in other.stderr
    rows = "SELECT id, name, households, permitted_on::text FROM district ORDER BY id"
    assert stored.ask(rows) == [
        ("XQ1", "幸福里", 1240, "2023-05-01"),
        ("XQ2", None, 800, None),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("network", "streets.parquet", "--mapping=m.yaml"), "m.yaml: cannot be read"),
        (("network", "streets.parquet", "--save-mapping=m.yaml"), "--save-mapping: is for areas"),
        (("districts", "districts.geojson", "--save-mapping=m.txt"), "must be a .yaml file"),
        (("districts", "districts.geojson", "--kinds-from-names"), "is for facilities"),
    ],
)
def test_options_of_columns_that_do_not_fit_are_told(
    town: Path, yike: Run, arguments: tuple[str, ...], message: str
) -> None:
    assert town.exists()
    done = yike("import", *arguments, YIKE_DATABASE__URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 2
    assert message in done.stderr
    assert not (town / "m.yaml").exists()
