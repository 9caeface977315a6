"""What the ratio of a rule about areas is of, in words."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType
from typing import Final

from spatial.policy.kinds.ratio import FAMILY
from spatial.policy.numerals import grouped
from spatial.policy.rule import Rule
from spatial.policy.terms import LANGUAGES, LEVELS, measure_name
from spatial.policy.terms import term as _term

_RATIO: Final = ("{numerator} ÷ {denominator} × {per}", "{numerator} ÷ {denominator} × {per}")
_COVERAGE: Final = (
    "具备条文所要求的{units}占全部{units}的比例，按个数计",
    "share of {units} that have what is asked, by number",
)
# Placeholders: numerator, denominator, per of a ratio; units of a coverage.
_DEFINITIONS: Final = MappingProxyType(
    {
        **dict.fromkeys((kind.name for kind in FAMILY), _RATIO),
        "admin_unit_coverage": _COVERAGE,
        "plan_coverage": _COVERAGE,
        "assumed_95_percent": (
            f"{_COVERAGE[0]}；“基本全覆盖”没有数值，按95%计（假定）",
            f"{_COVERAGE[1]}; 基本全覆盖 prints no number, 95 % is an assumption",
        ),
        "project_compliance_rate": (
            "达标的新建小区占全部新建小区的比例，按个数计",
            "share of new districts that comply, by number",
        ),
        "population_0_3": ("范围内3岁以下人口", "its people under 3"),
        "population_60_plus": ("范围内60周岁及以上人口", "its people of 60 and over"),
        "population": ("范围内人口", "its population"),
        "households": ("范围内户数", "its households"),
        "households_in_units_met": (
            "所在单元达标的户数",
            "its households in units that hold",
        ),
    }
)


def definition_text(code: object, rule: Rule, *, lang: str) -> str | None:
    """Put the definition of one row in words; a recorded answer's source stands for itself."""
    if not isinstance(code, str):
        return None
    if code not in _DEFINITIONS:
        return code
    given = rule.parameters
    names: dict[str, str] = {}
    if "numerator" in given and "denominator" in given:
        names = {
            side: measure_name(given[side], lang=lang) for side in ("numerator", "denominator")
        } | {"per": grouped(Fraction(given["per"]))}
    if "unit_level" in given:
        names["units"] = units_text(rule, lang=lang)
    text = _DEFINITIONS[code][LANGUAGES.index(lang)].format(**names)
    return text.removesuffix(" × 1")


def units_text(rule: Rule, *, lang: str) -> str:
    """Name the administrative units a coverage counts: by kind where the rule names kinds."""
    kinds, level = rule.parameters["unit_kinds"], rule.parameters["unit_level"]
    if not kinds:
        return _term(LEVELS, level, lang=lang)
    names = [_term(_UNIT_KINDS, kind, lang=lang) for kind in kinds]
    return ("、", " and ")[LANGUAGES.index(lang)].join(names)


_UNIT_KINDS: Final = MappingProxyType(
    {
        "province": ("省", "provinces"),
        "prefecture": ("市（州）", "prefectures"),
        "county": ("县（市、区）", "counties"),
        "subdistrict": ("街道", "subdistricts (街道)"),
        "town": ("镇", "towns (镇)"),
        "township": ("乡", "townships (乡)"),
        "urban_community": ("城市社区", "urban communities"),
        "rural_community": ("村（农村社区）", "villages"),
    }
)
