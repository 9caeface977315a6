"""Evaluating what is stored in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import typer
from sqlalchemy import Connection, Engine, select

from service.commands.actor import command_actor
from service.commands.evaluation_output import Output, report
from service.commands.progress import Progress
from service.core import audit, history
from service.core.address import with_database
from service.core.database import create_database_engine
from service.core.network_cache import NetworkCache
from service.core.notices import notices
from service.core.schema import NETWORK, VERSIONED
from service.core.settings import Settings, load_settings
from service.evaluations import service as evaluations
from service.exports.region import region_notices
from service.exports.summary import WORST
from service.exports.writer import write_evaluation
from service.indicators import service as indicators
from service.packs import service as stored_packs
from spatial.errors import InputError
from spatial.fields import FACILITIES
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.output import output_districts
from spatial.policy.pack import Pack


def evaluate_stored(
    packs: Sequence[Pack],
    *,
    as_of: date,
    area: str | None,
    parameters: EvaluationParameters,
    output: Output,
) -> None:
    """Evaluate the stored districts, or find the run that did, and report.

    Parameters
    ----------
    packs
        As the files have them now; a version the database does not know is stored first.
    area
        Code of the area whose districts are evaluated; None means all.

    Raises
    ------
    InputError
        When there is no such area, or there are no districts.
    UsageFault
        When the database cannot be used.
    """
    with with_database(load_settings(), report=_say) as settings:
        url = settings.database.url
        if url is None:
            raise InputError("no database is at hand")
        engine = create_database_engine(url.get_secret_value())
        try:
            _evaluate(engine, settings, packs, as_of, area, parameters, output)
        finally:
            engine.dispose()


def _evaluate(
    engine: Engine,
    settings: Settings,
    packs: Sequence[Pack],
    as_of: date,
    area: str | None,
    parameters: EvaluationParameters,
    output: Output,
) -> None:
    progress = Progress(quiet=output.json)
    with engine.begin() as connection:
        _store_new_packs(connection, packs)
    request = evaluations.EvaluationRequest(
        pack_ids=tuple(pack.id for pack in packs), as_of=as_of, area=area, parameters=parameters
    )
    cache = NetworkCache(settings.cache_dir)
    with progress.stage("evaluate", "evaluating"):
        run = evaluations.run(engine, request, network_cache=cache, actor=command_actor())
    if not run.created and not output.json:
        _say(f"nothing has changed since: this is run {run.id}")
    with engine.connect() as connection:
        stored = evaluations.get(connection, run.id)
        if stored is None:
            raise InputError(f"the evaluation {run.id} was deleted meanwhile")
        said = notices(stored_sources(connection, stored.network_version), output.lang)
        said += region_notices(stored.region, packs, lang=output.lang)
        if output.out:
            _write(connection, cache, stored, packs, said, progress, output)
        summary = evaluations.summary(connection, run.id)
        worst = evaluations.districts(connection, run.id, limit=WORST)
        found = evaluations.findings_of_districts(connection, run.id, worst["id"].tolist())
        worst = output_districts(worst, found, packs=packs, lang=output.lang)
    report(summary, worst, notices=said, warnings=stored.warnings, output=output)


def _store_new_packs(connection: Connection, packs: Sequence[Pack]) -> None:
    in_use = stored_packs.versions_in_use(connection)
    new = [pack for pack in packs if in_use.get(pack.id) != pack.version]
    stored_packs.store_packs(connection, new)
    for pack in new:
        audit.record(
            connection,
            actor=command_actor(),
            action="store",
            target=f"pack/{pack.id}",
            detail={"version": pack.version},
        )


def stored_sources(connection: Connection, network_version: str | None) -> list[object]:
    """Return what the rows in use say of their origin."""
    sources: list[object] = []
    for table in VERSIONED.values():
        current = table.c.superseded_at.is_(None)
        sources += connection.scalars(select(table.c.source).where(current).distinct()).all()
    sources += indicators.sources(connection)
    if network_version is not None:
        street = select(NETWORK.c.source).where(NETWORK.c.version == network_version)
        sources += connection.scalars(street).all()
    return sources


def _write(
    connection: Connection,
    cache: NetworkCache,
    stored: evaluations.StoredEvaluation,
    packs: Sequence[Pack],
    said: Sequence[str],
    progress: Progress,
    output: Output,
) -> None:
    with progress.stage("load", "loading the results"):
        evaluation = evaluations.load_evaluation(connection, stored.id)
        facilities = history.current(connection, FACILITIES, moment=stored.moment)
        network = (
            None
            if stored.network_version is None
            else cache.load(connection, stored.network_version)
        )
    if evaluation is None:
        raise InputError(f"the evaluation {stored.id} was deleted meanwhile")
    for path in output.out:
        with progress.stage("write", f"writing {path}"):
            write_evaluation(
                path,
                evaluation,
                packs=packs,
                lang=output.lang,
                notices=said,
                system=output.system,
                facilities=facilities,
                network=network,
            )


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
