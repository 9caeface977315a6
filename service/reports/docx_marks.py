"""What Word knows and python-docx does not: the mark behind a page, page numbers, legal text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph
from docx.text.run import Run

# Characters XML cannot hold; a lone surrogate is no character at all.
_ILLEGAL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NUMBERS: Final = {
    "zh": ("第 ", "PAGE", " 页　共 ", "NUMPAGES", " 页"),
    "en": ("Page ", "PAGE", " of ", "NUMPAGES", ""),
}
_FIELDS: Final = ("PAGE", "NUMPAGES")
_VML: Final = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:w10="urn:schemas-microsoft-com:office:word"'
)


def legal_text(text: str) -> str:
    """Replace what XML cannot hold by the replacement character."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)


def add_page_numbers(
    paragraph: Paragraph, *, lang: str, write: Callable[[Paragraph, str], Run]
) -> None:
    """Add "page n of m" as fields that Word fills.

    Parameters
    ----------
    write
        Adds a run of the look wanted.
    """
    for part in _NUMBERS[lang]:
        if part not in _FIELDS:
            write(paragraph, part)
            continue
        run: Any = write(paragraph, "")
        for xml in (
            f'<w:fldChar {nsdecls("w")} w:fldCharType="begin"/>',
            f'<w:instrText {nsdecls("w")} xml:space="preserve"> {part} </w:instrText>',
            f'<w:fldChar {nsdecls("w")} w:fldCharType="separate"/>',
            f"<w:t {nsdecls('w')}>1</w:t>",
            f'<w:fldChar {nsdecls("w")} w:fldCharType="end"/>',
        ):
            run._r.append(parse_xml(xml))  # noqa: SLF001  # no public way


def add_watermark(paragraph: Paragraph, text: str) -> None:
    """Put a word behind every page whose head holds the paragraph, large and across."""
    run: Any = paragraph.add_run()
    word = quoteattr(legal_text(text))
    # Chinese characters are square; a longer word is set closer.
    width = min(380, 140 * max(2, len(text)))
    run._r.append(  # noqa: SLF001  # no public way
        parse_xml(
            f"<w:pict {nsdecls('w')} {_VML}>"
            '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" '
            'path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas>'
            '<v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/>'
            '<v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/>'
            '<v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/>'
            '<v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/>'
            '<v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas>'
            '<v:path textpathok="t" o:connecttype="custom"/><v:textpath on="t" fitshape="t"/>'
            "</v:shapetype>"
            '<v:shape id="YikeDraft" o:spid="_x0000_s2049" type="#_x0000_t136" '
            f'style="position:absolute;margin-left:0;margin-top:0;width:{width}pt;height:130pt;'
            "rotation:315;z-index:-251658752;mso-position-horizontal:center;"
            "mso-position-horizontal-relative:margin;mso-position-vertical:center;"
            'mso-position-vertical-relative:margin" o:allowincell="f" fillcolor="#dcdcdc" '
            'stroked="f"><v:fill opacity=".5"/>'
            f'<v:textpath style="font-family:&quot;黑体&quot;;font-size:1pt" string={word}/>'
            "</v:shape></w:pict>"
        )
    )
