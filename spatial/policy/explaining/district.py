"""What a rule about districts found for one of them, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from spatial.policy.explaining import letter
from spatial.policy.explaining.district_case import Case
from spatial.policy.explaining.holding import area_remedy, area_text, count_remedy, count_text
from spatial.policy.explaining.letter import Record, pick, text
from spatial.policy.explaining.reach import circle_remedy, circle_text, radius_remedy, radius_text
from spatial.policy.findings import ADVISE, MET, MET_RELAXED, NOT_APPLICABLE, NOT_MET, UNDETERMINED
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.missing_wording import missing_list
from spatial.policy.numerals import exact, grouped
from spatial.policy.rule import Rule
from spatial.policy.terms import STAGES, term


def sentences(
    finding: Record, *, rule: Rule, lang: str, district: Mapping[str, Any]
) -> list[str | None]:
    """Say whom the finding is about, its figures, what it rests on, and what would meet it.

    Parameters as in `spatial.policy.explain.explain_finding`.
    """
    case = Case(finding, rule, lang, district)
    explained = _KINDS[rule.kind]
    computed = _set_aside(case) or explained.computed(case)
    return [
        f"{_subject(case)}{pick(lang, '：', ': ')}{computed}{pick(lang, '。', '.')}",
        letter.facilities(finding, lang=lang, none=_no_facility(case)),
        _missing(case),
        letter.would_count(case.finding, lang=case.lang),
        letter.alternatives(finding, lang=lang),
        letter.verdict(case.verdict, rule, lang=lang),
        _remarks(case),
        _remedy(case, explained),
    ]


def calculation(finding: Mapping[str, Any], *, rule: Rule, lang: str) -> str | None:
    """Write out the figures of a finding; see `spatial.policy.explain.calculation`."""
    explained = _KINDS.get(rule.kind)
    if explained is None or finding.get("value") is None or finding["verdict"] == NOT_APPLICABLE:
        return None
    if not DISTRICT_KINDS[rule.kind].reach and finding.get("unit_households") is None:
        return None
    # What a reason would say without figures is told by the finding itself.
    unknown = "area_unknown" if finding["verdict"] == UNDETERMINED else None
    names = ("walking_m", "nearest_m", "households_outside", "threshold", "unit_households")
    known = {**dict.fromkeys(names), **finding, "reason_code": unknown}
    return explained.computed(Case(known, rule, lang, {"stage": "new"}))


def remedy(finding: Record, *, rule: Rule, lang: str, district: Mapping[str, Any]) -> str | None:
    """Say what would meet the rule; see `spatial.policy.explain.remedy`."""
    return _remedy(Case(finding, rule, lang, district), _KINDS[rule.kind])


def _subject(case: Case) -> str:
    lang, district = case.lang, case.district
    households = exact(district.get("households"))
    size = pick(lang, "户数不详", "number of households not known")
    if households is not None:
        size = pick(lang, f"{grouped(households)} 户", f"{grouped(households)} households")
    stage = term(STAGES, str(district.get("stage")), lang=lang) if district.get("stage") else None
    about = pick(lang, "，", ", ").join(part for part in (stage, size) if part)
    name, code = district.get("name"), district["id"]
    if isinstance(name, str):
        subject = pick(
            lang, f"小区“{name}”（{code}，{about}）", f"District “{name}” ({code}, {about})"
        )
    else:
        subject = pick(lang, f"小区 {code}（{about}）", f"District {code} ({about})")
    return subject + _unit(case)


def _unit(case: Case) -> str:
    """Name the unit the finding is decided on where it is not the district itself."""
    kind, _, name = (text(case.finding, "unit_id") or "district:").partition(":")
    if kind == "district":
        return ""
    households = case.number("unit_households")
    size = ""
    if households is not None:
        count = grouped(households)
        size = pick(case.lang, f"，共 {count} 户", f" ({count} households)")
    names = {
        "pool": (f"统筹单元 {name}", f"the pool {name}"),
        "land_grant": (f"出让地块 {name}", f"the land grant {name}"),
        "community": (f"社区 {name}", f"the community {name}"),
    }
    return pick(
        case.lang,
        f"，按{names[kind][0]} 合并判断{size}",
        f", judged with the whole of {names[kind][1]}{size}",
    )


def _set_aside(case: Case) -> str | None:
    """Say why the rule does not speak of the district, or cannot be worked out for it."""
    applies = [term(STAGES, stage, lang=case.lang) for stage in case.rule.applies_to]
    only = pick(case.lang, "、", " and ").join(applies)
    texts = {
        "other_stage": (f"条文只适用于{only}居住区", f"the clause speaks only of {only} districts"),
        "no_households": (
            "户数不详，无法计算",
            "the number of households is not known, nothing can be worked out",
        ),
        "no_residents": ("户数为 0，不作要求", "there are no households, nothing is asked"),
        "pool_of_new_and_existing": (
            "统筹单元同时含新建与已建居住区，两者标准不同，无法合并计算",
            "the pool mixes new and existing districts, which owe by different standards",
        ),
        "no_relaxation_record": (
            "没有设置困难或需求较低的记录，放宽不适用",
            "no difficulty of siting and no low demand is recorded, so there is no relaxation",
        ),
    }
    found = texts.get(case.reason or "")
    return None if found is None else pick(case.lang, *found)


def _no_facility(case: Case) -> str | None:
    if case.reason in {"area_short", "area_unknown", "area_met", "count_met", "count_short"}:
        return pick(
            case.lang, "没有归属本单元的计入设施。", "No facility that counts is allotted to it."
        )
    return None


def _missing(case: Case) -> str | None:
    listed = missing_list(letter.entries(case.finding, "missing"), lang=case.lang)
    if listed is None:
        return None
    return pick(case.lang, f"缺少数据：{listed}。", f"Missing: {listed}.")


def _remarks(case: Case) -> str | None:
    said: list[str] = []
    if case.existing and case.verdict in {NOT_MET, ADVISE} and not _reach(case):
        said.append(
            pick(
                case.lang,
                "已建居住区的不足是待补缺口，不是违规。",
                "In an existing district a shortfall is a gap to fill, not an offence.",
            )
        )
    if bool(case.finding.get("near_threshold")):
        said.append(
            pick(
                case.lang,
                "有数值距界限不足 0.5 米，宜以实测复核。",
                "A distance lies within 0.5 m of its limit and should be surveyed.",
            )
        )
    if text(case.finding, "warning_code") == "stage_against_permit":
        said.append(
            pick(
                case.lang,
                "建设阶段与许可日期矛盾，请先核实。",
                "The stage contradicts the permit date: check it first.",
            )
        )
    return pick(case.lang, "", " ").join(said) or None


def _reach(case: Case) -> bool:
    return case.rule.kind in {"service_circle_time", "service_radius"}


def _remedy(case: Case, explained: _Explained) -> str | None:
    if case.verdict in {MET, MET_RELAXED}:
        return None
    common = {
        "no_households": (
            "补报户数",
            "state the number of households",
        ),
        "pool_of_new_and_existing": (
            "将新建与已建居住区分为两个统筹单元",
            "declare one pool of new districts and one of existing ones",
        ),
        "no_network": ("导入路网", "import a street network"),
        "street_island": (
            "核对该处道路与周边道路的连接，或补充渡口、桥梁、通道",
            "check how the street there joins the others, or add the bridge, ferry or passage",
        ),
        "off_network": (
            "补充住处或设施出入口附近的道路，或标明实际出入口",
            "add the streets near the homes or entrances, or give the real entrances",
        ),
    }
    found = common.get(case.reason or "")
    said = pick(case.lang, *found) if found is not None else explained.remedy(case)
    if said is None:
        return None
    if case.verdict == UNDETERMINED:
        return pick(case.lang, f"得出判定的途径：{said}。", f"What would decide it: {said}.")
    return pick(case.lang, f"达到要求的途径：{said}。", f"What would meet it: {said}.")


@dataclass(frozen=True)
class _Explained:
    """How one kind of rule is explained: its computation, and what would meet it."""

    computed: Callable[[Case], str]
    remedy: Callable[[Case], str | None]


def _if_failed(remedy: Callable[[Case], str | None]) -> Callable[[Case], str | None]:
    return lambda case: remedy(case) if case.verdict in {ADVISE, NOT_MET} else None


_KINDS: Final = MappingProxyType(
    {
        "floor_area_per_100hh": _Explained(area_text, area_remedy),
        "facility_count_by_households": _Explained(count_text, _if_failed(count_remedy)),
        "service_radius": _Explained(radius_text, _if_failed(radius_remedy)),
        "service_circle_time": _Explained(circle_text, circle_remedy),
    }
)
