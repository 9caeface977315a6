"""Paragraphs and cells of a Word document, in the faces of a paper."""

from __future__ import annotations

from typing import Any, Final

from docx.document import Document as DocxDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph as DocxParagraph
from docx.text.run import Run

from service.reports.docx_marks import legal_text
from service.reports.paper import INK

# Every office has these; a system without them takes its own of the same class.
SERIF: Final = ("Times New Roman", "宋体")
SANS: Final = ("Arial", "黑体")
BODY_PT: Final = 10.5
TABLE_PT: Final = 9.0
SMALL_PT: Final = 8.5
COMPACT: Final = 0.84


def shade(cell: _Cell, colour: str) -> None:
    """Fill the ground of a cell."""
    cell._tc.get_or_add_tcPr().append(  # noqa: SLF001  # no public way
        parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{colour[1:]}"/>')
    )


def underline(cell: _Cell) -> None:
    """Draw a line under a cell, to be written on."""
    cell._tc.get_or_add_tcPr().append(  # noqa: SLF001  # no public way
        parse_xml(
            f'<w:tcBorders {nsdecls("w")}><w:bottom w:val="single" w:sz="4" w:space="0" '
            f'w:color="{INK[1:]}"/></w:tcBorders>'
        )
    )


def fill_cell(
    cell: _Cell,
    text: str,
    *,
    size: float,
    colour: str = INK,
    sans: bool = False,
    bold: bool = False,
    centred: bool = False,
    right: bool = False,
) -> None:
    """Write the text of a cell."""
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(1)
    paragraph.paragraph_format.line_spacing = 1.15
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    add_run(paragraph, text, size=size, colour=colour, sans=sans, bold=bold)


def write_paragraph(
    document: DocxDocument,
    text: str,
    *,
    size: float = BODY_PT,
    colour: str = INK,
    sans: bool = False,
    bold: bool = False,
    centred: bool = False,
    after: float = 4,
) -> DocxParagraph:
    """Add a paragraph of one face and size."""
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(after)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    add_run(paragraph, text, size=size, colour=colour, sans=sans, bold=bold)
    return paragraph


def add_gap(document: DocxDocument) -> None:
    """Part a table from what follows: two tables in a row would become one."""
    gap = document.add_paragraph()
    gap.paragraph_format.space_after = Pt(0)
    gap.paragraph_format.line_spacing = Pt(6)


def add_run(
    paragraph: DocxParagraph,
    text: str,
    *,
    size: float,
    colour: str = INK,
    sans: bool = False,
    bold: bool = False,
) -> Run:
    """Add text to a paragraph, in one face and size."""
    run = paragraph.add_run(legal_text(text))
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.rgb = RGBColor.from_string(colour[1:])
    set_face(run.font, run._r.get_or_add_rPr(), sans=sans)  # noqa: SLF001  # no public way
    return run


def set_face(font: Any, properties: Any, *, sans: bool) -> None:  # noqa: ANN401  # of python-docx and lxml
    """Name the fonts; Word takes the one of Chinese characters from an attribute of its own."""
    latin, chinese = SANS if sans else SERIF
    font.name = latin
    faces = properties.find(qn("w:rFonts"))
    faces.set(qn("w:eastAsia"), chinese)
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        faces.attrib.pop(qn(f"w:{theme}"), None)
