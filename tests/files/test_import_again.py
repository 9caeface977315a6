"""``yike import`` of the same list again and again: looked at, sifted, compared, taken back."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from stored_files import Stored

HEAD = "id,name,kind,lon,lat,places,status"
GOOD = (
    "f1,甲园,nursery,114.301,30.601,60,operating",
    "f2,乙园,nursery,114.302,30.602,40,operating",
    "f3,丙园,nursery,114.303,30.603,30,operating",
)
BAD = (
    "f4,丁园,nursery,114.304,30.604,many,operating",
    "f1,甲园二,nursery,114.305,30.605,1,operating",
)
FACILITIES = ("import", "facilities")
WGS84 = "--crs=EPSG:4326"


def write(path: Path, *lines: str) -> str:
    path.write_text("\n".join((HEAD, *lines)) + "\n", encoding="utf-8")
    return path.name


def said_id(stderr: str) -> str:
    (found,) = re.findall(r"yike imports undo ([0-9a-f]{16})", stderr)
    return found


@pytest.fixture
def everything(stored: Stored):
    """All that is said of the rows there are, but for the version that says it."""

    def read() -> list[tuple[object, ...]]:
        return stored.ask(
            "SELECT id, name, places, status, closed_on, valid_from, valid_to, source_file, "
            "source_row, source_crs, transformation, ST_AsBinary(geometry) "
            "FROM facility WHERE superseded_at IS NULL ORDER BY id"
        )

    return read


def test_one_faulty_row_refuses_the_file_unless_it_is_set_aside(town: Path, stored: Stored) -> None:
    file = write(town / "list.csv", *GOOD, *BAD)

    refused = stored.yike(*FACILITIES, file, WGS84)
    looked_at = stored.yike(*FACILITIES, file, WGS84, "--dry-run", "--lang=en")
    counted = stored.ask("SELECT count(*) FROM facility")
    kept = stored.yike(*FACILITIES, file, WGS84, "--quarantine=aside.csv")

    assert refused.returncode == looked_at.returncode == 2
    assert "list.csv, row 4, field places: must be a number, not 'many'" in refused.stderr
    assert refused.stderr.splitlines()[-2:] == looked_at.stderr.splitlines()[-2:]
    assert "5 rows read, 3 accepted (0 of them repaired), 2 set aside" in looked_at.stdout
    assert "  row 4, field places, at 114.304,30.604: must be" in looked_at.stdout
    assert "same identifier in the file: 1 rows" in looked_at.stdout
    assert "row=1; id=f1; name=甲园; service=childcare; kind=nursery; places=60" in looked_at.stdout
    assert counted == [(0,)]
    assert kept.returncode == 0, kept.stderr
    assert kept.stdout == "list.csv: 5 rows read, 3 added, 0 changed, 0 unchanged\n"
    assert "list.csv: 2 rows set aside" in kept.stderr
    with (town / "aside.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["id"] for row in rows] == ["f4", "f1"]
    assert rows[0]["import_reason"] == "places: 应为数字，而不是 'many'"
    assert rows[1]["import_reason"] == "id: 'f1' 已在第 1 行"

    # Corrected, the file goes in; the column of reasons is no column.
    text = (town / "aside.csv").read_text(encoding="utf-8-sig")
    corrected = text.replace("many", "10").replace("\nf1,", "\nf5,")
    (town / "aside.csv").write_text(corrected, encoding="utf-8")
    again = stored.yike(*FACILITIES, "aside.csv", WGS84)
    assert again.stdout == "aside.csv: 2 rows read, 2 added, 0 changed, 0 unchanged\n"
    assert "import_reason" not in again.stderr


def test_a_list_comes_again_and_is_taken_back(town: Path, stored: Stored, everything) -> None:
    first = stored.yike(*FACILITIES, write(town / "list.csv", *GOOD), WGS84)
    before = everything()
    changed = (
        GOOD[0].replace(",60,", ",65,"),
        GOOD[1],
        "f9,新园,nursery,114.309,30.609,9,operating",
    )
    file = write(town / "next.csv", *changed)
    complete = ("--complete", "--of=kind=nursery", "--closed-on=2026-11-01")

    dry = stored.yike(*FACILITIES, file, WGS84, *complete, "--dry-run", "--json")
    same = everything()
    second = stored.yike(*FACILITIES, file, WGS84, *complete)
    after = everything()

    (report,) = json.loads(dry.stdout)
    assert report["import"] is None
    assert report["report"]["diff"]["gone_ids"] == ["f3"]
    assert report["report"]["diff"]["changes"][0]["values"] == {"places": [60, 65]}
    assert same == before
    assert second.stdout == "next.csv: 3 rows read, 1 added, 1 changed, 1 unchanged, 1 closed\n"
    assert [row[0] for row in after] == ["f1", "f2", "f3", "f9"]
    assert str(after[2][4]) == str(after[2][6]) == "2026-11-01"

    listed = stored.yike("imports")
    shown = stored.yike("imports", "show", said_id(second.stderr), "--lang=en")
    too_early = stored.yike("imports", "undo", said_id(first.stderr))
    undone = stored.yike("imports", "undo", said_id(second.stderr))
    twice = stored.yike("imports", "undo", said_id(second.stderr))

    lines = listed.stdout.splitlines()
    assert [line.split()[3:] for line in lines] == [
        ["committed", "facilities", "next.csv"],
        ["committed", "facilities", "list.csv"],
    ]
    assert "  f1: places 60 → 65" in shown.stdout
    assert too_early.returncode == 2
    assert "2 of its rows were written again after this import (f1 and 1 more)" in too_early.stderr
    assert "f3: version 2 was written at" in too_early.stderr
    assert "Traceback" not in too_early.stderr
    assert undone.returncode == 0, undone.stderr
    assert "2 rows as they were before, 1 rows as if never added" in undone.stdout
    assert "was taken back before" in twice.stdout
    assert everything() == before
    # Now nothing is in the way of the first one.
    assert stored.yike("imports", "undo", said_id(first.stderr)).returncode == 0
    assert everything() == []
    actions = stored.ask("SELECT action FROM audit ORDER BY sequence")
    assert actions == [("import",), ("import",), ("undo import",), ("undo import",)]


def test_figures_are_taken_back_as_rows_are(town: Path, stored: Stored) -> None:
    def bring(name: str, *lines: str) -> str:
        text = "\n".join(("area,indicator,year,value,source", *lines)) + "\n"
        (town / name).write_text(text, encoding="utf-8")
        done = stored.yike("import", "indicators", name)
        assert done.returncode == 0, done.stderr
        return said_id(done.stderr)

    def known() -> list[tuple[object, ...]]:
        return stored.ask(
            "SELECT area, indicator, year, value, source, source_file FROM indicator "
            "WHERE superseded_at IS NULL ORDER BY area, indicator, year"
        )

    first = bring("one.csv", "330700,beds,2024,11669,公报", "330700,beds,2025,11700,公报")
    before = known()
    second = bring("two.csv", "330700,beds,2024,11670,公报", "330702,beds,2024,900,公报")
    too_early = stored.yike("imports", "undo", first)
    undone = stored.yike("imports", "undo", second)

    assert too_early.returncode == 2
    assert "1 of its rows were written again after this import (330700, beds, 2024)" in (
        too_early.stderr
    )
    assert "1 rows as they were before, 1 rows as if never added" in undone.stdout
    assert known() == before
    assert stored.yike("imports", "undo", first).returncode == 0
    assert known() == []
    # The same file brings them again, under versions of their own.
    bring("one.csv", "330700,beds,2024,11669,公报", "330700,beds,2025,11700,公报")
    assert known() == before
    assert stored.ask("SELECT action, target FROM audit ORDER BY sequence")[2:4] == [
        ("undo import", "indicators"),
        ("undo import", "indicators"),
    ]


def test_a_network_is_taken_out_of_use_and_the_one_before_is_used_again(
    town: Path, stored: Stored
) -> None:
    def bring(north: float) -> str:
        line = shapely.LineString([(114.3, 30.5), (114.31, north)])
        gpd.GeoDataFrame(geometry=[line], crs="EPSG:4326").to_file(town / "lines.geojson")
        done = stored.yike("import", "network", "lines.geojson")
        assert done.returncode == 0, done.stderr
        return said_id(done.stderr)

    def in_use() -> list[str]:
        found = stored.ask(
            "SELECT version FROM network WHERE used_since IS NOT NULL ORDER BY used_since DESC"
        )
        return [version for (version,) in found]

    first, second = bring(30.5), bring(30.6)
    two, one = in_use()
    third = bring(30.5)
    assert in_use() == [one, two]
    replaced = stored.yike("imports", "undo", second)
    undone = stored.yike("imports", "undo", third)
    assert replaced.returncode == 2
    assert f"no longer in use, network {one} is; nothing was taken back" in replaced.stderr
    assert f"taken back; network {two} is in use now" in undone.stdout
    assert in_use() == [two, one]
    stored.yike("imports", "undo", second)
    assert in_use() == [one]
    assert "no network is in use now" in stored.yike("imports", "undo", first).stdout
    assert in_use() == []
    # The streets themselves stay, for whatever has walked on them.
    assert stored.ask("SELECT count(DISTINCT network_version) FROM network_edge") == [(2,)]
    assert stored.ask("SELECT target, detail->>'in_use' FROM audit ORDER BY sequence")[3:] == [
        (f"network/{one}", two),
        (f"network/{two}", one),
        (f"network/{one}", None),
    ]


def test_rows_are_known_by_other_fields(town: Path, stored: Stored) -> None:
    def named(*lines: str) -> str:
        text = "\n".join(("name,kind,lon,lat,places,status", *lines)) + "\n"
        (town / "named.csv").write_text(text, encoding="utf-8")
        return "named.csv"

    stored.yike(*FACILITIES, write(town / "list.csv", GOOD[0]), WGS84)
    rows = ("甲园,nursery,114.301,30.601,61,operating", "戊园,nursery,114.309,30.6,5,operating")
    first = stored.yike(*FACILITIES, named(*rows), WGS84, "--key=name")
    again = stored.yike(*FACILITIES, named(rows[1].replace(",5,", ",6,")), WGS84, "--key=name")
    missing = stored.yike(
        *FACILITIES, named(",nursery,114.3,30.6,5,operating"), WGS84, "--key=name"
    )

    assert first.stdout == "named.csv: 2 rows read, 1 added, 1 changed, 0 unchanged\n", first.stderr
    assert again.stdout == "named.csv: 1 rows read, 0 added, 1 changed, 0 unchanged\n"
    assert missing.returncode == 2
    assert "row 1, field name: is missing, and rows are known by it" in missing.stderr
    found = stored.ask("SELECT id, places FROM facility WHERE superseded_at IS NULL ORDER BY name")
    assert {places for _, places in found} == {61, 6}
    assert ("f1", 61) in found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("facilities", "x.csv", "--of=kind=nursery"), "only what is missing from a complete list"),
        (("facilities", "x.csv", "--complete", "--of=kind"), "--of: must be field=value"),
        (
            ("facilities", "x.csv", "--complete", "--of=colour=red"),
            "selected by 'colour'",
        ),
        (("facilities", "x.csv", "--complete", "--closed-on=x"), "--closed-on: must be a date"),
        (("facilities", "x.csv", "y.csv", "--complete"), "--complete: is for one file at a time"),
        (("facilities", "x.csv", "--key=entrances"), "cannot be known by 'entrances'"),
        (("indicators", "x.csv", "--complete"), "--complete: is for areas, districts"),
    ],
)
def test_options_that_do_not_go_together_are_refused(yike, arguments, message) -> None:
    done = yike("import", *arguments, YIKE_DATABASE__URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_import_is_told(stored: Stored) -> None:
    for arguments, message in (
        (("imports", "undo", "0123456789abcdef"), "there is no such import"),
        (("imports", "undo"), "must be alone"),
        (("imports", "forget", "x"), "must be alone"),
    ):
        done = stored.yike(*arguments)
        assert done.returncode == 2
        assert message.casefold() in done.stderr.casefold()
        assert "Traceback" not in done.stderr
