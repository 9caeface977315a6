"""``yike report``: a page about one district or area of a stored evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from service.commands.options import parse_language
from service.commands.shared_options import TextLanguage
from service.commands.stored_evaluation import NEWEST, stored_evaluation
from service.reports.brief import Brief, brief_docx, brief_pdf
from service.reports.documents import DOCX, PDF, kind_of, write_documents
from service.reports.stored_briefs import area_brief, district_brief
from spatial.errors import InputError

KINDS: Final = ("district", "area")
_WRITERS: Final = {PDF: brief_pdf, DOCX: brief_docx}


def report(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"{' or '.join(KINDS)}.")],
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="Id of the district, code of the area.")
    ],
    *,
    evaluation: Annotated[
        str, typer.Option(help="Id of the evaluation; default the newest.")
    ] = NEWEST,
    out: Annotated[
        list[Path] | None, typer.Option(help="File to write: .pdf or .docx. Repeatable.")
    ] = None,
    lang: TextLanguage = "zh",
) -> None:
    """Write a one-page brief (简报) of a district or an area of a stored evaluation."""
    language = parse_language(lang)
    if kind not in KINDS:
        raise InputError(f"there is no kind '{kind}'; kinds are {', '.join(KINDS)}")
    if not out:
        raise InputError("--out is missing: name a file to write")
    wanted = {path: kind_of(path, (PDF, DOCX)) for path in out}
    with stored_evaluation(evaluation) as (connection, stored, cache):
        drawn: Callable[[], Brief] = (
            district_brief(connection, stored, identifier, cache=cache, lang=language)
            if kind == KINDS[0]
            else area_brief(connection, stored, identifier, lang=language)
        )
    brief = drawn()
    write_documents(wanted, lambda document: _WRITERS[document](brief))
    for path in wanted:
        typer.echo(f"yike: wrote {path}", err=True)
