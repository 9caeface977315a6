"""docs/review.md against the program: its project, its sum, its stages and its members."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

from housing import AREA, PACKS, of, reviewed

from spatial.policy.review.parsing import parse_project, project_schema
from spatial.policy.review.remedy_wording import remedy_text
from spatial.policy.review.stages import STAGES, gates_at

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "review.md").read_text(encoding="utf-8")


def test_the_project_of_the_page_is_reviewed_as_it_says() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", TEXT, flags=re.DOTALL)
    submitted = parse_project(json.loads(text, parse_float=Decimal), source="docs")
    found = reviewed(submitted, "jinhua-2022", stage="design", around=None, walking=False)
    assert found.verdict == "not_pass"
    assert {one.rule for one in found.findings if one.verdict == "not_met"} == {
        AREA,
        "jinhua.elderly.four_sync",
    }
    area = of(found, AREA)
    assert f"`0.15 × 1334 = {area.needed}`" in TEXT
    (remedy,) = area.remedies
    assert f"{remedy_text(remedy, lang='zh')}." in TEXT
    assert submitted.population is not None
    assert submitted.population.persons == 3496  # 1,334 × 2.62 = 3,495.08


def test_the_table_of_stages_is_that_of_the_program() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| [^|]+ \| `([\w.]+)` \|$", TEXT, re.MULTILINE)
    assert [(stage, name) for stage, name, _ in rows] == [
        (stage.id, stage.name_zh) for stage in STAGES.values()
    ]
    for stage, _, gate in rows:
        assert gate in {rule.id for rule in gates_at(PACKS["panzhihua-2020"], STAGES[stage])}


def test_the_members_named_are_members() -> None:
    table = TEXT.split("| member | what it is |")[1].split("\n\n")[0]
    named = {
        name
        for row in re.findall(r"^\| (.+?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    known = set(project_schema()["properties"])
    assert named <= known
    assert known - named == {"id", "name", "area", "stage", "land_grant"}
