"""A brief (简报) of one district or one area of an evaluation, on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.exports.headings import FLAG_WORDS, LEVEL_WORDS, PART_WORDS, VERDICT_WORDS
from service.exports.region import region_words
from service.reports.brief_words import BriefWords
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
    Tone,
    Verdict,
    printable,
)
from service.reports.paper_docx import paper_docx
from service.reports.paper_pdf import paper_pdf
from service.reports.wrapping import width
from spatial.policy.findings import ADVISE, MET, MET_RELAXED, NOT_DUE, NOT_MET, UNDETERMINED
from spatial.policy.numerals import exact, grouped
from spatial.policy.terms import STAGES, in_unit, term

FLAG_TONES: Final[Mapping[str, Tone]] = {
    "underserved": "bad",
    "undetermined": "open",
    "watch": "fair",
    "served": "good",
}
_TONES: Final[Mapping[str, Tone]] = {
    MET: "good",
    MET_RELAXED: "good",
    ADVISE: "fair",
    NOT_MET: "bad",
    UNDETERMINED: "open",
}
# What stands in the table of one page, in this order; the rest is counted.
_SHOWN: Final = (NOT_MET, UNDETERMINED, ADVISE, NOT_DUE, MET_RELAXED, MET)
_MOST_REMEDIES: Final = 3
_MOST_WORST: Final = 4
_LONGEST: Final = 90
# What the parts of the page take, millimetres, rather more than less; a column is half as wide as
# a Chinese character.
_PAGE_MM: Final = 297 - 19 - 14 - 18
_MAP_MM: Final = 80.0
_FLAGGED_MM: Final = 25.0
_COUNTED_MM: Final = 24.0
_HEADING_MM: Final = 7.5
_ROW_MM: Final = 5.6
_CELL_LINE_MM: Final = 3.9
_ITEM_LINE_MM: Final = 4.9
_NOTE_LINE_MM: Final = 3.7
_ITEM_COLUMNS: Final = 96
_NOTE_COLUMNS: Final = 122
_CELL_WIDTHS: Final = (30, 62, 19, 20, 19, 20)
_CELL_COLUMNS: Final = (17, 38, 10, 11, 10, 11)


@dataclass(frozen=True, eq=False)
class Brief:
    """What a brief says of one place.

    Parameters
    ----------
    place
        ``id`` and ``name``; of a district also ``stage, households, flag, rank,
        households_concerned``; of an area ``level``.
    rows
        Findings of the district or rows of the area: ``rule, verdict, value, threshold, deficit,
        unit, reason, clause``, of an area also ``part``; worded.
    remedies
        What would meet the clauses that are not met, or decide the others.
    flags
        Of an area: number of districts and known households by flag.
    worst
        Of an area: id, name, flag and households concerned of the worst served districts.
    districts
        Of the whole evaluation.
    map_png
        `service.reports.site_map.draw_site_map`.
    evaluation, as_of, packs, region, notices, lang
        What it rests on.
    """

    place: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    remedies: tuple[str, ...]
    evaluation: str
    as_of: str
    packs: tuple[tuple[str, str], ...]
    region: Mapping[str, str]
    notices: tuple[str, ...]
    lang: str
    districts: int
    map_png: bytes | None = None
    flags: Mapping[str, tuple[int, int]] | None = None
    worst: Sequence[tuple[str, str | None, str, int | None]] = ()


def brief_docx(brief: Brief) -> bytes:
    """Write a brief as DOCX."""
    return paper_docx(brief_paper(brief))


def brief_pdf(brief: Brief) -> bytes:
    """Write a brief as PDF; raises as `paper_pdf` does."""
    return paper_pdf(brief_paper(brief))


def brief_paper(brief: Brief) -> Paper:
    """Set a brief out: result, facts, map, clauses, what would help, what it rests on.

    As many clauses as the page has room for are shown, the worst first; the rest is counted.
    """
    say = BriefWords(brief.lang)
    name = brief.place["name"] or brief.place["id"]
    basis = _basis(brief, say)
    room_mm = _PAGE_MM - _lines_mm(basis, _NOTE_COLUMNS, _NOTE_LINE_MM)
    blocks: list[Block] = [*_result(brief, say)]
    room_mm -= _FLAGGED_MM if brief.flags is None else _COUNTED_MM
    if brief.map_png is not None:
        blocks.append(Picture(brief.map_png, TEXT_MM, say("map_alt", name=name)))
        room_mm -= _MAP_MM
    helping: list[Block] = []
    if brief.remedies:
        items = [_short(one, brief.lang) for one in brief.remedies[:_MOST_REMEDIES]]
        more = len(brief.remedies) - _MOST_REMEDIES
        if more > 0:
            items.append(say("more_remedies", count=more))
        helping += [Heading(say("remedies"), 2), Bullets(tuple(items))]
        room_mm -= _HEADING_MM + _lines_mm(items, _ITEM_COLUMNS, _ITEM_LINE_MM)
    if brief.worst:
        helping += [Heading(say("worst"), 2), _worst(brief, say)]
        room_mm -= _HEADING_MM + _ROW_MM * (1 + len(brief.worst[:_MOST_WORST]))
    blocks += [*_clauses(brief, say, room_mm), *helping, Paragraph("\n".join(basis), "note")]
    kind = "district_title" if brief.flags is None else "area_title"
    return Paper(
        title=say(kind, name=name),
        number=say("number", id=brief.place["id"], as_of=brief.as_of),
        head=say("head"),
        draft=None,
        lang=brief.lang,
        blocks=tuple(blocks),
        compact=True,
    )


def _lines_mm(texts: Sequence[str], columns: int, line_mm: float) -> float:
    """Estimate how high texts become, each wrapped at so many columns of half a character."""
    return sum(-(-max(width(text), 1) // columns) for text in texts) * line_mm


def _result(brief: Brief, say: BriefWords) -> list[Block]:
    place = brief.place
    if brief.flags is not None:
        total = sum(count for count, _ in brief.flags.values())
        rows = [(say("level"), LEVEL_WORDS.get(place["level"], (place["level"],) * 2)[say.at])]
        counted = [
            say(
                "flag_count",
                flag=FLAG_WORDS[flag][say.at],
                count=grouped(count),
                households=grouped(households),
            )
            for flag, (count, households) in brief.flags.items()
            if count
        ]
        rows.append((say("districts"), say("districts_value", count=grouped(total))))
        if counted:
            rows.append((say("flags"), "；".join(counted) if say.at == 0 else "; ".join(counted)))
        return [Facts(tuple(rows))]
    known = exact(place["households"])
    concerned = exact(place["households_concerned"])
    unknown = say("unknown")
    size = unknown if known is None else say("households_value", count=grouped(known))
    facts = [
        (say("stage"), f"{term(STAGES, place['stage'], lang=brief.lang)}　{size}"),
        (
            say("rank"),
            say("rank_value", rank=grouped(int(place["rank"])), total=grouped(brief.districts)),
        ),
    ]
    flag = FLAG_WORDS[place["flag"]][say.at]
    concerned_text = "" if not concerned else say("concerned", count=grouped(concerned))
    return [
        Verdict(f"{flag}{concerned_text}", FLAG_TONES.get(place["flag"], "none")),
        Facts(tuple(facts)),
    ]


def _clauses(brief: Brief, say: BriefWords, room_mm: float) -> list[Block]:
    rows = [row for row in brief.rows if row["verdict"] in _SHOWN]
    rows.sort(key=lambda row: _SHOWN.index(row["verdict"]))
    room_mm -= 2 * _HEADING_MM + _ROW_MM
    shown: list[tuple[Cell, ...]] = []
    for row in rows:
        cells = _row(row, brief, say)
        lines = max(
            -(-width(line) // columns) if line else 1
            for cell, columns in zip(cells, _CELL_COLUMNS, strict=True)
            for line in [cell.text.replace("\n", " " * columns)]
        )
        room_mm -= lines * _CELL_LINE_MM + _ROW_MM - _CELL_LINE_MM
        if room_mm < 0 and shown:
            break
        shown.append(cells)
    blocks: list[Block] = [Heading(say("clauses"), 2)]
    if shown:
        names = ("clause", "found", "needed", "provided", "deficit", "verdict")
        blocks.append(
            Grid(
                head=tuple(say(name) for name in names),
                rows=tuple(shown),
                widths=_CELL_WIDTHS,
                numeric=frozenset({2, 3, 4}),
            )
        )
    left = len(brief.rows) - len(shown)
    if left:
        blocks.append(Paragraph(say("left_out", count=left), "note"))
    return blocks


def _row(row: Mapping[str, Any], brief: Brief, say: BriefWords) -> tuple[Cell, ...]:
    clause = str(row["clause"])
    if row.get("part") not in (None, "all"):
        clause += f"\n{PART_WORDS[row['part']][say.at]}"
    return (
        Cell(clause),
        Cell(_short(str(row["reason"] or row["rule"]), brief.lang)),
        _figure(row["threshold"], row["unit"], brief.lang),
        _figure(row["value"], row["unit"], brief.lang),
        # Of an area it is counted in what the ratio counts, not in the unit of the ratio.
        _figure(row["deficit"], row["unit"] if brief.flags is None else None, brief.lang),
        Cell(VERDICT_WORDS[row["verdict"]][say.at], _TONES.get(row["verdict"], "none"), bold=True),
    )


def _figure(value: object, unit: str | None, lang: str) -> Cell:
    number = exact(value)
    return Cell("—" if number is None else in_unit(grouped(number), unit, lang=lang))


def _worst(brief: Brief, say: BriefWords) -> Grid:
    return Grid(
        head=tuple(say(name) for name in ("district", "flag", "concerned_head")),
        rows=tuple(
            (
                Cell(key if name is None else f"{name}（{key}）"),
                Cell(FLAG_WORDS[flag][say.at], FLAG_TONES.get(flag, "none"), bold=True),
                Cell("—" if concerned is None else grouped(concerned)),
            )
            for key, name, flag, concerned in brief.worst[:_MOST_WORST]
        ),
        widths=(100, 40, 30),
        numeric=frozenset({2}),
    )


def _basis(brief: Brief, say: BriefWords) -> list[str]:
    lines = [
        say(
            "pack_line",
            title=title,
            region=region_words(brief.region.get(key, ""), lang="zh" if say.at == 0 else "en"),
        )
        for key, title in brief.packs
    ]
    return [*lines, say("evaluation_line", id=brief.evaluation, as_of=brief.as_of), *brief.notices]


def _short(text: str, lang: str) -> str:
    text = printable(text, lang=lang)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
