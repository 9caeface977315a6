"""``yike import`` of every format, and of tables joined to what is stored."""

from __future__ import annotations

from pathlib import Path

import openpyxl
from format_writers import CASES, DXF_COLUMNS, HEADINGS, layer
from stored_files import Stored

MAPPING = [f"--map={column}={field}" for column, field in HEADINGS.items()]


def test_one_layer_in_several_formats_is_stored_once(stored: Stored, tmp_path: Path) -> None:
    """After the first one, the others change nothing: not a digit of a coordinate."""
    first = True
    for name in ("GeoPackage", "XLSX", "CSV, UTF-8", "KML, UTF-8"):
        case = CASES[name]
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        path = case.write(folder, layer(), case.encoding)
        crs = () if case.says_crs else ("--crs", "EPSG:4326")

        done = stored.yike("import", "districts", path, *crs, *MAPPING)

        assert done.returncode == 0, done.stderr
        expected = "3 added, 0 changed, 0 unchanged" if first else "0 added, 0 changed, 3 unchanged"
        assert expected in done.stdout, name
        first = False
    assert stored.ask("select count(*) from district") == [(3,)]


def test_a_drawing_and_then_its_table(stored: Stored, tmp_path: Path) -> None:
    """Outlines from CAD, and what is known of them from a workbook without coordinates."""
    case = CASES["DXF, GBK"]
    drawing = case.write(tmp_path, layer("gbk", crs="EPSG:4526"), "gbk")
    mapping = [f"--map={column}={field}" for column, field in DXF_COLUMNS.items()]
    done = stored.yike("import", "districts", drawing, "--crs", "EPSG:4526", *mapping)
    assert done.returncode == 0, done.stderr
    assert "not read: 1 open lines" in done.stderr
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["名称", "户数"])
    sheet.append(["幸福里小区", 640])
    book.save(tmp_path / "table.xlsx")

    done = stored.yike("import", "districts", tmp_path / "table.xlsx", *MAPPING[1:])

    assert done.returncode == 0, done.stderr
    assert "1 rows read, 0 added, 1 changed, 0 unchanged" in done.stdout
    rows = stored.ask(
        "select id, households, version, source_file like '%table.xlsx', st_npoints(geometry) "
        'from district where superseded_at is null order by id collate "C"'
    )
    assert rows == [
        ("003", None, 1, False, 5),
        ("B2", None, 1, False, 5),
        ("甲-1", 640, 2, True, 5),
    ]
    (tmp_path / "table.csv").write_text("name,households\n幸福里,1\n", encoding="utf-8")
    done = stored.yike("import", "districts", tmp_path / "table.csv")
    assert done.returncode == 2
    assert "'幸福里' names none of the stored districts" in done.stderr
    assert "did you mean" in done.stderr


def test_what_decided_the_encoding_is_told_and_overruled(stored: Stored, tmp_path: Path) -> None:
    case = CASES["Shapefile, GBK without .cpg"]
    path = case.write(tmp_path, layer("gbk"), "gbk")

    done = stored.yike("import", "districts", path, *MAPPING, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert (
        f"{path}: text read as GB18030, as its bytes are not valid UTF-8: 编号 · 名称"
        in done.stderr
    )

    done = stored.yike("import", "districts", path, *MAPPING, "--dry-run", "--encoding", "utf-8")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"yike: {path}: its text is not in UTF-8, as --encoding says"
    )
