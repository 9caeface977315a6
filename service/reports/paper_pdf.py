"""A paper as PDF: an HTML template of our own, set by WeasyPrint."""

from __future__ import annotations

import base64
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from service.core.usage import MissingLibraryFault
from service.reports.paper import FAINT_INK, HEAD_GROUND, INK, RULE_INK, TONES, Paper

# The Japanese faces of the collection have the same characters; they come last.
_SERIF: Final = (
    "'Noto Serif CJK SC', 'Noto Serif SC', 'Source Han Serif SC', SimSun, "
    "'Noto Sans CJK SC', 'Noto Sans SC', 'WenQuanYi Micro Hei', serif"
)
_SANS: Final = (
    "'Noto Sans CJK SC', 'Noto Sans SC', 'Source Han Sans SC', 'Microsoft YaHei', SimHei, "
    "'WenQuanYi Micro Hei', sans-serif"
)
_PAGES: Final = {
    "zh": '"第 " counter(page) " 页　共 " counter(pages) " 页"',
    "en": '"Page " counter(page) " of " counter(pages)',
}


def paper_pdf(paper: Paper) -> bytes:
    """Set a paper as PDF of A4 pages, fonts embedded, with bookmarks of its headings.

    Nothing is fetched: the pictures are in the paper, and its texts are escaped.

    Raises
    ------
    MissingLibraryFault
        When the system lacks the library that sets text (Pango).
    """
    try:
        # Half a second to import, and it loads Pango from the system.
        from weasyprint import HTML  # noqa: PLC0415
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except OSError as error:
        raise MissingLibraryFault(
            "PDF cannot be set here: the system lacks Pango (libpango-1.0-0, libpangoft2-1.0-0)"
        ) from error
    document = HTML(
        string=_html(paper), url_fetcher=URLFetcher(allowed_protocols=("data",), timeout=1)
    )
    written: bytes = document.write_pdf()
    return written


def _html(paper: Paper) -> str:
    environment = _environment()
    style = environment.get_template("paper.css").render(
        serif=_SERIF,
        sans=_SANS,
        page_content=_PAGES[paper.lang],
        compact=paper.compact,
        tones=TONES,
        ink=INK,
        faint=FAINT_INK,
        rule=RULE_INK,
        ground=HEAD_GROUND,
    )
    return environment.get_template("paper.html").render(paper=paper, style=_trusted(style))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("service.reports"),
        # The style sheet is filled with constants; quotes in it have to stay.
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["base64"] = lambda data: base64.b64encode(data).decode()
    return environment


def _trusted(style: str) -> object:
    from markupsafe import Markup  # noqa: PLC0415  # where the template is

    return Markup(style)  # noqa: S704  # our own template, filled with constants
