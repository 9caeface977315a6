"""Workbooks as offices send them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from service.imports.formats import read_raw
from service.imports.raw import RawTable, Reading
from spatial.errors import InputError

HEADING = ("编号", "名称", "户数")
DATA = (("甲", "幸福里", 500), ("乙", "东方苑", 80))


def book(path: Path, *rows: tuple[Any, ...], **sheets: list[tuple[Any, ...]]) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for name, more in sheets.items():
        other = workbook.create_sheet(name)
        for row in more:
            other.append(row)
    workbook.save(path)
    return path


def read(path: Path, *, heading_row: int | None = None, prefer: str = "districts") -> RawTable:
    return read_raw(path, prefer=prefer, how=Reading(heading_row=heading_row))


@pytest.mark.parametrize(
    ("above", "heading"),
    [
        ([], HEADING),
        ([("居住区一览表",)], HEADING),
        ([("居住区一览表",), (None,), ("填表单位：规划局", None, "2024年")], HEADING),
        # A group over two columns, and a heading over two rows, as merged cells make them.
        ([("编号", "基本情况", None)], (None, "名称", "户数")),
        ([("基本情况", None, "规模")], HEADING),
    ],
)
def test_the_heading_is_found_below_titles_and_groups(
    tmp_path: Path, above: list[tuple[Any, ...]], heading: tuple[Any, ...]
) -> None:
    raw = read(book(tmp_path / "f.xlsx", *above, heading, *DATA))

    assert list(raw.frame.columns) == list(HEADING)
    assert list(raw.frame.itertuples(index=False, name=None)) == list(DATA)
    assert raw.serial_dates
    assert bool(raw.warnings) == bool(above)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [("编号", "名称", None), *DATA],
            "every column in use; row 1 comes nearest: column C has no text in it",
        ),
        ([("编号", "名称", "名称"), *DATA], "row 1 comes nearest: two columns are headed '名称'"),
        # Rows of texts alone may not pass for the heading that has a gap.
        ([("a", "b", None), ("x", "y", "z"), ("u", "v", "w")], "row 1 comes nearest: column C"),
        ([(1, 2, 3), (4, 5, 6)], "none of its first 20 rows can be its heading"),
        ([], "has no sheet with cells"),
    ],
)
def test_a_sheet_without_a_heading_is_told(
    tmp_path: Path, rows: list[tuple[Any, ...]], message: str
) -> None:
    path = book(tmp_path / "f.xlsx", *rows)

    with pytest.raises(InputError) as caught:
        read(path)

    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_the_user_may_say_which_row_is_the_heading(tmp_path: Path) -> None:
    path = book(tmp_path / "f.xlsx", HEADING, ("id", "name", "households"), *DATA)

    assert list(read(path, heading_row=2).frame.columns) == ["id", "name", "households"]
    assert len(read(path).frame) == 3
    for row, message in ((3, "row 3 cannot be its heading: column C"), (9, "has no row 9")):
        with pytest.raises(InputError, match=message):
            read(path, heading_row=row)


def test_sheets_are_named_or_bear_the_name_of_the_layer(tmp_path: Path) -> None:
    path = book(tmp_path / "f.xlsx", HEADING, *DATA, districts=[HEADING, DATA[1]], 空=[])

    assert len(read(path).frame) == 1
    assert len(read(Path(f"{path}|layername=Sheet")).frame) == 2
    with pytest.raises(InputError, match=r"has several tables \(Sheet, districts\)"):
        read(path, prefer="facilities")
    with pytest.raises(InputError, match=r"no table 'Sheet2' \(did you mean Sheet\?\)"):
        read(Path(f"{path}|layername=Sheet2"))


def test_cells_are_what_the_workbook_holds(tmp_path: Path) -> None:
    """Dates as dates, whole numbers as such, formulas as their kept values, errors as nothing."""
    path = tmp_path / "f.xlsx"
    day = dt.datetime(2024, 6, 30)  # noqa: DTZ001  # a workbook knows no zones
    book(
        path,
        ("a", "b", "c", "d", "e"),
        (day, 7, 0.1, "=1+1", "#REF!"),
        (None, None, None, None, None),
        ("x", True, "007", None, "ok"),
    )

    raw = read(path)

    assert raw.frame["a"].tolist() == [day, "x"]
    assert raw.frame["b"].tolist() == [7, True]
    assert raw.frame["c"].tolist() == [0.1, "007"]
    # Nobody has calculated it yet: LibreOffice or Excel would keep 2.
    assert raw.frame["d"].tolist() == [None, None]
    assert raw.frame["e"].tolist() == [None, "ok"]
    assert [line for line in raw.warnings if "hold an error" in line]


def test_what_is_no_workbook_is_told(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0 an old workbook")

    with pytest.raises(InputError, match="cannot be unpacked: File is not a zip file"):
        read(path)
