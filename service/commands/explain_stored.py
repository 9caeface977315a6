"""Explaining a finding of an evaluation in the database."""

from __future__ import annotations

from collections.abc import Sequence

import typer
from sqlalchemy import Connection

from service.commands.evaluate_stored import stored_sources
from service.core.address import with_database
from service.core.database import create_database_engine
from service.core.notices import notices
from service.core.settings import load_settings
from service.evaluations import service as evaluations
from service.evaluations.explanation import explain_area, explain_one
from service.exports.content import Language
from service.exports.explanation import Explanation, parse_area_row
from service.exports.region import region_notices
from service.packs.service import load_versions
from spatial.errors import InputError


def explain_stored(
    finding: str, *, evaluation: str | None, lang: Language
) -> tuple[Sequence[Explanation], list[str]]:
    """Explain a finding of the evaluation named, else of the newest.

    Returns
    -------
    The explanations, and what must be said of the data.

    Raises
    ------
    InputError
        When there is no such evaluation or finding.
    """
    with with_database(load_settings(), report=_say) as settings:
        url = settings.database.url
        if url is None:
            raise InputError("no database is at hand")
        engine = create_database_engine(url.get_secret_value())
        try:
            with engine.connect() as connection:
                return _explain(connection, finding, evaluation, lang)
        finally:
            engine.dispose()


def _explain(
    connection: Connection, finding: str, evaluation: str | None, lang: Language
) -> tuple[Sequence[Explanation], list[str]]:
    if evaluation is None:
        newest = evaluations.list_evaluations(connection, limit=1)
        if not newest:
            raise InputError("there is no evaluation yet; run yike evaluate first")
        stored = newest[0]
        _say(f"of the newest evaluation, {stored.id}, as of {stored.as_of}")
    else:
        named = evaluations.get(connection, evaluation)
        if named is None:
            raise InputError(f"--evaluation: there is no evaluation {evaluation!r}")
        stored = named
    row = parse_area_row(finding)
    explained: Sequence[Explanation] = (
        [explain_one(connection, stored, finding)]
        if row is None
        else explain_area(connection, stored, *row)
    )
    said = notices(stored_sources(connection, stored.network_version), lang)
    packs = load_versions(connection, dict(stored.pack_versions))
    return explained, [*said, *region_notices(stored.region, packs, lang=lang)]


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
