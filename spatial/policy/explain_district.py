"""What a rule about districts found for one of them, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from spatial.policy import letter
from spatial.policy.area_wording import missing_list
from spatial.policy.findings import ADVISE, MET, MET_RELAXED, NOT_MET, UNDETERMINED
from spatial.policy.letter import Record, number, pick, text
from spatial.policy.numerals import exact, grouped
from spatial.policy.rule import Rule
from spatial.policy.terms import FIELDS, STAGES, term
from spatial.profiles import PROFILES


@dataclass(frozen=True)
class Case:
    """One finding with what it is about."""

    finding: Record
    rule: Rule
    lang: str
    district: Mapping[str, Any]

    def number(self, name: str) -> Fraction | None:
        """Read a number of the finding."""
        return number(self.finding, name)

    def metres(self, name: str) -> str:
        """Write a length of the finding; — where it is not known."""
        value = self.number(name)
        return (
            "—" if value is None else pick(self.lang, f"{grouped(value)} 米", f"{grouped(value)} m")
        )

    def parameter(self, name: str) -> Fraction:
        """Read a number of the rule."""
        return Fraction(Decimal(self.rule.parameters[name]))

    def metres_of(self, name: str) -> str:
        """Write a length of the rule."""
        value = grouped(self.parameter(name))
        return pick(self.lang, f"{value} 米", f"{value} m")

    @property
    def verdict(self) -> str:
        """The verdict's code."""
        return str(self.finding["verdict"])

    @property
    def reason(self) -> str | None:
        """The reason's code."""
        return text(self.finding, "reason_code")

    @property
    def existing(self) -> bool:
        """True for an existing district, whose shortfall is a gap and no offence."""
        return self.district.get("stage") == "existing"


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
        _would_count(case),
        letter.alternatives(finding, lang=lang),
        letter.verdict(case.verdict, rule, lang=lang),
        _remarks(case),
        _remedy(case, explained),
    ]


# --- the parts every kind has -----------------------------------------------------------------


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


def _would_count(case: Case) -> str | None:
    found = [
        pick(
            case.lang,
            f"设施 {one['facility']}（{term(FIELDS, str(one['field']), lang='zh')}不详）",
            f"facility {one['facility']} ({term(FIELDS, str(one['field']), lang='en')} "
            "is not known)",
        )
        for one in letter.entries(case.finding, "would_count_if")
    ]
    if not found:
        return None
    return pick(
        case.lang,
        f"下列设施情况查明后可能计入：{letter.named(found, lang='zh')}。",
        f"May count once the facts are known: {letter.named(found, lang='en')}.",
    )


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
            "补报户数后即可计算",
            "state the number of households",
        ),
        "pool_of_new_and_existing": (
            "将新建与已建居住区分为两个统筹单元后即可计算",
            "declare one pool of new districts and one of existing ones",
        ),
        "no_network": ("导入路网后即可判定", "import a street network"),
        "off_network": (
            "补充住处或设施出入口附近的道路，或标明实际出入口后即可判定",
            "add the streets near the homes or entrances, or give the real entrances",
        ),
    }
    found = common.get(case.reason or "")
    remedy = pick(case.lang, *found) if found is not None else explained.remedy(case)
    if remedy is None:
        return None
    return pick(case.lang, f"达到要求的途径：{remedy}。", f"What would meet it: {remedy}.")


# --- floor area -------------------------------------------------------------------------------


def _area(case: Case) -> str:
    lang = case.lang
    households, value = case.number("unit_households"), case.number("value")
    if households is None or value is None:
        return pick(lang, "没有可计算的数值", "there are no figures to work out")
    rate, least = case.parameter("m2_per_100hh"), case.parameter("floor_m2")
    needed = max(rate * households / 100, least)
    asked = (
        f"max({grouped(rate)} × {grouped(households)} ÷ 100, {grouped(least)}) = {grouped(needed)}"
    )
    if case.reason == "area_unknown":
        return pick(
            lang,
            f"应有建筑面积 {asked} ㎡；已知 {grouped(value)} ㎡，另有设施面积不详",
            f"floor area asked: {asked} m²; known: {grouped(value)} m², and a facility's area is "
            "missing",
        )
    first = pick(
        lang,
        f"应有建筑面积 {asked} ㎡；已有 {grouped(value)} ㎡",
        f"floor area asked: {asked} m²; there are {grouped(value)} m²",
    )
    if value >= needed:
        over = grouped(value - needed)
        return first + pick(
            lang, f"，不少于应有面积（多 {over} ㎡）", f", not less ({over} m² more)"
        )
    short = grouped(needed - value)
    gap = pick(lang, "缺口" if case.existing else "缺", "gap" if case.existing else "short by")
    return first + pick(lang, f"；{gap} {short} ㎡", f"; {gap} {short} m²")


