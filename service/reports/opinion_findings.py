"""The findings of an opinion: the table of clauses, calculations, what would make it pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from service.reports.opinion import Opinion
from service.reports.opinion_words import Say
from service.reports.paper import Block, Bullets, Cell, Grid, Heading, Paragraph, Tone, printable
from spatial.policy.explaining.letter import alternatives as other_readings
from spatial.policy.explaining.letter import would_count
from spatial.policy.findings import ADVISE, NOT_MET, UNDETERMINED, VERDICTS
from spatial.policy.missing_wording import missing_list
from spatial.policy.numerals import exact, grouped
from spatial.policy.review.finding import GENERAL_RULE
from spatial.policy.review.review import BACKGROUND, BINDING, ILLUSTRATION
from spatial.policy.review.words import verdict_word
from spatial.policy.terms import in_unit

Finding = Mapping[str, Any]

TONE_OF: Final[Mapping[str, Tone]] = {
    "pass": "good",
    "pass_with_advice": "fair",
    "not_pass": "bad",
    "met": "good",
    "met_relaxed": "good",
    "advise": "fair",
    "not_met": "bad",
    "undetermined": "open",
}
# Findings a reader need not act on stand last.
_QUIET: Final = ("not_applicable", "indicator", "not_due")
_NONE: Final = "—"
_DAYS: Final = {"zh": " 天", "en": " days"}
_ONE: Final = {"days": " day", "facilities": " facility"}


def figure(value: object, unit: str | None, *, lang: str) -> str:
    """Write a figure of a finding exactly, with its unit; — for none."""
    number = exact(value)
    if number is None:
        return _NONE
    if lang == "en" and number == 1 and unit in _ONE:
        return grouped(number) + _ONE[unit]
    if unit == "days":
        return grouped(number) + _DAYS[lang]
    return in_unit(grouped(number), unit, lang=lang)


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Put what nobody has to act on last; else as found: by pack, gates first."""
    return sorted(findings, key=lambda one: one["verdict"] in _QUIET)


def numbered(opinion: Opinion) -> list[tuple[int, Finding]]:
    """Give each finding its number in the table of clauses, through all packs."""
    found = [
        finding
        for pack in opinion.review["packs"]
        for finding in ordered([f for f in opinion.review["findings"] if f["pack"] == pack["id"]])
    ]
    return list(enumerate(found, start=1))


def clause_blocks(opinion: Opinion) -> list[Block]:
    """Return a table of clauses for each pack, its verdict above."""
    say = Say(opinion.lang)
    titles = {pack.id: pack for pack in opinion.packs}
    blocks: list[Block] = []
    every = numbered(opinion)
    for given in opinion.review["packs"]:
        note = {ILLUSTRATION: say("note_illustration"), BACKGROUND: say("note_background")}.get(
            given["basis"], ""
        )
        verdict = verdict_word(opinion.pack_verdict(given), lang=opinion.lang)
        pack = titles.get(given["id"])
        if pack is None:
            head = say("own_head", verdict=verdict, note=note)
        else:
            head = say(
                "pack_head", title=pack.title, number=pack.document_no, verdict=verdict, note=note
            )
        blocks.append(Heading(head, 2))
        own = [(number, one) for number, one in every if one["pack"] == given["id"]]
        if own:
            blocks.append(_table(own, say))
    strictest = [say("strictest", text=one["rule"]) for one in opinion.review["strictest"]]
    return [*blocks, *(Paragraph(text, "note") for text in strictest)]


def _table(findings: Sequence[tuple[int, Finding]], say: Say) -> Grid:
    names = ("no", "clause_quote", "needed", "provided", "deficit", "found")
    return Grid(
        head=tuple(say(name) for name in names),
        rows=tuple(_row(number, finding, say) for number, finding in findings),
        widths=(12, 69, 21, 22, 20, 26),
        numeric=frozenset({2, 3, 4}),
    )


def _row(number: int, finding: Finding, say: Say) -> tuple[Cell, ...]:
    lang, unit = say.lang, finding["unit"]
    marks = [say("gate")] if finding["gate"] else []
    marks += [] if finding["binds"] else [say("beside")]
    clause = "\n".join(one for one in (finding["clause"], finding["quote"], finding["rule"]) if one)
    verdict = verdict_word(finding["decided"], lang=lang)
    if finding["decided"] != finding["verdict"]:
        marks.append(say("overridden", original=verdict_word(finding["verdict"], lang=lang)))
    return (
        Cell(str(number)),
        Cell(clause),
        Cell(figure(finding["threshold"], unit, lang=lang)),
        Cell(figure(finding["value"], unit, lang=lang)),
        Cell(figure(finding["deficit"], unit, lang=lang)),
        Cell(
            "\n".join([verdict, *(f"（{m}）" if lang == "zh" else f"({m})" for m in marks)]),
            tone=TONE_OF.get(finding["decided"], "none"),
            bold=True,
        ),
    )


def calculation_blocks(opinion: Opinion) -> list[Block]:
    """Return how each finding came about: figures, steps, reading, other readings."""
    say = Say(opinion.lang)
    blocks: list[Block] = []
    for number, finding in numbered(opinion):
        lines = explained(opinion, finding)
        if finding["verdict"] in _QUIET:
            lines = lines[:1]
        blocks.append(Heading(_calculation_head(number, finding, say), 2))
        blocks.append(Paragraph("\n".join(lines)))
    return blocks


