"""``yike up``: everything from an empty machine to the demo city on 127.0.0.1:8000."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import Engine

import seed
from seed.wuhan.city import demo_city
from service.commands.serve import listen, refuse_taken_port, with_listener
from service.commands.up_report import WORDS, Language, Report, Words, print_report
from service.core.address import application_engine, with_database
from service.core.keys import create_key, list_keys
from service.core.migration import upgrade
from service.core.progress import Stages
from service.core.settings import Settings, load_settings
from service.core.usage import UsageFault
from service.demo import service as demo
from service.evaluations import service as evaluations
from service.evaluations.identity import EvaluationRequest
from service.packs.service import load_pack, store_packs
from spatial.network import build_network
from spatial.policy.pack import load_pack as read_pack
from spatial.policy.wording import output_districts

PACK_ID: Final = "jinhua-2022"
WORST: Final = 10
ACTOR: Final = "yike up"
POLICIES: Final = Path(next(iter(seed.__path__))) / "policies"
STAGES: Final = 8


def up(
    *,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop before serving.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to serve on; default 8000.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="Evaluate as of YYYY-MM-DD; default today.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="zh or en.")] = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make another key of role admin and print it.")
    ] = False,
) -> None:
    """Set up the database, load and evaluate the demo city, print the worst, and serve.

    Safe to run again: what is there is kept, and on unchanged data the evaluation is reused.
    """
    settings = with_listener(load_settings(), host=None, port=port)
    words = WORDS[_language(lang, settings)]
    seen_on = _date(as_of)
    if not no_serve:
        refuse_taken_port(settings)
    stages = Stages(STAGES)
    with ExitStack() as stack:
        with stages.shown():
            with stages.stage("database", "looking for the database"):
                ready = stack.enter_context(
                    with_database(settings, report=stages.say, migrated=False)
                )
            engine = stack.enter_context(application_engine(ready))
            _migrate(ready, stages)
            report = _evaluate(engine, ready, stages, as_of=seen_on, language=words.language)
        print_report(report, words, stages.seconds)
        _print_key(engine, words, again=new_key)
        if not no_serve:
            listen(ready)


def _migrate(settings: Settings, stages: Stages) -> None:
    with stages.stage("migrate", "bringing the database up to date"):
        if settings.database.owner_url is not None:
            upgrade(settings.database.owner_url.get_secret_value())


def _today() -> date:
    return datetime.now().astimezone().date()


def _date(text: str | None) -> date:
    if text is None:
        return _today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageFault(f"--as-of: {text!r} is no date; expected YYYY-MM-DD") from None


def _language(text: str | None, settings: Settings) -> Language:
    if text is None:
        return settings.lang
    if text not in WORDS:
        raise UsageFault(f"--lang: {text!r} is none of {', '.join(WORDS)}")
    return "zh" if text == "zh" else "en"


def _evaluate(
    engine: Engine, settings: Settings, stages: Stages, *, as_of: date, language: Language
) -> Report:
    with stages.stage("packs", "storing the rule packs"):
        packs = [read_pack(path) for path in sorted(POLICIES.glob("*.yaml"))]
        with engine.begin() as connection:
            store_packs(connection, packs)
    _load_demo(engine, stages)
    request = EvaluationRequest(pack_ids=(PACK_ID,), as_of=as_of)
    with stages.stage("evaluate", f"evaluating by {PACK_ID} as of {as_of}"):
        run = evaluations.run(engine, request, cache_dir=settings.cache_dir, actor=ACTOR)
    with stages.stage("report", "reading the results"), engine.connect() as connection:
        worst = evaluations.districts(connection, run.id, limit=WORST)
        findings = evaluations.findings_of_districts(connection, run.id, worst["id"].tolist())
        pack = load_pack(connection, PACK_ID)
        return Report(
            worst=output_districts(worst, findings, packs=[pack], lang=language),
            summary=evaluations.summary(connection, run.id),
            created=run.created,
        )


def _load_demo(engine: Engine, stages: Stages) -> None:
    with engine.connect() as connection:
        if demo.is_loaded(connection):
            return
    with stages.stage("demo", "making the demo city on Wuhan's streets"):
        city = demo_city()
    with stages.stage("network", "building the street network"):
        network = build_network(city.streets)
    with (
        stages.stage("store", "storing the demo city"),
        engine.begin() as connection,
    ):
        demo.load(connection, city, network, today=_today(), actor=ACTOR)


def _print_key(engine: Engine, words: Words, *, again: bool) -> None:
    """Make a key of role admin the first time, and print it."""
    with engine.begin() as connection:
        have = any(
            key.principal.role == "admin" and key.revoked_at is None
            for key in list_keys(connection)
        )
        if have and not again:
            typer.echo(words.key_again)
            return
        # Printed before it is committed: a run killed in between leaves no key nobody knows.
        typer.echo(words.key.format(key=create_key(connection, role="admin", name=ACTOR)))
