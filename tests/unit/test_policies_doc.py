"""docs/policies.md against the packs: its tables, its arithmetic, and the pack it prints."""

from __future__ import annotations

import ast
import re
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from planning import districts, facilities, finding, judge, point

from spatial.policy.numerals import grouped
from spatial.policy.pack import Pack, evaluable
from spatial.policy.pack_file import load_pack, load_packs
from spatial.policy.terms import INDICATORS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
CATALOGUE = ROOT.parent / "shared" / "policy" / "catalogue.yaml"
PACKS = {pack.id: pack for pack in load_packs(ROOT / "seed" / "policies")}
FOUR = ["jinhua-2022", "dali-2022", "guizhou-2022", "panzhihua-2020"]
SUMS = re.findall(r"`([^`]*[÷×+−][^`]*=[^`]*)`", TEXT)


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}")[1].split("\n## ")[0]


def cells(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def worked_out(text: str) -> Fraction:
    """Work a printed sum out exactly."""

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.BinOp):
            left, right = value(node.left), value(node.right)
            match node.op:
                case ast.Add():
                    return left + right
                case ast.Sub():
                    return left - right
                case ast.Mult():
                    return left * right
                case _:
                    return left / right
        assert isinstance(node, ast.Constant)
        return Fraction(Decimal(str(node.value)))

    plain = text.replace(",", "").replace("÷", "/").replace("×", "*").replace("−", "-")
    return value(ast.parse(plain.strip(), mode="eval").body)


@pytest.mark.parametrize("text", SUMS)
def test_every_sum_is_right(text: str) -> None:
    left, right = text.split("=")
    assert grouped(worked_out(left)) == right.strip().rstrip("‰%")


def test_there_are_sums_to_check() -> None:
    assert len(SUMS) > 35


def test_the_table_of_packs() -> None:
    rows = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in TEXT.split("\n## ")[0].splitlines()
        if line.startswith("| `")
    ]
    assert [row[0] for row in rows] == [*FOUR, "gb-50180-2018", "complete-community"]
    for name, document, count, _ in rows:
        assert document == f"{PACKS[name].document_no} {PACKS[name].title}"
        assert int(count) == len(PACKS[name].rules)


def test_the_table_of_kinds() -> None:
    found = {
        (kind, able): [int(number or 0) for number in numbers]
        for kind, able, *numbers in cells("What the four packs hold")
    }
    counts = [Counter((r.kind, evaluable(r)) for r in PACKS[name].rules) for name in FOUR]
    expected = {
        key: [*(count[key] for count in counts), sum(count[key] for count in counts)]
        for key in set().union(*counts)
    }
    assert found == expected
    assert sum(row[-1] for row in found.values()) == 134


def test_every_imported_figure_is_named_with_the_rules_that_ask_for_it() -> None:
    asked: dict[str, set[str]] = {}

    def walk(value: object, rule_id: str) -> None:
        if isinstance(value, dict):
            if value.get("of") == "indicator":
                asked.setdefault(value["name"], set()).add(rule_id)
            elif "indicator" in value:
                asked.setdefault(value["indicator"], set()).add(rule_id)
            for inner in value.values():
                walk(inner, rule_id)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, rule_id)

    for pack in PACKS.values():
        for rule in pack.rules:
            walk(dict(rule.parameters), rule.id)
    rows = cells("Names of imported figures 指标名称")
    assert {name: set(re.findall(r"[a-z][a-z0-9_.]+", rules)) for name, _, rules in rows} == asked
    assert {name: chinese for name, chinese, _ in rows} == dict(INDICATORS)


@pytest.mark.shared
def test_every_baseline_check_of_the_catalogue_has_its_row() -> None:
    """The figures each check computes or states stand in the section of its document."""
    checks = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["baseline_checks"]
    marks = {
        "dali.check.population": "17.0132", "dali.check.places_ratio": "2.4095",
        "dali.check.two_stocks": "目前仅有托位3125个", "dali.check.target_45": "4.4730",
        "dali.check.project_sums": "11,531", "dali.check.beds_2025": "29.5247",
        "dali.check.growth83": "6,376", "dali.check.teachers": "178",
        "dali.check.participants": "13,855", "dali.check.care_staff": "5,200",
        "dali.check.compliance": "83.33", "dali.check.staff": "64.7211",
        "jinhua.check.share60": "16.0154", "jinhua.check.age80": "3.4232",
        "jinhua.check.need_third": "6.4333", "jinhua.check.need_2025": "32,040",
        "jinhua.check.actual_vs_target": "3.3 for 2022", "jinhua.check.row_dup": "107 and 107",
        "jinhua.check.family_doctor": "92.3", "jinhua.check.area_per_place": "35.1",
        "jinhua.check.lanxi": "兰溪", "guizhou.check.60_40": "超过60%",
        "guizhou.check.yardstick": "50% (2025)", "panzhihua.check.circular": "建而不交",
    }  # fmt: skip
    assert {check["id"] for check in checks} == set(marks)
    said = section("Where the documents contradict themselves 文件数据核对")
    for mark in marks.values():
        assert mark in said, mark


@pytest.fixture
def own_pack(tmp_path: Path) -> Pack:
    (text,) = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
    assert len(text.strip().splitlines()) <= 22
    path = tmp_path / "example.yaml"
    path.write_text(text, encoding="utf-8")
    return load_pack(path, find=PACKS.get)


def test_the_pack_printed_loads_and_keeps_the_rules_of_its_base(own_pack: Pack) -> None:
    base = PACKS["jinhua-2022"]
    assert [rule.id for rule in own_pack.rules] == [rule.id for rule in base.rules]
    changed = [rule.id for rule in own_pack.rules if rule != base.rule(rule.id)]
    assert changed == ["jinhua.childcare.area.new"]
    assert own_pack.version != base.version


def test_the_pack_printed_judges_by_its_own_numbers(own_pack: Pack) -> None:
    homes = districts({"id": "d", "stage": "new", "households": 2000, "geometry": point(0)})
    room = facilities({"id": "f", "district_id": "d", "floor_area_m2": 399, "geometry": point(0)})
    by_county = finding(judge(homes, room, own_pack), "d", "jinhua.childcare.area.new")
    by_city = finding(judge(homes, room, PACKS["jinhua-2022"]), "d", "jinhua.childcare.area.new")
    assert (by_county["verdict"], by_county["threshold"], by_county["deficit"]) == (
        "not_met", 400, 1,
    )  # fmt: skip
    assert (by_city["verdict"], by_city["threshold"]) == ("met", 300)
