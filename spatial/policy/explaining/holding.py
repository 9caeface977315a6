"""Floor area and number of facilities of a district in words."""

from __future__ import annotations

from spatial.policy.explaining.district_case import Case
from spatial.policy.explaining.letter import pick
from spatial.policy.findings import UNDETERMINED
from spatial.policy.numerals import grouped


def area_text(case: Case) -> str:
    """Write out the floor area asked and what there is."""
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
        more = pick(lang, f"，多出 {over} ㎡", f", {over} m² more")
        return first + (more if value > needed else pick(lang, "，恰好达到", ", exactly that"))
    short = grouped(needed - value)
    gap = pick(lang, "缺口" if case.existing else "缺", "gap" if case.existing else "short by")
    return first + pick(lang, f"；{gap} {short} ㎡", f"; {gap} {short} m²")


def area_remedy(case: Case) -> str | None:
    """Say how much floor area is lacking, or has to be stated."""
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


def count_text(case: Case) -> str:
    """Write out the number of facilities asked and what there is."""
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


def count_remedy(case: Case) -> str | None:
    """Say how many facilities are lacking."""
    deficit = case.number("deficit")
    if deficit is None:
        return None
    more, noun = grouped(deficit), "facility" if deficit == 1 else "facilities"
    return pick(case.lang, f"增设 {more} 处计入的设施即符合", f"+{more} {noun}")
