"""The opinion of a review as the files a command was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from service.reports.documents import DOCX, PDF, XLSX, DocumentKind, kind_of, write_documents
from service.reports.opinion import Opinion

OutOption = Annotated[
    list[Path] | None,
    typer.Option(
        help="Opinion to write: .docx or .pdf; .xlsx for the worksheet. A draft until it is signed "
        "off. Repeatable."
    ),
]


def wanted_files(out: Sequence[Path] | None) -> dict[Path, DocumentKind]:
    """Return the kind of each file, having seen that it can be written.

    Raises
    ------
    InputError
        Naming the file that cannot be.
    """
    return {path: kind_of(path, (DOCX, PDF, XLSX)) for path in out or ()}


def write_opinion(wanted: Mapping[Path, DocumentKind], make: Callable[[bool], Opinion]) -> None:
    """Write an opinion to the files wanted, if any.

    Parameters
    ----------
    make
        Makes the opinion; told whether its map is to be drawn.
    """
    if not wanted:
        return
    # Half a second to import, and few reviews are printed.
    from service.reports.review_opinion import WRITERS  # noqa: PLC0415

    opinion = make(any(kind != XLSX for kind in wanted.values()))
    write_documents(wanted, lambda kind: WRITERS[kind](opinion))
    for path in wanted:
        typer.echo(f"yike: wrote {path}", err=True)
