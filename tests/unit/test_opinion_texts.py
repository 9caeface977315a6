"""Opinions at every stage, of projects that pass, fail and leave things open: can they be read?"""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from housing import (
    FOUR,
    HOUSING,
    PACKS,
    at,
    conditions,
    item,
    nursery,
    project,
    reviewed,
    station,
)
from planning import point

from service.reports.opinion import opinion_of
from service.reports.opinion_paper import opinion_paper
from service.reports.paper import Bullets, Grid, Paragraph
from service.reports.worksheet import worksheet_xlsx
from spatial.policy.review.stages import STAGES

AROUND = [{"id": "F1", "kind": "nursery", "geometry": point(1148.1743, 40)}]
GIVEN = {
    "area": "330702",
    "control_plan": {**conditions(item(), no="攀控规〔2022〕3号"), "issued_on": "2022-05-01"},
    "planning_conditions": conditions(item()),
    "planning_unit": {"id": "GY-1", "planned_population": 30000, "elderly_land_m2": 5600},
}
IN_ORDER = project(
    nursery(1000, status="built", as_built={"floor_area_m2": 1000}, dates=HOUSING),
    station(),
    **GIVEN,
)
FAILING = project(
    nursery(199.99, geometry=at(90)),
    station(
        dates={**HOUSING, "built_on": "2025-06-02"},
        handover={"agreement": "unsigned", "receiver": "developer", "price": 1},
        as_built={"floor_area_m2": 280, "site_area_m2": 390},
        floor_area_m2=290,
    ),
    **GIVEN,
)
BARE = {k: v for k, v in station(dates={}, as_built={}, handover={}).items() if k != "status"}
UNKNOWN = project(
    {k: v for k, v in nursery(None).items() if k != "geometry"}, BARE, housing={}, area="330702"
)


def lines_of(submitted, stage, lang):
    found = reviewed(submitted, *FOUR, stage=stage, around=AROUND)
    packs = [PACKS[name] for name in FOUR]
    opinion = opinion_of(found, project=submitted, packs=packs, lang=lang)
    sheets = openpyxl.load_workbook(io.BytesIO(worksheet_xlsx(opinion)))
    lines = []
    for block in opinion_paper(opinion).blocks:
        if isinstance(block, Paragraph):
            lines += block.text.split("\n")
        elif isinstance(block, Bullets):
            lines += block.items
        elif isinstance(block, Grid):
            assert all(cell.text for row in block.rows for cell in row)
    return found, lines, sheets


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("submitted", [IN_ORDER, FAILING, UNKNOWN], ids=["order", "fails", "open"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_opinion_can_be_read_at_every_stage(submitted, stage, lang):
    found, lines, sheets = lines_of(submitted, stage, lang)
    assert len(sheets.sheetnames) == 5
    text = "\n".join(lines)
    assert "None" not in text
    assert lang == "en" or "¶" not in text
    assert not re.search(r"[{}\[\]|]", text)
    # No dash stands for a figure in a sentence, and no field goes by its name in the file.
    assert not re.search(r"— ?(米|㎡|户|天|m²? |days)", text)
    assert not re.search(r"\b(dates|housing|as_built|handover)\.\w", text)
    own = "不符合：" if lang == "zh" else "not met: "
    for line in lines:
        if line.startswith((own, "建议：", "advice: ")):
            assert not re.search(r"\d\.\d{3} ?(米|m\b)", line), line
    if found.verdict == "pass_with_advice":
        assert ("附建议的条款：" if lang == "zh" else "Clauses with advice: ") in text


@pytest.mark.parametrize(
    ("lang", "told"), [("zh", "计划2027-01-01建成"), ("en", "to be built 2027-01-01")]
)
def test_a_date_to_come_is_told_as_a_plan(lang, told):
    submitted = project(station(dates={"planned_on": "2024-01-01", "built_on": "2027-01-01"}))
    found = reviewed(submitted, "panzhihua-2020", stage="completion", around=AROUND)
    opinion = opinion_of(found, project=submitted, packs=[PACKS["panzhihua-2020"]], lang=lang)
    cells = [
        cell.text
        for block in opinion_paper(opinion).blocks
        if isinstance(block, Grid)
        for row in block.rows
        for cell in row
    ]
    assert any(told in text for text in cells)


def test_land_and_floor_area_are_told_apart():
    _, lines, _ = lines_of(FAILING, "verification", "zh")
    text = "\n".join(lines)
    assert "实测用地面积390㎡，规划条件400㎡，尚缺10㎡" in text
    assert "实测建筑面积280㎡，规划条件300㎡，尚缺20㎡" in text
