"""Cells as offices write them: dates, yes and no, words, unknown, kinds of facility."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from service.imports.cells import CellError
from service.imports.dates import read_date, read_date_number
from service.imports.facility_words import kind_of_type, kind_table, kinds_in_name
from service.imports.saved_mapping import SavedLayer
from service.imports.tables import packaged_table
from service.imports.units import parse_unit
from service.imports.values import Values, read_values
from service.imports.words import field_words
from spatial.facility_kinds import FACILITY_KINDS
from spatial.fields import DISTRICTS, FACILITIES, LAYERS, FieldType, Layer


def values(layer: Layer = FACILITIES, *, options: dict[str, Any] | None = None, **cells) -> Values:
    frame = pd.DataFrame({name: pd.Series(one, dtype=object) for name, one in cells.items()})
    return read_values(frame, layer, source="f.csv", **(options or {}))


def lines(found: Values) -> list[str]:
    return [str(fault) for fault in found.faults]


@pytest.mark.parametrize(
    ("text", "day", "whole"),
    [
        ("2023年5月1日", date(2023, 5, 1), False),
        ("2023年05月01号", date(2023, 5, 1), False),
        ("2023.5.1", date(2023, 5, 1), False),
        ("2023/5/1", date(2023, 5, 1), False),
        ("2023-5-1", date(2023, 5, 1), False),
        ("２０２３－０５－０１", date(2023, 5, 1), False),
        ("2023/5/1 0:00:00", date(2023, 5, 1), False),
        ("20230501", date(2023, 5, 1), False),
        ("2023年5月", date(2023, 5, 31), True),
        ("2024年2月", date(2024, 2, 29), True),
        ("2023.05", date(2023, 5, 31), True),
        ("2023.10", date(2023, 10, 31), True),
        ("2023-05", date(2023, 5, 31), True),
        ("2023年", date(2023, 12, 31), True),
        ("2023", date(2023, 12, 31), True),
    ],
)
def test_dates_are_read(text: str, day: date, whole: bool) -> None:  # noqa: FBT001
    found = read_date(text, beginning=True)
    assert found is not None
    assert (found.day, found.whole) == (day, whole)


def test_a_closing_in_a_month_or_year_is_its_first_day() -> None:
    """So that nothing counts on a day on which it may have been gone."""
    found = values(id=["a", "b"], closed_on=["2023年5月", "2023年"], opened_on=["2023年5月", None])

    assert found.frame["closed_on"].tolist() == [date(2023, 5, 1), date(2023, 1, 1)]
    assert found.frame["opened_on"].tolist() == [date(2023, 5, 31), None]
    assert found.whole_periods == {"closed_on": 2, "opened_on": 1}
    assert "2 dates of closed_on give only a month or year: its first day is meant" in (
        found.warnings()
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2023.1", "may be January or October"),
        ("2023年底", "is an approximation"),
        ("2023年5月左右", "is an approximation"),
        ("2023年2月30日", "must be a date like 2024-06-30, not '2023年2月30日'"),
        ("2023年13月", "must be a date like 2024-06-30, not '2023年13月'"),
        ("0023年5月1日", "names no year from 1900 to 2200"),
    ],
)
def test_dates_that_are_none_are_refused(text: str, message: str) -> None:
    with pytest.raises(CellError, match=message):
        read_date(text, beginning=True)


@pytest.mark.parametrize("text", ["soon", "23年5月", "5月1日", "", "45047"])
def test_what_is_no_date_at_all_is_none(text: str) -> None:
    assert read_date(text, beginning=True) is None


def test_numbers_count_days_only_in_a_workbook() -> None:
    # 45047 is 2023-05-01 in Excel; 61 is the first day after its false leap day.
    def days(number: object, *, serial: bool) -> list[object]:
        found = values(id=["a"], opened_on=[number], options={"serial_dates": serial})
        return [*found.frame["opened_on"].tolist(), *lines(found)]

    assert days(45047, serial=True) == [date(2023, 5, 1)]
    assert days(45047.0, serial=True) == [date(2023, 5, 1)]
    assert days(20230501, serial=True) == [date(2023, 5, 1)]
    assert days(2023, serial=True) == [date(2023, 12, 31)]
    for serial, number in ((False, 45047), (False, "45047"), (True, "45047")):
        missing, fault = days(number, serial=serial)
        assert missing is None
        assert "looks like a spreadsheet's count of days (2023-05-01)" in str(fault)
    assert read_date_number(5, beginning=True, serial=True) is None


@pytest.mark.parametrize(
    ("field", "cell", "expected"),
    [
        ("lift", "√", True),
        ("lift", "×", False),
        ("lift", "有", True),
        ("lift", "无", False),
        ("lift", "Y", True),
        ("lift", "不详", None),
        ("registered", "已备案", True),
        ("registered", "未备案", False),
        ("registered", "备案中", "备案中"),
        ("operator", "公办", "public"),
        ("operator", "公建民营", "public_built_private_run"),
        ("operator", "民办", "private"),
        ("operator", "public", "public"),
        ("operator", "营利性", "营利性"),
        ("status", "在建", "under_construction"),
        ("status", "正常运营", "operating"),
        ("kind", "托育机构", "nursery"),
        ("kind", " 社区 托育 ", "community_childcare"),
        ("kind", "居家养老服务中心（站）", "home_service_station"),
        ("places", "不详", None),
        ("places", "/", None),
        ("places", "—", None),
        ("places", "无", None),
        ("places", "0", "0"),
        ("places", "NaN", "NaN"),
        ("places", "60个", Decimal(60)),
        ("pool", "无", None),
        ("service_area", "甲社区、乙社区", "甲社区;乙社区"),
    ],
)
def test_a_cell_becomes_what_it_says(field: str, cell: object, expected: object) -> None:
    found = values(**{field: [cell]})

    assert found.frame[field].tolist() == [expected]
    assert found.unknown == ({field: 1} if expected is None else {})
    assert not [line for line in lines(found) if "row 1" in line]


@pytest.mark.parametrize(
    ("cell", "stage"),
    [("已建", "existing"), ("在建", "new"), ("规划", "planned"), ("现状", "existing")],
)
def test_stages_are_read(cell: str, stage: str) -> None:
    assert values(DISTRICTS, stage=[cell]).frame["stage"].tolist() == [stage]


def test_numbers_take_the_unit_of_the_heading_and_only_those_that_are_none_are_at_fault() -> None:
    unit = parse_unit("万㎡", "floor_area_m2")
    assert unit is not None
    cells = [0.15, 2, "0.15", "800㎡", "约0.2", None, "0.1-0.2"]

    found = values(floor_area_m2=cells, options={"units": {"floor_area_m2": unit}})

    assert found.frame["floor_area_m2"].tolist() == [1500, 20000, 1500, 800, None, None, None]
    assert found.at_fault == {"floor_area_m2": frozenset({4, 6})}
    assert lines(found) == [
        "f.csv, row 5, field floor_area_m2: '约0.2' is an approximation or a bound, not a number",
        "f.csv, row 7, field floor_area_m2: '0.1-0.2' is a range, not a number",
    ]


def test_what_is_in_order_passes_untouched() -> None:
    cells = {"places": [1, 2], "floor_area_m2": ["0.10", "7"], "name": ["甲", "乙"]}
    found = values(**cells)
    assert {name: found.frame[name].tolist() for name in cells} == cells
    assert (found.faults, found.warnings()) == ((), [])


def test_every_word_for_a_choice_is_one_of_its_field() -> None:
    choices = packaged_table("words.yaml", "words_of_cells")["choices"]
    for name, fields in choices.items():
        for field, words in fields.items():
            assert set(words) == set(LAYERS[name].field(field).choices), (name, field)
            texts = [text for known in words.values() for text in known]
            assert len(texts) == len(set(texts)), (name, field)
    for layer in LAYERS.values():
        for field in layer.fields:
            known = field_words(layer, field)
            assert not known.unknown & known.choices.keys()
            assert bool(known.flags) == (field.type is FieldType.BOOLEAN)


def test_every_kind_has_words_and_no_word_two_kinds() -> None:
    table = packaged_table("kinds.yaml", "kinds")
    assert set(table["types"]) == set(table["names"]) | {"workplace_childcare"}
    assert set(table["types"]) == set(FACILITY_KINDS)
    words = [(word, kind) for kind, known in table["types"].items() for word in known]
    assert len({word for word, _ in words}) == len(words)
    for word, kind in words:
        assert kind_of_type(word) == kind
    for kind in FACILITY_KINDS.values():
        assert kind_of_type(kind.name_zh) == kind.id
    assert len(kind_table().names) == sum(len(known) for known in table["names"].values())


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("阳光托育园", ("nursery",)),
        ("幸福社区托育点", ("community_childcare",)),
        ("实验幼儿园托育部", ("kindergarten_class",)),
        ("小太阳家庭托育点", ("home_childcare",)),
        ("江东街道居家养老服务中心", ("home_service_station",)),
        ("红旗社区老年人日间照料中心", ("day_care",)),
        ("白龙桥镇敬老院", ("care_home",)),
        ("白龙桥镇区域养老服务中心", ("regional_centre",)),
        ("白龙桥镇区域养老服务中心（敬老院）", ("care_home", "regional_centre")),
        ("居家养老综合服务中心", ("complex", "home_service_station")),
        ("实验幼儿园", ()),
    ],
)
def test_names_propose(name: str, kinds: tuple[str, ...]) -> None:
    assert kinds_in_name(name) == kinds


NAMES = ["阳光托育园", "红旗敬老院", "实验小学", "区域养老中心（敬老院）"]


def test_a_name_only_proposes() -> None:
    accepts = "(--kinds-from-names accepts it)"
    missing = [
        f"is missing; the name '阳光托育园' suggests nursery {accepts}",
        f"is missing; the name '红旗敬老院' suggests care_home {accepts}",
        "is missing, and the name suggests none",
        "is missing, and the name '区域养老中心（敬老院）' suggests care_home or regional_centre",
    ]
    assert lines(values(name=NAMES)) == [
        f"f.csv, row {row}, field kind: {message}" for row, message in enumerate(missing, 1)
    ]


def test_names_are_taken_where_the_user_says_so_and_counted() -> None:
    found = values(name=NAMES, options={"kinds_from_names": True})

    assert found.frame["kind"].tolist() == ["nursery", "care_home", None, None]
    assert found.at_fault == {"kind": frozenset({2, 3})}
    assert found.kinds_from_names == {"nursery": 1, "care_home": 1}
    assert "kinds taken from names: nursery 1, care_home 1" in found.warnings()


def test_a_type_decides_whatever_the_name_says() -> None:
    options = {"kinds_from_names": True}
    found = values(name=NAMES[:3], kind=["养老机构", "小超市", "小超市"], options=options)

    assert found.frame["kind"].tolist() == ["care_home", "小超市", "小超市"]
    assert found.unknown_kinds == {"小超市": 2}
    (line,) = lines(found)
    assert line.startswith("f.csv, field kind: 2 rows have types that are not known: 小超市 (2);")


def test_a_saved_mapping_says_what_words_mean() -> None:
    saved = SavedLayer(
        words={"kind": {"养老驿站": "home_service_station", "托育": "home_childcare"}}
    )

    found = values(kind=["养老驿站", "托育", "敬老院"], options={"saved": saved})

    assert found.frame["kind"].tolist() == ["home_service_station", "home_childcare", "care_home"]
    assert found.words == {
        "kind": {
            "养老驿站": "home_service_station",
            "托育": "home_childcare",
            "敬老院": "care_home",
        }
    }
