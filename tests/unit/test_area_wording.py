"""The area table in words: every code a module can write has a text in both languages."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from planning import districts, facilities, pack
from regions import area_rule, evaluate, indicator_table, inside, region

from spatial.fields import FACILITIES
from spatial.policy import area_wording, definition_wording, field_names, missing_wording, terms
from spatial.policy.area_figures import AREA_FIELDS
from spatial.policy.area_wording import area_definitions, area_reasons
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.facility_sums import FACILITY_SUMS
from spatial.policy.findings import VERDICTS
from spatial.policy.kinds import AREA_KINDS, DISTRICT_KINDS
from spatial.policy.missing_wording import missing_list, missing_text
from spatial.policy.pack_file import load_packs
from spatial.policy.planning_data import PlanningData

POLICY = Path(area_wording.__file__).parent
POLICIES = POLICY.parents[1] / "seed" / "policies"
DISTRICT_MODULES = {
    "service_circle_time", "service_radius", "floor_area_per_100hh",
    "facility_count_by_households", "holdings", "points",
}  # fmt: skip
MODULES = [
    POLICY / "area_findings.py",
    POLICY / "area_figures.py",
    POLICY / "facility_sums.py",
    POLICY / "indicator_figures.py",
    POLICY / "rolled_share.py",
    POLICY / "rollup.py",
    *(p for p in sorted((POLICY / "kinds").glob("*.py")) if p.stem not in DISTRICT_MODULES),
]
TEXTS = {
    "reasons": area_wording._REASONS,  # noqa: SLF001 - the tables under test
    "definitions": definition_wording._DEFINITIONS,  # noqa: SLF001 - likewise
    "missing": missing_wording._MISSING,  # noqa: SLF001 - likewise
    "figures": missing_wording._FIGURES,  # noqa: SLF001 - likewise
    "verdicts": terms.VERDICTS,
    "fields": field_names.FIELDS,
}


def nodes() -> Iterator[ast.AST]:
    for path in MODULES:
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def strings(node: ast.AST) -> set[str]:
    """Texts a value can be: not those it is compared with or looked up by."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    if isinstance(node, ast.IfExp):
        return strings(node.body) | strings(node.orelse)
    if isinstance(node, ast.Tuple):
        return set().union(*map(strings, node.elts))
    return set()