def _area_remedy(case: Case) -> str | None:
    deficit = case.number("deficit")
    if case.verdict == UNDETERMINED and deficit is not None:
        return pick(
            case.lang,
            f"补报上列设施的建筑面积，合计不少于 {grouped(deficit)} ㎡即符合",
            f"state the missing floor areas; {grouped(deficit)} m² in all are enough",
        )
    if deficit is None:
        return None
    return pick(
        case.lang,
        f"增加建筑面积 {grouped(deficit)} ㎡（+{grouped(deficit)} ㎡）即符合",
        f"+{grouped(deficit)} m² of floor area",
    )


# --- number of facilities ---------------------------------------------------------------------


def _count(case: Case) -> str:
    lang = case.lang
    households, value = case.number("unit_households"), case.number("value")
    first, last, step = (
        case.parameter(name) for name in ("first_hh_min", "first_hh_max", "increment_hh")
    )
    if households is None or value is None:
        return pick(lang, "没有可计算的数值", "there are no figures to work out")
    size = grouped(households)
    if households < first:
        return pick(
            lang,
            f"{size} 户 < {grouped(first)} 户，未达首处设置的户数，不作数量要求",
            f"{size} < {grouped(first)} households: no number of facilities is asked",
        )
    if households <= last:
        needed = 1
        asked = pick(
            lang,
            f"{grouped(first)} ≤ {size} ≤ {grouped(last)} 户，应有 1 处",
            f"{grouped(first)} ≤ {size} ≤ {grouped(last)} households ask for 1",
        )
    else:
        needed = 1 + (households - last) // step
        asked = pick(
            lang,
            f"应有 1 + ⌊({size} − {grouped(last)}) ÷ {grouped(step)}⌋ = {needed} 处",
            f"1 + ⌊({size} − {grouped(last)}) ÷ {grouped(step)}⌋ = {needed} asked",
        )
    there = pick(lang, f"；已有 {grouped(value)} 处", f"; there are {grouped(value)}")
    if value >= needed:
        return asked + there
    gap = pick(lang, "缺口" if case.existing else "缺", "gap" if case.existing else "short by")
    short = grouped(needed - value)
    return f"{asked}{there}{pick(lang, f'；{gap} {short} 处', f'; {gap} {short}')}"


def _count_remedy(case: Case) -> str | None:
    deficit = case.number("deficit")
    if deficit is None:
        return None
    more = grouped(deficit)
    return pick(
        case.lang,
        f"增设 {more} 处计入的设施即符合",
        f"{more} more {_facilities(deficit)} that count",
    )


def _facilities(count: Fraction) -> str:
    return "facility" if count == 1 else "facilities"


# --- radius -----------------------------------------------------------------------------------


def _radius(case: Case) -> str:
    lang = case.lang
    limit, value = case.number("threshold"), case.number("value")
    if value is None or limit is None:
        return _beyond(case, case.metres_of("radius_m"))
    sign = "≤" if value <= limit else ">"
    relaxed = case.verdict == MET_RELAXED or case.reason == "radius_approved"
    word = pick(lang, "批准半径 ", ", the approved radius") if relaxed else ""
    there, held = case.metres("value"), case.metres("threshold")
    base = pick(
        lang,
        f"最远住处至最近设施的直线距离 {there} {sign} {word}{held}",
        "straight line from the farthest home to its nearest facility: "
        f"{there} {sign} {held}{word}",
    )
    if case.reason == "radius_outer":
        base += pick(
            lang,
            f"，且超过放宽后的上限 {case.metres_of('outer_radius_m')}",
            f", and beyond the outer limit of {case.metres_of('outer_radius_m')}",
        )
    return base + _outside(case) + _walking(case)


def _radius_remedy(case: Case) -> str | None:
    lang, value = case.lang, case.number("value")
    near = pick(
        lang,
        f"使最远住处 {case.metres_of('radius_m')}（直线）以内有一处计入的设施，即符合",
        f"a facility that counts within {case.metres_of('radius_m')} (straight line) of every home",
    )
    if value is not None and value <= case.parameter("outer_radius_m"):
        outer = case.metres_of("outer_radius_m")
        near += pick(
            lang,
            f"；或设置确有困难、托育需求较低并登记不小于 {case.metres('value')}"
            f"（至多 {outer}）的批准半径，即按放宽符合",
            f"; or, where siting is difficult or demand is low, a recorded approved radius of at "
            f"least {case.metres('value')} (at most {outer})",
        )
    elif case.verdict == NOT_MET:
        outer = case.metres_of("outer_radius_m")
        near += pick(
            lang,
            f"；各住处均在 {outer}以内的，由“不符合”改为“建议改进”",
            f"; with every home within {outer} the verdict is advise instead of not_met",
        )
    return near


