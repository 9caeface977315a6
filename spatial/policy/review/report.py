"""A review as a text to read: verdict, project, every clause, what would make it pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from spatial.policy.explaining.letter import alternatives, would_count
from spatial.policy.missing_wording import missing_list
from spatial.policy.numerals import figure
from spatial.policy.pack import Pack
from spatial.policy.review.document import review_document
from spatial.policy.review.note_wording import assumption_text
from spatial.policy.review.review import BACKGROUND, ILLUSTRATION, Review
from spatial.policy.review.stages import STAGES
from spatial.policy.review.words import verdict_word

CHECK: Final = "check"
_LABELS: Final = MappingProxyType(
    {
        "check": (
            "项目审查（试算，未签发）",
            "Review of a housing project (a check, not signed off)",
        ),
        "draft": (
            "项目审查（草稿，未签发）",
            "Review of a housing project (a draft, not signed off)",
        ),
        "signed": ("项目审查（已签发）", "Review of a housing project (signed off)"),
        "project": ("项目", "Project"),
        "stage": ("阶段", "Stage"),
        "as_of": ("日期", "As of"),
        "units": ("户（套）", "dwelling units"),
        "people": ("人", "people"),
        "assumed": (
            "假设每户{persons}人（{source}）",
            "assuming {persons} persons a household ({source})",
        ),
        "provided_by": (
            "{service}以{document}所列为准",
            "{service}: provided as the {document} ask for",
        ),
        "verdict": ("结论", "Verdict"),
        "illustration": ("仅为演示", "an illustration only"),
        "outside": (
            "不适用于本地区，结果仅为演示",
            "does not apply here: an illustration only",
        ),
        "background": ("国家标准，仅供对照", "a national standard, to compare with"),
        "gate": ("关口", "gate"),
        "beside": ("参考，不作依据", "shown beside, does not decide"),
        "clause": ("条款", "Clause"),
        "reading": ("理解", "Reading"),
        "missing": ("缺少", "Missing"),
        "remedy": ("达到符合的最小改变", "What would make it hold"),
        "alternative": ("会改变本条结论", "Would change it"),
        "strictest": ("多个文件中最严的", "The strictest of several documents"),
        "childcare": ("托育", "childcare"),
        "elderly": ("养老", "elderly care"),
        "control_plan": ("控规", "control plan"),
        "planning_conditions": ("规划条件", "planning conditions"),
        "neighbours": ("对邻近小区的影响", "What changes for the neighbours"),
        "no change": ("无变化", "nothing"),
        "gains": ("改善", "gains"),
        "loses": ("变差", "loses"),
        "m2": ("㎡", " m²"),
        "facilities": ("处", " facilities"),
        "places": ("托位", "places"),
        "beds": ("床位", "beds"),
        "own": ("本项目规划条件", "The project's own planning conditions"),
    }
)
# Findings a reader need not act on are listed last, and shortly.
_QUIET: Final = ("not_applicable", "indicator")


def report_text(review: Review, *, packs: Sequence[Pack], lang: str) -> str:
    """Write a review for people.

    Parameters
    ----------
    packs
        Those it was made with: their titles are shown.
    lang
        ``zh`` or ``en``.
    """
    titles = {pack.id: f"{pack.title} {pack.document_no}" for pack in packs}
    return document_text(review_document(review, lang=lang), titles=titles, lang=lang)


def document_text(
    document: Mapping[str, Any], *, titles: Mapping[str, str], lang: str, standing: str = CHECK
) -> str:
    """Write a review for people from its plain data; see `report_text`.

    Parameters
    ----------
    titles
        Of the packs, by id.
    standing
        ``check`` where nothing is stored, else ``draft`` or ``signed``.
    """
    say = _Labels(lang)
    facts = document["project"]
    stage = STAGES[document["stage"]]
    name = facts["name"] or facts["id"]
    lines = [
        say(standing),
        f"{say('project')}: {name} ({facts['id']}), {facts['units']} {say('units')}"
        + (f", {facts['population']} {say('people')}" if facts["population"] else ""),
        f"{say('stage')}: {stage.name_zh if lang == 'zh' else stage.name_en}",
        f"{say('as_of')}: {document['as_of']}",
        f"{say('verdict')}: {verdict_word(document['verdict'], lang=lang)}"
        + (f" ({say('illustration')})" if document["illustration"] else ""),
        *_assumptions(document, say, lang=lang),
    ]
    for pack in document["packs"]:
        note = {ILLUSTRATION: say("outside"), BACKGROUND: say("background")}.get(pack["basis"])
        lines += [
            "",
            f"== {titles.get(pack['id'], say('own'))}: {verdict_word(pack['verdict'], lang=lang)}"
            + (f" ({note})" if note else ""),
        ]
        own = [one for one in document["findings"] if one["pack"] == pack["id"]]
        for finding in sorted(own, key=lambda one: one["verdict"] in _QUIET):
            lines += _finding(finding, say, lang=lang)
    for one in document["strictest"]:
        lines.append(f"{say('strictest')}: {one['rule']}")
    return "\n".join([*lines, *_neighbours(document, say, lang=lang)])


class _Labels:
    """The labels in one language."""

    def __init__(self, lang: str) -> None:
        self.at = ("zh", "en").index(lang)

    def __call__(self, name: str) -> str:
        """Return a label; a name without one stands for itself."""
        return _LABELS.get(name, (name, name))[self.at]


def _assumptions(document: Mapping[str, Any], say: _Labels, *, lang: str) -> list[str]:
    lines = []
    for one in document["assumptions"]:
        if one["assumption"] == "household_size":
            lines.append(
                say("assumed").format(persons=one["persons_per_unit"], source=one["source"])
            )
        elif (said := assumption_text(one, lang=lang)) is not None:
            lines.append(said)
        else:
            lines.append(
                say("provided_by").format(
                    service=say(one["service"]), document=say(one["document"])
                )
            )
    return lines


def _neighbours(document: Mapping[str, Any], say: _Labels, *, lang: str) -> list[str]:
    if document["neighbours"] is None:
        return []
    lines = ["", f"== {say('neighbours')}: {len(document['neighbours']) or say('no change')}"]
    for one in document["neighbours"]:
        before, after = (verdict_word(one[name], lang=lang) for name in ("before", "after"))
        lines.append(
            f"[{say(one['change'])}] {one['name'] or one['district']}, {one['rule']}: "
            f"{before} {figure(one['before_m'])} m → {after} {figure(one['after_m'])} m"
        )
    return [*lines, *(_stock(one, say, lang=lang) for one in document["capacity"] or ())]


def _stock(change: Mapping[str, Any], say: _Labels, *, lang: str) -> str:
    unit = say(change["unit"])
    was, becomes = (
        f"{verdict_word(one['verdict'], lang=lang)} {figure(one['value'])}{unit}"
        for one in (change["before"], change["after"])
    )
    held = [change[name]["capacity"] for name in ("before", "after")]
    beds = (
        ""
        if None in held or held == [0, 0]
        else f" ({held[0]} → {held[1]} {say(change['capacity_of'])})"
    )
    return (
        f"[{say(change['change'])}] {change['name'] or change['district']}, {change['rule']}: "
        f"{was} → {becomes}{beds}"
    )


def _finding(finding: Mapping[str, Any], say: _Labels, *, lang: str) -> list[str]:
    marks = [say("gate")] if finding["gate"] else []
    marks += [] if finding["binds"] else [say("beside")]
    head = f"[{verdict_word(finding['verdict'], lang=lang)}] {finding['rule']}"
    head += f" ({', '.join(marks)})" if marks else ""
    reason = finding["reason"]
    lines = [f"{head}: {reason}" if reason else head]
    if finding["verdict"] in _QUIET:
        return lines
    quoted = ": ".join(one for one in (finding["clause"], finding["quote"]) if one)
    lines.append(f"    {say('clause')} {quoted}")
    lines.append(f"    {say('reading')}: {finding['reading']}")
    uncounted = would_count(finding, lang=lang)
    if uncounted:
        lines.append(f"    {uncounted}")
    if finding.get("beside"):
        lines.append(f"    {finding['beside']}")
    lacking = missing_list(finding["missing"], lang=lang)
    if lacking:
        lines.append(f"    {say('missing')}: {lacking}")
    lines += [f"    {say('remedy')}: {remedy['text']}" for remedy in finding["remedies"]]
    lines += [
        f"    {say('alternative')}: {alternatives({'alternatives': [one]}, lang=lang)}"
        for one in finding["alternatives"]
        if one.get("changes")
    ]
    return lines
