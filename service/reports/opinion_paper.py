"""A review opinion set out as a paper, in the order an office reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from service.reports.opinion import Opinion
from service.reports.opinion_facts import (
    condition_blocks,
    data_facts,
    day_text,
    facility_blocks,
    project_rows,
)
from service.reports.opinion_findings import (
    TONE_OF,
    advised,
    alternative_rows,
    calculation_blocks,
    clause_blocks,
    counts,
    figure,
    named_with,
    remedy_blocks,
)
from service.reports.opinion_words import Say
from service.reports.paper import (
    TEXT_MM,
    Block,
    Bullets,
    Cell,
    Facts,
    Grid,
    Heading,
    Paper,
    Paragraph,
    Picture,
    Signatures,
    Verdict,
)
from service.reports.paper_docx import paper_docx
from service.reports.paper_pdf import paper_pdf
from spatial.policy.findings import NOT_MET, UNDETERMINED
from spatial.policy.numerals import grouped
from spatial.policy.review.stages import STAGES
from spatial.policy.review.words import verdict_word

_ROLES: Final = ("handled", "checked", "signed")


def opinion_docx(opinion: Opinion) -> bytes:
    """Write a review opinion as DOCX."""
    return paper_docx(opinion_paper(opinion))


def opinion_pdf(opinion: Opinion) -> bytes:
    """Write a review opinion as PDF; raises as `paper_pdf` does."""
    return paper_pdf(opinion_paper(opinion))


def opinion_paper(opinion: Opinion) -> Paper:
    """Set a review opinion out: conclusion, facts, map, clauses, calculations, remedies, data."""
    say = Say(opinion.lang)
    parts: list[tuple[str, list[Block]]] = [
        (say("conclusion"), _conclusion(opinion, say)),
        (say("project"), [Facts(project_rows(opinion))]),
        (say("conditions"), condition_blocks(opinion)),
        (say("facilities"), facility_blocks(opinion)),
    ]
    if opinion.map_png is not None:
        parts.append((say("map"), [_picture(opinion.map_png, say)]))
    parts += [
        (say("findings"), clause_blocks(opinion)),
        (say("remedies"), remedy_blocks(opinion)),
    ]
    others = alternative_rows(opinion)
    if others:
        parts.append((say("alternatives"), [Bullets(tuple(others))]))
    if opinion.overrides:
        parts.append((say("overrides"), [_overrides(opinion, say)]))
    parts += [
        (say("neighbours"), _neighbours(opinion, say)),
        (say("calculations"), calculation_blocks(opinion)),
        (say("data"), [data_facts(opinion)]),
        (say("signing"), [_signatures(opinion, say)]),
    ]
    blocks: list[Block] = []
    for number, (title, inside) in enumerate(parts, start=1):
        blocks += [Heading(say.numbered(number, title)), *inside]
    return Paper(
        title=say("title"),
        number=_number(opinion, say),
        head=f"{say('head')}　{opinion.project.name or opinion.project.id}",
        draft=say("draft") if opinion.draft else None,
        lang=opinion.lang,
        blocks=tuple(blocks),
    )


def _number(opinion: Opinion, say: Say) -> str:
    number = say("number_open") if opinion.number is None else say("number", number=opinion.number)
    return f"{number}　{say('draft_line')}" if opinion.draft else number


def _conclusion(opinion: Opinion, say: Say) -> list[Block]:
    review, lang = opinion.review, opinion.lang
    titles = {
        pack.id: say("pack_named", title=pack.title, number=pack.document_no)
        for pack in opinion.packs
    }
    named = [titles.get(pack["id"], say("own_conditions")) for pack in review["packs"]]
    stage = STAGES[review["stage"]]
    verdict = verdict_word(opinion.verdict, lang=lang)
    if review["illustration"]:
        verdict += say("illustration")
    total, counted = counts(opinion)
    blocks: list[Block] = [
        Verdict(say("verdict", verdict=verdict), TONE_OF.get(opinion.verdict, "none")),
        Paragraph(
            say(
                "basis_text",
                packs=say.listed(named),
                project=opinion.project.name or opinion.project.id,
                id=opinion.project.id,
                stage=stage.name_zh if lang == "zh" else stage.name_en,
                as_of=review["as_of"],
            )
        ),
        Paragraph(say("counts_text", total=total, counts=counted)),
    ]
    for heading, found in (
        ("failing", named_with(opinion, NOT_MET)),
        ("open", named_with(opinion, UNDETERMINED)),
        ("advice", advised(opinion)),
    ):
        if found:
            blocks.append(
                Paragraph(f"{say(heading)}{say.apart(found)}{'。' if say.at == 0 else '.'}")
            )
    return blocks


def _picture(png: bytes, say: Say) -> Picture:
    return Picture(png, TEXT_MM, say("map_alt"))


def _overrides(opinion: Opinion, say: Say) -> Grid:
    findings = opinion.review["findings"]
    names = ("rule", "original", "decided", "reason", "by")
    rows = []
    for one in opinion.overrides:
        finding = findings[one.finding]
        rows.append(
            (
                Cell(f"{finding['clause']}\n{finding['rule']}"),
                _verdict_cell(one.original, say),
                _verdict_cell(one.verdict, say),
                Cell(one.reason),
                Cell(one.name if one.on is None else f"{one.name}\n{one.on.isoformat()}"),
            )
        )
    return Grid(
        head=tuple(say(name) for name in names),
        rows=tuple(rows),
        widths=(36, 26, 26, 54, 28),
    )


def _verdict_cell(verdict: str, say: Say) -> Cell:
    return Cell(verdict_word(verdict, lang=say.lang), TONE_OF.get(verdict, "none"), bold=True)


def _neighbours(opinion: Opinion, say: Say) -> list[Block]:
    changes = opinion.review["neighbours"]
    if changes is None:
        return [Paragraph(say("neighbours_not_asked"))]
    if not changes:
        return [Paragraph(say("neighbours_none"))]
    names = ("district", "households", "rule", "change", "without", "with")
    return [
        Grid(
            head=tuple(say(name) for name in names),
            rows=tuple(_change(one, say) for one in changes),
            widths=(34, 14, 44, 14, 32, 32),
            numeric=frozenset({1}),
        )
    ]


def _change(one: Mapping[str, Any], say: Say) -> tuple[Cell, ...]:
    households = one["households"]
    return (
        Cell(one["district"] if one["name"] is None else f"{one['name']}\n{one['district']}"),
        Cell("—" if households is None else grouped(households)),
        Cell(one["rule"]),
        Cell(say(one["change"]), "good" if one["change"] == "gains" else "bad", bold=True),
        Cell(_seen(one, "before", say)),
        Cell(_seen(one, "after", say)),
    )


def _seen(one: Mapping[str, Any], side: str, say: Say) -> str:
    text = verdict_word(one[side], lang=say.lang)
    metres, outside = one[f"{side}_m"], one[f"{side}_outside"]
    if metres is not None:
        text += ("，" if say.at == 0 else ", ") + figure(metres, "m", lang=say.lang).strip()
    if outside is not None:
        text += say("outside", count=grouped(outside))
    return text


def _signatures(opinion: Opinion, say: Say) -> Signatures:
    known = {one.role: one for one in opinion.signatures}
    lines = []
    for role in _ROLES:
        one = known.get(role)
        name = "" if one is None else one.name
        if role == _ROLES[-1] and one is None:
            name = say("seal")
        lines.append((say(role), name, day_text(None if one is None else one.on, say)))
    return Signatures(tuple(lines))