def names(target: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def codes_used() -> set[str]:
    """Collect what is assigned to a reason, and passed as one to a finding."""
    found: set[str] = set()
    for node in nodes():
        if isinstance(node, ast.Assign) and "reason" in {n for t in node.targets for n in names(t)}:
            found |= strings(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "AreaFinding" and len(node.args) > 2:
                found |= strings(node.args[2])
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "reason_code":
                    found |= strings(value)
    return found - set(VERDICTS)


def definitions_used() -> set[str]:
    found = {"households_in_units_met", "population", "households"}
    for node in nodes():
        if isinstance(node, ast.Assign) and "definition" in {
            n for t in node.targets for n in names(t)
        }:
            found |= strings(node.value)
    return found | {"population_0_3", "population_60_plus"}


def is_gap_list(target: ast.AST) -> bool:
    if isinstance(target, ast.Subscript):
        return isinstance(target.slice, ast.Constant) and target.slice.value == "missing"
    return bool(names(target) & {"missing", "gaps", "gap"})


def written_as_missing(node: ast.AST) -> list[ast.AST]:
    """Return the values a node writes into a list of what is missing."""
    if isinstance(node, ast.Assign):
        return [node.value] if any(map(is_gap_list, node.targets)) else []
    if isinstance(node, ast.AugAssign | ast.AnnAssign):
        return [node.value] if node.value is not None and is_gap_list(node.target) else []
    if not isinstance(node, ast.Call):
        return []
    held: list[ast.AST] = [word.value for word in node.keywords if word.arg == "missing"]
    if isinstance(node.func, ast.Attribute) and node.func.attr == "append":
        return [*held, *(node.args if is_gap_list(node.func.value) else [])]
    if isinstance(node.func, ast.Name) and node.func.id == "Figure":
        return [*held, *node.args[1:2]]
    return held


def gaps_used() -> list[dict[str, str]]:
    """Collect the entries written into a list of what is missing."""
    return [
        {
            key.value: next(iter(strings(item)), "x")
            for key, item in zip(inner.keys, inner.values, strict=True)
            if isinstance(key, ast.Constant)
        }
        for node in nodes()
        for value in written_as_missing(node)
        for inner in ast.walk(value)
        if isinstance(inner, ast.Dict)
    ]


def test_every_reason_code_has_words() -> None:
    used = codes_used()
    assert len(used) >= 18
    assert used == set(area_wording._REASONS)  # noqa: SLF001 - the table under test


def test_every_definition_code_has_words() -> None:
    ratios_and_shares = {
        kind.name
        for kind in AREA_KINDS.values()
        if "denominator" in kind.parameters or "unit_level" in kind.parameters
    }
    used = definitions_used() | ratios_and_shares | {"project_compliance_rate"}
    assert "assumed_95_percent" in used
    assert used == set(definition_wording._DEFINITIONS)  # noqa: SLF001 - the table under test


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_entry_of_a_missing_list_has_words(lang: str) -> None:
    gaps = gaps_used()
    shapes = {frozenset(gap) for gap in gaps}
    assert frozenset({"figure"}) in shapes
    assert shapes - {frozenset({"figure"})} == set(missing_wording._MISSING)  # noqa: SLF001 - the table under test
    figures = {gap["figure"] for gap in gaps if "figure" in gap}
    assert figures == set(missing_wording._FIGURES)  # noqa: SLF001 - likewise
    for gap in gaps:
        words = missing_text(gap, lang=lang)
        assert words
        assert "{" not in words


def test_every_table_speaks_both_languages_and_of_the_same_things() -> None:
    for name, table in TEXTS.items():
        for code, (chinese, english) in table.items():
            assert set(re.findall(r"{(\w+)}", chinese)) == set(re.findall(r"{(\w+)}", english)), (
                name,
                code,
            )
            if name != "missing":
                assert re.search(r"[\u4e00-\u9fff]", chinese) or "{" in chinese, (name, code)
    for code in VERDICTS:
        assert code in terms.VERDICTS
        assert terms.VERDICTS[code][1].startswith(code)


def test_every_field_that_can_be_missing_has_a_name() -> None:
    fields = {field.name for field in FACILITIES.fields}
    for field in {*AREA_FIELDS, *FACILITY_SUMS, *field_names.FIELDS} & (fields | set(AREA_FIELDS)):
        assert terms.term(field_names.FIELDS, field, lang="zh") != field


def test_every_figure_the_shipped_packs_ask_for_has_a_chinese_name() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in POLICIES.glob("*.yaml"))
    asked = set(re.findall(r"(?:indicator:|name:) ([a-z][a-z0-9_]*)", text))
    assert len(asked) > 60
    assert asked == set(terms.INDICATORS)


def test_units_of_the_shipped_packs_have_words() -> None:
    units = {
        rule.parameters["unit"]
        for pack_ in load_packs(POLICIES)
        for rule in pack_.rules
        if "unit" in rule.parameters
    }
    for unit in units:
        assert unit in terms._UNITS, unit  # noqa: SLF001 - the table under test
    assert terms.in_unit("3", "bricks", lang="zh") == "3 bricks"


def test_long_lists_are_cut_and_nothing_is_said_twice() -> None:
    gaps = [{"field": "population", "area": f"a{i // 2}"} for i in range(40)]
    chinese, english = (missing_list(gaps, lang=lang) for lang in ("zh", "en"))
    assert chinese is not None
    assert english is not None
    assert chinese.startswith("a0的常住人口、a1的常住人口、")
    assert chinese.endswith("a7的常住人口等20项")
    assert english.endswith("population of a7 and 12 more")
    assert missing_list([], lang="zh") is None
    assert missing_list(None, lang="en") is None


def rows(lang: str) -> Mapping[str, tuple[str, str | None]]:
    beds = {"of": "facilities", "kinds": ["care_home"], "status": "operating"}
    packs = [
        pack(
            area_rule(
                "share_of_beds",
                applies_to=["prefecture", "county"],
                parameters={
                    "numerator": {**beds, "sum": "nursing_beds"},
                    "denominator": {**beds, "sum": "beds"},
                    "per": 100, "operator": ">", "minimum": None, "unit": "%",
                },
                targets_by_year={"2025": 55},
            ),
        )
    ]  # fmt: skip
    site = {"id": "h", "kind": "care_home", "beds": 3, "nursing_beds": 1, "geometry": inside("x")}
    evaluation = evaluate(
        PlanningData(
            districts=districts(), facilities=facilities(site), areas=region(),
            indicators=indicator_table(("P", "x", 2025, 1)),
        ),
        packs=packs,
        as_of=dt.date(2025, 12, 31),
        parameters=EvaluationParameters(),
    )  # fmt: skip
    texts = area_reasons(evaluation.areas, packs=packs, lang=lang)
    ratios = area_definitions(evaluation.areas, packs=packs, lang=lang)
    return dict(zip(evaluation.areas["code"], zip(texts, ratios, strict=True), strict=True))


def test_a_row_in_both_languages() -> None:
    assert rows("zh")["A"] == (
        "现值33.3333…%，未达到“超过55%”（2025年），尚缺0.65",
        "养老机构护理型床位数 ÷ 养老机构床位数 × 100",
    )
    assert rows("zh")["B"][0] == "数据不足，无法判定；缺少：大于零的分母"
    assert rows("en")["A"] == (
        "33.3333…%, does not reach more than 55% (2025), short by 0.65",
        "nursing beds of care home ÷ beds of care home × 100",
    )


def test_kinds_about_districts_have_their_own_words() -> None:
    assert not set(DISTRICT_KINDS) & set(definition_wording._DEFINITIONS)  # noqa: SLF001 - the table under test
