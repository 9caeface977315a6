"""``yike ledger``: the problem ledger of a stored evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.commands.options import parse_language
from service.commands.shared_options import TextLanguage
from service.commands.stored_evaluation import NEWEST, find_evaluation, stored_evaluation
from service.reports.documents import XLSX, kind_of, write_documents
from service.reports.ledger_sheet import ledger_xlsx, read_ledger
from service.reports.stored_briefs import ledger_notes, stored_ledger
from spatial.errors import InputError


def ledger(
    evaluation: Annotated[
        str,
        typer.Argument(metavar="[EVALUATION]", help="Id of the evaluation; default the newest."),
    ] = NEWEST,
    *,
    previous: Annotated[
        list[str] | None,
        typer.Option(
            help="What it carries on: id of an earlier evaluation, repeatable; or the .xlsx of an "
            "earlier ledger."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="File to write: .xlsx.")],
    lang: TextLanguage = "zh",
) -> None:
    """Write the problem ledger (问题台账) of a stored evaluation.

    One row a problem: a clause that a place does not meet, or an advisory one it does not follow.
    With --previous each is new, persisting, solved or, where this evaluation cannot tell,
    unconfirmed.
    """
    language = parse_language(lang)
    kind = kind_of(out, (XLSX,))
    names = dict.fromkeys(previous or ())
    files = [name for name in names if name.lower().endswith(XLSX.suffix)]
    if len(files) > 1:
        raise InputError("--previous: name one earlier ledger; it carries on those before it")
    earlier = None if not files else read_ledger(Path(files[0]))
    with stored_evaluation(evaluation) as (connection, stored, _):
        before = [
            find_evaluation(connection, name, option="--previous")
            for name in names
            if name not in files
        ]
        for run in before:
            if run.id == stored.id:
                raise InputError("--previous: is the evaluation itself")
            if run.as_of > stored.as_of:
                raise InputError(
                    f"--previous: {run.id} is as of {run.as_of}, later than {stored.as_of}"
                )
        found = stored_ledger(connection, stored, before=before, ledger=earlier)
        about = ledger_notes(connection, stored, before, language)
    write_documents({out: kind}, lambda _: ledger_xlsx(found, lang=language, about=about))
    typer.echo(f"yike: wrote {out}", err=True)
    for status, count in found["status"].value_counts().items():
        typer.echo(f"{status}: {count}")
