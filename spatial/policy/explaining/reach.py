"""Radius and circle of a district in words."""

from __future__ import annotations

from spatial.policy.explaining.district_case import Case
from spatial.policy.explaining.letter import pick
from spatial.policy.findings import ADVISE, MET_RELAXED, NOT_MET
from spatial.policy.numerals import grouped
from spatial.profiles import PROFILES


def radius_text(case: Case) -> str:
    """Write out the straight line from the farthest home."""
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


def radius_remedy(case: Case) -> str | None:
    """Say where a facility has to be, or which relaxation would hold."""
    lang, value = case.lang, case.number("value")
    near = pick(
        lang,
        f"使每处住处 {case.metres_of('radius_m')}（直线）以内有一处计入的设施，即符合",
        f"a facility that counts within {case.metres_of('radius_m')} (straight line) of every home",
    )
    if value is not None and value <= case.parameter("outer_radius_m"):
        outer = case.metres_of("outer_radius_m")
        near += pick(
            lang,
            f"；或设置确有困难或需求较低，登记不小于 {case.metres('value')}"
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


def circle_text(case: Case) -> str:
    """Write out the reach on foot, and the walk from the farthest home."""
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
    if case.reason in {"no_network", "off_network", "street_island"}:
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


def circle_remedy(case: Case) -> str | None:
    """Say where a facility has to be, or by how much the walk has to shrink."""
    if case.verdict not in {ADVISE, NOT_MET}:
        return None
    lang, deficit = case.lang, case.number("deficit")
    limit = case.metres("threshold")
    remedy = pick(
        lang,
        f"使每处住处步行 {limit}以内有一处计入的设施，即符合",
        f"a facility that counts within {limit} on foot of every home",
    )
    if deficit is None:
        return remedy
    return remedy + pick(
        lang,
        f"；或打通步行通道，将最远住处的路程缩短 {grouped(deficit)} 米，其余圈外住处也缩短到限内",
        f"; or footpaths that shorten the farthest walk by {grouped(deficit)} m, and the walks of "
        "all others outside to the limit",
    )


def _beyond(case: Case, limit: str) -> str:
    walking = case.rule.kind == "service_circle_time"
    how = " on foot" if walking else ""
    return pick(
        case.lang,
        f"有住处{'步行' if walking else ''} 5,000 米以内没有计入的设施（限 {limit}）",
        f"some home has no facility that counts within 5,000 m{how} (limit {limit})",
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