def _calculation_head(number: int, finding: Finding, say: Say) -> str:
    return say("calculation_head", no=number, clause=finding["clause"], rule=finding["rule"])


def explained(opinion: Opinion, finding: Finding) -> list[str]:
    """Say what was found and how it was worked out, a line each."""
    say, lang = Say(opinion.lang), opinion.lang
    lines = []
    if finding["reason"]:
        verdict = verdict_word(finding["verdict"], lang=lang)
        lines.append(
            f"{verdict}{'：' if lang == 'zh' else ': '}{_sentence(finding['reason'], lang)}"
        )
    if finding["calculation"]:
        lines.append(say("computed", text=printable(finding["calculation"], lang=lang)))
    if finding["definition"]:
        lines.append(say("definition", text=finding["definition"]))
    if finding["facilities"]:
        lines.append(
            say("facilities_used", text=say.listed([str(f) for f in finding["facilities"]]))
        )
    lacking = missing_list(finding["missing"], lang=lang)
    if lacking:
        lines.append(say("missing", text=lacking))
    uncounted = would_count(finding, lang=lang)
    if uncounted:
        lines.append(uncounted)
    if finding.get("beside"):
        lines.append(_sentence(finding["beside"], lang))
    if finding["against"] != GENERAL_RULE:
        lines.append(say("against", text=say(finding["against"])))
    others = other_readings(finding, lang=lang)
    if others:
        # What is shown beside decides nothing under any reading.
        changes = finding["binds"] and any(one.get("changes") for one in finding["alternatives"])
        lines.append(others + (say("other_reading") if changes else ""))
    lines.append(say("reading", text=finding["reading"]))
    return lines


def _sentence(text: str, lang: str) -> str:
    return text.rstrip("。.") + ("。" if lang == "zh" else ".")


def remedy_items(opinion: Opinion) -> list[str]:
    """Say for each clause that decides and does not hold what would make it hold."""
    say = Say(opinion.lang)
    items = []
    for number, finding in numbered(opinion):
        acts = finding["decided"] in (NOT_MET, UNDETERMINED, ADVISE)
        if not finding["binds"] or not acts or not _deciding(opinion, finding):
            continue
        said = [remedy["text"] for remedy in finding["remedies"]]
        lacking = missing_list(finding["missing"], lang=opinion.lang)
        if lacking:
            said.append(say("supply", text=lacking))
        if not said and finding["decided"] == NOT_MET:
            said.append(say("no_remedy"))
        if said:
            name = say("entry_clause", no=number, clause=finding["clause"])
            items.append(say("remedy", rule=name, text=say.apart(said)))
    return items


def _deciding(opinion: Opinion, finding: Finding) -> bool:
    """Tell whether the finding's pack decides: all do where none binds."""
    basis = {pack["id"]: pack["basis"] for pack in opinion.review["packs"]}
    return bool(opinion.review["illustration"]) or basis[finding["pack"]] == BINDING


def remedy_blocks(opinion: Opinion) -> list[Block]:
    """Return what would make the project pass."""
    items = remedy_items(opinion)
    if not items:
        return [Paragraph(Say(opinion.lang)("remedies_none"))]
    return [Bullets(tuple(items))]


def counts(opinion: Opinion) -> tuple[int, str]:
    """Count the clauses that decide, and say how many have each verdict."""
    say = Say(opinion.lang)
    binding = [
        one["decided"]
        for one in opinion.review["findings"]
        if one["binds"] and _deciding(opinion, one)
    ]
    apart = "" if say.at == 0 else " "
    said = [
        f"{verdict_word(verdict, lang=opinion.lang)}{apart}{binding.count(verdict)}"
        for verdict in VERDICTS
        if verdict in binding
    ]
    return len(binding), say.listed(said)


def named_with(opinion: Opinion, verdict: str) -> list[str]:
    """Name the clauses that decide and have a verdict."""
    say = Say(opinion.lang)
    return [
        say("entry_clause", no=number, clause=finding["clause"])
        for number, finding in numbered(opinion)
        if finding["decided"] == verdict and finding["binds"] and _deciding(opinion, finding)
    ]


def advised(opinion: Opinion) -> list[str]:
    """Name the clauses whose advice goes with the opinion: advice, or beside and not met."""
    say = Say(opinion.lang)
    return [
        say("entry_clause", no=number, clause=finding["clause"])
        for number, finding in numbered(opinion)
        if _deciding(opinion, finding)
        and (
            finding["decided"] == ADVISE or (finding["decided"] == NOT_MET and not finding["binds"])
        )
    ]


def alternative_rows(opinion: Opinion) -> list[str]:
    """Name the other readings that would change the verdict of a clause that decides."""
    say = Say(opinion.lang)
    said = []
    for number, finding in numbered(opinion):
        decides = finding["binds"] and _deciding(opinion, finding)
        changing = [one for one in finding["alternatives"] if decides and one.get("changes")]
        text = other_readings({"alternatives": changing}, lang=opinion.lang)
        if text:
            name = say("entry_clause", no=number, clause=finding["clause"])
            said.append(say("remedy", rule=name, text=text))
    return said
