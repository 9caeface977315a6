"""``yike imports``: what was imported, and taking an import back."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Connection

from service.commands.actor import command_actor
from service.commands.options import parse_language
from service.core.address import with_database
from service.core.database import create_database_engine
from service.core.errors.problem import ProblemError
from service.core.geojson import encode_json
from service.core.settings import load_settings
from service.imports.phrases import Language
from service.uploads import records, undoing
from service.uploads.request import NETWORK
from service.uploads.schemas import import_document
from service.uploads.tables import READING
from service.uploads.wording import report_lines
from spatial.errors import InputError

ACTIONS: Final = ("show", "undo")


def imports(
    action: Annotated[
        str | None, typer.Argument(help="show ID tells of an import, undo ID takes it back.")
    ] = None,
    import_id: Annotated[str | None, typer.Argument(metavar="ID")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="Most imports listed.")] = 20,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    lang: Annotated[str | None, typer.Option(help="Language of a report: zh or en.")] = None,
) -> None:
    """List imports, the newest first; show one, or take it back.

    Taken back, every row is again as it was before the import, and of a street network the one
    before is in use again. That is refused where rows were written again or streets replaced since.
    """
    if action is not None and (action not in ACTIONS or import_id is None):
        raise InputError("imports: must be alone, or 'show ID', or 'undo ID'")
    settings = load_settings()
    language = settings.lang if lang is None else parse_language(lang)
    with with_database(settings, report=lambda message: typer.echo(message, err=True)) as ready:
        url = ready.database.url
        if url is None:
            raise InputError("no database is at hand")
        engine = create_database_engine(url.get_secret_value())
        try:
            with engine.begin() as connection:
                if action is None or import_id is None:
                    _list(connection, limit, as_json=json_)
                elif action == "show":
                    _show(_document(connection, import_id, language), language, as_json=json_)
                else:
                    _undo(connection, import_id)
        except ProblemError as error:
            lines = [error.detail, *(one.detail for one in error.errors)]
            raise InputError("\n".join(f"imports: {line}" for line in lines)) from None
        finally:
            engine.dispose()


def _list(connection: Connection, limit: int, *, as_json: bool) -> None:
    found = [
        import_document(
            row, is_read=row.state == READING and records.is_read(connection, row.id), whole=False
        )
        for row in records.list_imports(connection, limit=limit)
    ]
    if as_json:
        typer.echo(encode_json(found))
        return
    for one in found:
        moment = f"{one['created_at']:%Y-%m-%d %H:%M}"
        typer.echo(f"{one['id']}  {moment}  {one['state']:<9}  {one['kind']}  {one['file']}")


def _document(connection: Connection, import_id: str, lang: Language) -> dict[str, Any]:
    row = records.find(connection, import_id, principal=None)
    reading = row.state == READING and records.is_read(connection, row.id)
    return import_document(row, is_read=reading, language=lang)


def _show(document: dict[str, Any], lang: Language, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(json.loads(encode_json(document)), ensure_ascii=False, indent=2))
        return
    report = document["report"]
    typer.echo(f"{document['id']}  {document['state']}  {document['kind']}  {document['file']}")
    for why in ("refused", "failed"):
        if why in report:
            typer.echo(report[why])
    for line in report_lines(report, lang) if "rows" in report else ():
        typer.echo(line)


def _undo(connection: Connection, import_id: str) -> None:
    kind = records.find(connection, import_id, principal=None).kind
    done = undoing.undo(connection, import_id, actor=command_actor())
    if done is None:
        typer.echo(f"{import_id}: was taken back before")
        return
    if kind == NETWORK:
        now = "no network is" if done.network is None else f"network {done.network} is"
        typer.echo(f"{import_id}: taken back; {now} in use now")
        return
    typer.echo(
        f"{import_id}: taken back; {done.rows.restored} rows as they were before, "
        f"{done.rows.withdrawn} rows as if never added"
    )
