"""A paper as a Word document (ISO/IEC 29500), written by python-docx."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

from docx import Document
from docx.document import Document as DocxDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph as DocxParagraph

from service.reports.docx_marks import add_page_numbers, add_watermark, legal_text
from service.reports.docx_text import (
    BODY_PT,
    COMPACT,
    SMALL_PT,
    TABLE_PT,
    add_gap,
    add_run,
    fill_cell,
    set_face,
    shade,
    underline,
    write_paragraph,
)
from service.reports.paper import (
    FAINT_INK,
    HEAD_GROUND,
    INK,
    PAGE_MM,
    RULE_INK,
    SIDE_MM,
    TEXT_MM,
    TONES,
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

_FACT_NAME_MM: Final = 32.0
_SIGNATURE_MM: Final = (34.0, 90.0, 46.0)


def paper_docx(paper: Paper) -> bytes:
    """Set a paper as DOCX of A4 pages.

    Heads of tables repeat and rows are not parted; the draft's mark stands behind every page and
    in its head; pages are numbered.
    """
    document = Document()
    _set_up(document, paper)
    title = write_paragraph(document, paper.title, size=20, sans=True, bold=True, centred=True)
    title.style = document.styles["Title"]
    if paper.number:
        write_paragraph(document, paper.number, size=10, colour=FAINT_INK, centred=True, after=8)
    following = (*paper.blocks[1:], None)
    for block, after in zip(paper.blocks, following, strict=True):
        _add(document, block)
        if isinstance(block, Heading):
            # LibreOffice loses rows of a table whose head repeats where a heading is to stay with
            # it: a heading stays with text alone.
            kept = isinstance(after, Paragraph | Bullets | Picture)
            document.paragraphs[-1].paragraph_format.keep_with_next = kept
    if paper.compact:
        _shrink(document)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _shrink(document: DocxDocument) -> None:
    """Set everything smaller, with narrower margins above and below."""
    section = document.sections[0]
    section.top_margin, section.bottom_margin = Mm(18), Mm(13)
    section.header_distance, section.footer_distance = Mm(9), Mm(7)
    for size in document.element.body.iter(qn("w:sz")):
        size.set(qn("w:val"), str(round(int(size.get(qn("w:val"))) * COMPACT)))


def _set_up(document: DocxDocument, paper: Paper) -> None:
    """Lay out the page, the styles, the head and the foot."""
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(side) for side in PAGE_MM)
    section.left_margin = section.right_margin = Mm(SIDE_MM)
    section.top_margin, section.bottom_margin = Mm(24), Mm(20)
    section.header_distance, section.footer_distance = Mm(12), Mm(10)
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "List Number"):
        style: Any = document.styles[name]
        set_face(
            style.font, style.element.get_or_add_rPr(), sans=name not in ("Normal", "List Number")
        )
        style.font.color.rgb = RGBColor.from_string(INK[1:])
    normal: Any = document.styles["Normal"]
    normal.font.size = Pt(BODY_PT)
    normal.paragraph_format.space_after = Pt(4)
    normal.paragraph_format.line_spacing = 1.25
    for name, size, before in (("Title", 20, 0), ("Heading 1", 12.5, 14), ("Heading 2", 10.5, 8)):
        style = document.styles[name]
        style.font.size, style.font.bold = Pt(size), True
        style.paragraph_format.space_before = Pt(before)
        style.paragraph_format.space_after = Pt(4)
        style.paragraph_format.keep_with_next = True
    # The rule below the title of the template is another house's style.
    borders = document.styles["Title"].element.pPr.find(qn("w:pBdr"))
    if borders is not None:
        borders.getparent().remove(borders)
    # Chinese characters have other shapes where the language is not told.
    for spoken in document.styles.element.iter(qn("w:lang")):
        spoken.set(qn("w:eastAsia"), "zh-CN")
    properties = document.core_properties
    properties.title = legal_text(" ".join(part for part in (paper.title, paper.number) if part))
    properties.author, properties.comments = "Yike 一刻", ""
    properties.language = "zh-CN" if paper.lang == "zh" else "en"
    _lay_out_head(document, section.header.paragraphs[0], paper)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_page_numbers(
        foot, lang=paper.lang, write=lambda p, t: add_run(p, t, size=SMALL_PT, colour=FAINT_INK)
    )


def _lay_out_head(document: DocxDocument, head: DocxParagraph, paper: Paper) -> None:
    # The tabs of the template's style are those of another page.
    style: Any = document.styles["Header"]
    style.paragraph_format.tab_stops.clear_all()
    add_run(head, paper.head, size=SMALL_PT, colour=FAINT_INK, sans=True)
    if paper.draft:
        add_run(
            head, f"\t{paper.draft}", size=SMALL_PT, colour=TONES["bad"][0], sans=True, bold=True
        )
        head.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_MM), WD_TAB_ALIGNMENT.RIGHT)
        add_watermark(head, paper.draft)


def _add(document: DocxDocument, block: Block) -> None:  # noqa: C901  # one case a kind of block
    match block:
        case Heading(text, level):
            document.add_heading(legal_text(text), level)
        case Paragraph(text, "note"):
            write_paragraph(document, text, size=SMALL_PT, colour=FAINT_INK)
        case Paragraph(text, "quote"):
            quoted = write_paragraph(document, text)
            quoted.paragraph_format.left_indent = Mm(6)
        case Paragraph(text, _):
            write_paragraph(document, text)
        case Verdict(text, tone):
            _verdict(document, text, tone)
        case Bullets(items):
            for number, item in enumerate(items, start=1):
                line = write_paragraph(document, f"{number}. {item}")
                line.paragraph_format.left_indent = Mm(7)
                line.paragraph_format.first_line_indent = Mm(-7)
        case Facts():
            _facts(document, block)
        case Grid():
            _grid(document, block)
        case Picture(png, width_mm, alt, caption):
            holder = document.add_paragraph()
            holder.paragraph_format.keep_with_next = caption is not None
            # A hair less than the text: as wide as it, some programs move it aside.
            shape = holder.add_run().add_picture(io.BytesIO(png), width=Mm(width_mm - 1))
            # Read out by a screen reader.
            shape._inline.docPr.set("descr", legal_text(alt))  # noqa: SLF001  # no public way
            if caption:
                write_paragraph(document, caption, size=SMALL_PT, colour=FAINT_INK, centred=True)
        case Signatures():
            _signatures(document, block)


def _verdict(document: DocxDocument, text: str, tone: str) -> None:
    ink, ground = TONES[tone]
    table = _table(document, 1, (TEXT_MM,), border=ink)
    cell = table.rows[0].cells[0]
    shade(cell, ground)
    add_run(cell.paragraphs[0], text, size=13, colour=ink, sans=True, bold=True)
    cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    cell.paragraphs[0].paragraph_format.space_before = Pt(4)
    add_gap(document)


def _facts(document: DocxDocument, block: Facts) -> None:
    table = _table(document, len(block.rows), (_FACT_NAME_MM, TEXT_MM - _FACT_NAME_MM))
    for row, (name, value) in zip(table.rows, block.rows, strict=True):
        _whole(row)
        shade(row.cells[0], HEAD_GROUND)
        fill_cell(row.cells[0], name, size=TABLE_PT, sans=True)
        fill_cell(row.cells[1], value, size=TABLE_PT)
    add_gap(document)


def _grid(document: DocxDocument, block: Grid) -> None:
    total = sum(block.widths)
    table = _table(
        document, len(block.rows) + 1, [TEXT_MM * width / total for width in block.widths]
    )
    head = table.rows[0]
    _whole(head)
    head._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))  # noqa: SLF001  # no public way
    for cell, text in zip(head.cells, block.head, strict=True):
        shade(cell, HEAD_GROUND)
        fill_cell(cell, text, size=TABLE_PT, sans=True, bold=True, centred=True)
    for row, cells in zip(list(table.rows)[1:], block.rows, strict=True):
        _whole(row)
        for at, (cell, given) in enumerate(zip(row.cells, cells, strict=True)):
            _cell(cell, given, numeric=at in block.numeric)
    add_gap(document)


def _cell(cell: _Cell, given: Cell, *, numeric: bool) -> None:
    ink, ground = TONES[given.tone]
    if given.tone != "none":
        shade(cell, ground)
    fill_cell(
        cell,
        given.text,
        size=SMALL_PT - 0.5 if given.small else TABLE_PT,
        colour=ink if given.tone != "none" else INK,
        sans=given.bold,
        bold=given.bold,
        right=numeric,
    )


def _signatures(document: DocxDocument, block: Signatures) -> None:
    table = _table(document, len(block.lines), _SIGNATURE_MM, border=None)
    for row, (role, name, day) in zip(table.rows, block.lines, strict=True):
        _whole(row)
        for cell, text, right in zip(
            row.cells, (role, name, day), (False, False, True), strict=True
        ):
            fill_cell(cell, text, size=BODY_PT, right=right)
            cell.paragraphs[0].paragraph_format.space_before = Pt(12)
            cell.paragraphs[0].paragraph_format.keep_with_next = True
        underline(row.cells[1])


def _table(
    document: DocxDocument, rows: int, widths_mm: Sequence[float], *, border: str | None = RULE_INK
) -> Table:
    """Add a table of fixed widths with thin lines, or with none."""
    table: Table = document.add_table(rows=rows, cols=len(widths_mm))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths_mm, strict=True):
            cell.width = Mm(width)
    if border is not None:
        sides = "".join(
            f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{border[1:]}"/>'
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        table._tbl.tblPr.append(  # noqa: SLF001  # no public way
            parse_xml(f"<w:tblBorders {nsdecls('w')}>{sides}</w:tblBorders>")
        )
    return table


def _whole(row: Any) -> None:  # noqa: ANN401  # a row of python-docx
    """Keep a row on one page."""
    row._tr.get_or_add_trPr().append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))  # noqa: SLF001  # no public way