# --- circle -----------------------------------------------------------------------------------


def _circle(case: Case) -> str:
    lang, parameters = case.lang, case.rule.parameters
    limit, value = case.number("threshold"), case.number("value")
    speed = PROFILES[str(parameters["profile"])].speed_m_per_s
    minutes = case.parameter("minutes")
    length = minutes * 60 * speed
    computed = f"{grouped(minutes)} × 60 × {speed} = {grouped(length)}"
    reach = pick(
        lang,
        f"步行 {grouped(minutes)} 分钟可达 {computed} 米",
        f"{grouped(minutes)} minutes on foot reach {computed} m",
    )
    if case.reason == "rural":
        return pick(lang, "农村社区，只列指标；", "a rural community, indicator only; ") + reach
    if case.reason in {"no_network", "off_network"}:
        lacking = pick(lang, "；步行距离无法量算", "; the walking distance cannot be measured")
        return reach + lacking
    if value is None or limit is None:
        apart = pick(lang, "；", "; ")
        return reach + apart + _beyond(case, case.metres("threshold"))
    sign = "≤" if value <= limit else ">"
    base = pick(
        lang,
        f"{reach}；最远住处步行至最近设施 {case.metres('value')} {sign} {case.metres('threshold')}",
        f"{reach}; the farthest home walks {case.metres('value')} {sign} "
        f"{case.metres('threshold')} to its nearest facility",
    )
    return base + _circle_detail(case) + _outside(case)


def _circle_detail(case: Case) -> str:
    if case.reason == "circle_screen":
        screen = case.metres_of("straight_screen_m")
        return pick(
            case.lang,
            f"，全部住处在圈外，但按成人步速或直线 {screen}筛查仍有可达处",
            f"; every home is outside, yet some are inside at adult pace or within {screen} in a "
            "straight line",
        )
    if case.reason == "circle_none" and case.number("nearest_m") == case.number("value"):
        return pick(case.lang, "，全部住处在圈外", "; every home is outside")
    if case.reason == "circle_none":
        return pick(
            case.lang,
            f"，最近的住处也须步行 {case.metres('nearest_m')}，全部在圈外",
            f"; even the nearest home walks {case.metres('nearest_m')}, so all are outside",
        )
    return ""


def _circle_remedy(case: Case) -> str | None:
    if case.verdict not in {ADVISE, NOT_MET}:
        return None
    lang, deficit = case.lang, case.number("deficit")
    limit = case.metres("threshold")
    remedy = pick(
        lang,
        f"使最远住处步行 {limit}以内有一处计入的设施，即符合",
        f"a facility that counts within {limit} on foot of every home",
    )
    if deficit is None:
        return remedy
    return remedy + pick(
        lang,
        f"；或打通步行通道，将最远住处的路程缩短 {grouped(deficit)} 米",
        f"; or a footpath that shortens the farthest walk by {grouped(deficit)} m",
    )


# --- what both reaches say --------------------------------------------------------------------


def _beyond(case: Case, limit: str) -> str:
    return pick(
        case.lang,
        f"有住处 5,000 米以内没有计入的设施（限 {limit}）",
        f"some home has no facility that counts within 5,000 m (limit {limit})",
    )


def _outside(case: Case) -> str:
    outside = case.number("households_outside")
    if not outside:
        return ""
    count = grouped(outside)
    return pick(case.lang, f"；范围外约 {count} 户", f"; about {count} households outside")


def _walking(case: Case) -> str:
    if case.number("walking_m") is None:
        return ""
    return pick(
        case.lang,
        f"（步行 {case.metres('walking_m')}，仅供参考）",
        f" (on foot {case.metres('walking_m')}, for information)",
    )


@dataclass(frozen=True)
class _Explained:
    """How one kind of rule is explained: its computation, and what would meet it."""

    computed: Callable[[Case], str]
    remedy: Callable[[Case], str | None]


def _if_failed(remedy: Callable[[Case], str | None]) -> Callable[[Case], str | None]:
    return lambda case: remedy(case) if case.verdict in {ADVISE, NOT_MET} else None


_KINDS: Final = MappingProxyType(
    {
        "floor_area_per_100hh": _Explained(_area, _area_remedy),
        "facility_count_by_households": _Explained(_count, _if_failed(_count_remedy)),
        "service_radius": _Explained(_radius, _if_failed(_radius_remedy)),
        "service_circle_time": _Explained(_circle, _circle_remedy),
    }
)
