"""The problem ledger: what is a problem, and what becomes of it from one evaluation to the next."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from planning import areas, districts, facilities, judge, main_street, pack, point, rule, square

from service.reports.ledger_sheet import ledger_xlsx, read_ledger
from spatial.errors import InputError
from spatial.policy.problem_ledger import LEDGER_COLUMNS, problem_ledger

RADIUS = "r.radius"
AREA = "r.area"
PACK = pack(
    rule("service_radius", rule_id=RADIUS),
    rule(
        "service_radius",
        rule_id="r.relaxed",
        parameters={"role": "relaxed"},
    ),
    rule("floor_area_per_100hh", rule_id=AREA),
)
DAYS = (dt.date(2026, 1, 1), dt.date(2026, 7, 1), dt.date(2027, 1, 1))
COMMUNITY = "330702001001"


def ground():
    return areas(
        {
            "code": "330702001",
            "name": "街道",
            "level": "township",
            "kind": "subdistrict",
            "geometry": square(0, 0, 20_000),
        },
        {
            "code": COMMUNITY,
            "name": "社区",
            "level": "community",
            "kind": "urban_community",
            "parent": "330702001",
            "geometry": square(0, 0, 20_000),
        },
    )


def places(*, households=1000, **changes):
    common = {"stage": "existing", "households": households, "community": COMMUNITY}
    rows = [
        {"id": "a", "name": "甲", "geometry": square(0, 0, 40), **common},
        {"id": "b", "geometry": square(2000, 0, 40), **common},
        {"id": "n", "stage": "new", "households": 400, "geometry": square(5000, 0, 40)},
    ]
    return districts(*[{**row, **changes.get(row["id"], {})} for row in rows])


def found(day, place_rows, *facility_rows):
    evaluation = judge(
        place_rows,
        facilities(*facility_rows)
        if facility_rows
        else facilities({"id": "far", "geometry": point(11_000)}),
        PACK,
        network=main_street(),
        area_rows=ground(),
    )
    return replace(evaluation, as_of=day)


def ledger_of(evaluation, previous=None):
    return problem_ledger(
        evaluation,
        packs=[PACK],
        previous=previous,
        areas_of={"a": ["330702001", COMMUNITY], "b": ["330702001", COMMUNITY]},
    )


def one(ledger, place, rule_id):
    (at,) = ledger.index[(ledger["place"] == place) & (ledger["rule"] == rule_id)]
    return ledger.loc[at]


NEAR_A = {"id": "fa", "geometry": point(0), "floor_area_m2": 100}
NEAR_B = {"id": "fb", "geometry": point(2000), "floor_area_m2": 500}


def test_a_problem_is_what_is_not_met_or_not_followed_and_stands_once() -> None:
    ledger = ledger_of(found(DAYS[0], places()))
    assert list(ledger.columns) == list(LEDGER_COLUMNS)
    assert set(ledger["status"]) == {"new"}
    assert set(ledger["verdict"]) <= {"not_met", "advise"}
    assert "r.relaxed" not in set(ledger["rule"]), "it repeats its main rule"
    shared = one(ledger, COMMUNITY, AREA)
    assert (shared["place_type"], shared["level"]) == ("community", "community")
    assert shared["members"] == ["a", "b"], "one row for the districts that share it"
    assert (shared["households"], shared["threshold"], shared["deficit"]) == (2000, 300, 300)
    radius = one(ledger, "a", RADIUS)
    assert (radius["place_name"], radius["level"]) == ("甲", "township")
    assert radius["responsible"] == "街道（330702001）"
    assert one(ledger, "n", RADIUS)["level"] == "county", "new districts are held at the plan"
    assert (radius["clause"], radius["quote"]) == ("一(一)", "试验条文")
    assert radius["first_seen"] == radius["last_seen"] == DAYS[0]
    assert radius["solved_on"] is None


def test_the_next_evaluation_says_what_became_of_each() -> None:
    first = ledger_of(found(DAYS[0], places()))
    second = ledger_of(found(DAYS[1], places(), NEAR_A), first)
    solved = one(second, "a", RADIUS)
    assert (solved["status"], solved["verdict"]) == ("solved", "met")
    assert (solved["first_seen"], solved["last_seen"], solved["solved_on"]) == (
        DAYS[0],
        DAYS[0],
        DAYS[1],
    )
    persisting = one(second, "b", RADIUS)
    assert (persisting["status"], persisting["first_seen"]) == ("persisting", DAYS[0])
    assert persisting["last_seen"] == DAYS[1]
    area = one(second, COMMUNITY, AREA)
    assert (area["status"], area["deficit"]) == ("persisting", 200), "with today's figures"
    # The facility closes again: a problem that comes back is new; what was solved stays told.
    third = ledger_of(found(DAYS[2], places(), NEAR_B), second)
    again = one(third, "a", RADIUS)
    assert (again["status"], again["first_seen"]) == ("new", DAYS[2])
    assert one(third, "b", RADIUS)["status"] == "solved"
    assert one(third, COMMUNITY, AREA)["solved_on"] == DAYS[2]
    # Nothing of the second is lost, and solved ones are carried on unchanged.
    assert set(second["problem"]) <= set(third["problem"])
    fourth = ledger_of(replace(found(DAYS[2], places(), NEAR_A, NEAR_B), as_of=DAYS[2]), third)
    assert one(fourth, "b", RADIUS)["solved_on"] == DAYS[2]


def test_what_is_not_known_is_not_solved() -> None:
    first = ledger_of(found(DAYS[0], places()))
    unknown = places(a={"households": None}, b={"households": None})
    second = ledger_of(found(DAYS[1], unknown), first)
    area = one(second, COMMUNITY, AREA) if COMMUNITY in set(second["place"]) else None
    assert area is not None
    assert area["status"] == "unconfirmed"
    assert area["solved_on"] is None
    # A district that is judged no more is not solved either.
    fewer = districts({"id": "a", "stage": "existing", "households": 1000, "geometry": point(0)})
    third = ledger_of(found(DAYS[1], fewer), first)
    assert one(third, "b", RADIUS)["status"] == "unconfirmed"
    assert one(third, "b", RADIUS)["verdict"] == "not_met", "the last one known"
    # Found again, it has been there all along.
    fourth = ledger_of(found(DAYS[2], places()), third)
    assert (one(fourth, "b", RADIUS)["status"], one(fourth, "b", RADIUS)["first_seen"]) == (
        "persisting",
        DAYS[0],
    )


def test_an_evaluation_without_problems_has_an_empty_ledger() -> None:
    everywhere = [{**NEAR_B, "id": f"f{at}", "geometry": point(at)} for at in (0, 2000, 5000)]
    ledger = ledger_of(found(DAYS[0], places(n={"stage": "existing"}), *everywhere))
    assert list(ledger.columns) == list(LEDGER_COLUMNS)
    assert not (ledger["place_type"] == "district").any()
    nothing = ledger[ledger["status"] == "none"]
    assert len(problem_ledger(found(DAYS[1], places()), packs=[PACK], previous=nothing)) > 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_ledger_written_reads_back_as_it_was(tmp_path: Path, lang) -> None:
    first = ledger_of(found(DAYS[0], places()))
    ledger = ledger_of(found(DAYS[1], places(), NEAR_A), first)
    ledger.loc[0, "place_name"] = "=1+1"
    path = tmp_path / "ledger.xlsx"
    path.write_bytes(ledger_xlsx(ledger, lang=lang, about=[("评估", "@SUM(A1)")]))
    back = read_ledger(path)
    assert_same(ledger, back)
    book = openpyxl.load_workbook(path)
    assert not [c for s in book for row in s.iter_rows() for c in row if c.data_type == "f"]
    carried = [ledger_of(found(DAYS[2], places()), one_of) for one_of in (ledger, back)]
    assert_same(*carried)


def assert_same(one_frame, other):
    assert len(one_frame) == len(other)
    for name in LEDGER_COLUMNS:
        for was, becomes in zip(one_frame[name], other[name], strict=True):
            if isinstance(was, list) or not pd.isna(was):
                assert was == becomes, name
            else:
                assert pd.isna(becomes), name


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.xlsx"
    path.write_bytes(b"no workbook")
    with pytest.raises(InputError, match="no workbook"):
        read_ledger(path)
    book = openpyxl.Workbook()
    book.save(path)
    with pytest.raises(InputError, match="no ledger"):
        read_ledger(path)
    ledger = ledger_of(found(DAYS[0], places()))

    def edited(column, value):
        path.write_bytes(ledger_xlsx(ledger, lang="zh", about=[]))
        book = openpyxl.load_workbook(path)
        sheet = book["问题台账"]
        at = [cell.value for cell in sheet[1]].index(column) + 1
        sheet.cell(2, at).value = value
        book.save(path)
        with pytest.raises(InputError) as refused:
            read_ledger(path)
        return str(refused.value)

    assert "row 2: column 状态: '不明' is none of 新增" in edited("状态", "不明")
    assert "row 2: column 首次发现: '去年' is no date" in edited("首次发现", "去年")
    assert "row 2: column 户数: '很多' is no number" in edited("户数", "很多")
    assert "no column 问题标识" in edited_heading(ledger, path)


def edited_heading(ledger, path):
    path.write_bytes(ledger_xlsx(ledger, lang="zh", about=[]))
    book = openpyxl.load_workbook(path)
    sheet = book["问题台账"]
    for cell in sheet[1]:
        if cell.value == "问题标识":
            cell.value = "别的"
    book.save(path)
    with pytest.raises(InputError) as refused:
        read_ledger(path)
    return str(refused.value)
