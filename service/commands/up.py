"""``yike up``: everything from an empty machine to the demo city on 127.0.0.1:8000."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Engine

from seed.wuhan.city import NOTICE_EN, NOTICE_ZH, demo_city
from service.commands.actor import command_actor
from service.commands.options import parse_date, parse_language
from service.commands.progress import Progress
from service.commands.serve import listen, refuse_taken_port, with_listener
from service.commands.shared_options import OwnLanguage, SeenOn
from service.commands.sign_in_link import OPEN, admin_key, make_link
from service.core.address import application_engine, with_database
from service.core.keys import create_key, key_id_of
from service.core.migration import upgrade
from service.core.network_cache import NetworkCache
from service.core.settings import Settings, load_settings
from service.demo import service as demo
from service.evaluations import service as evaluations
from service.evaluations.identity import EvaluationRequest
from service.exports.content import Language
from service.exports.region import region_notices
from service.exports.summary import WORST, summary_lines
from service.imports.packs import shipped_packs
from service.packs.service import load_pack, store_packs
from spatial.network_building import build_network
from spatial.policy.output import output_districts

PACK_ID: Final = "jinhua-2022"
KEY_NAME: Final = "made by yike up"
STAGES: Final = 8

NOTICES: Final = MappingProxyType({"zh": NOTICE_ZH, "en": NOTICE_EN})
RUN: Final = MappingProxyType(
    {
        True: MappingProxyType({"zh": "评估编号 {id}", "en": "Evaluation {id}"}),
        False: MappingProxyType(
            {
                "zh": "评估编号 {id}（数据未变，沿用已有评估）",
                "en": "Evaluation {id} (unchanged data, found again)",
            }
        ),
    }
)
KEY: Final = MappingProxyType(
    {
        "zh": "管理员密钥（仅显示这一次，请妥善保存）：{key}",
        "en": "Key of role admin, shown this once, keep it: {key}",
    }
)
HAS_KEY: Final = MappingProxyType(
    {
        "zh": "管理员密钥先前已显示；另要一把：yike up --new-key",
        "en": "A key of role admin was shown before; for another one: yike up --new-key",
    }
)


def up(
    *,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop before serving.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to serve on; default 8000.")
    ] = None,
    as_of: SeenOn = None,
    lang: OwnLanguage = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make another key of role admin and print it.")
    ] = False,
) -> None:
    """Set up the database, load and evaluate the demo city, print the worst, and serve.

    Safe to run again: what is there is kept, and on unchanged data the evaluation is reused.
    """
    settings = with_listener(load_settings(), host=None, port=port)
    language = settings.lang if lang is None else parse_language(lang)
    on = parse_date(as_of, option="--as-of")
    if not no_serve:
        refuse_taken_port(settings)
    progress = Progress(total=STAGES)
    with ExitStack() as stack:
        with progress.stage("database", "looking for the database"):
            ready = stack.enter_context(with_database(settings, report=_say, migrated=False))
        with progress.stage("migrate", "bringing the database up to date"):
            _migrate(ready)
        engine = stack.enter_context(application_engine(ready))
        lines = _evaluate(engine, ready, progress, on=on, language=language)
        for line in lines:
            typer.echo(line)
        key_id = _give_key(engine, language, again=new_key)
        if not no_serve:
            link = make_link(engine, ready, key_id=key_id)
            typer.echo(OPEN[language].format(link=link))
            listen(ready)


def _migrate(settings: Settings) -> None:
    if settings.database.owner_url is not None:
        upgrade(settings.database.owner_url.get_secret_value())


def _evaluate(
    engine: Engine, settings: Settings, progress: Progress, *, on: date, language: Language
) -> list[str]:
    """Bring packs, city and evaluation into the database; return what to print."""
    with progress.stage("packs", "storing the rule packs"), engine.begin() as connection:
        store_packs(connection, shipped_packs())
    _load_demo(engine, progress)
    request = EvaluationRequest(pack_ids=(PACK_ID,), as_of=on)
    cache = NetworkCache(settings.cache_dir)
    with progress.stage("evaluate", f"evaluating by {PACK_ID} as of {on}"):
        run = evaluations.run(engine, request, network_cache=cache, actor=command_actor())
    with progress.stage("report", "reading the results"), engine.connect() as connection:
        packs = [load_pack(connection, PACK_ID)]
        summary = evaluations.summary(connection, run.id)
        worst = evaluations.districts(connection, run.id, limit=WORST)
        findings = evaluations.findings_of_districts(connection, run.id, worst["id"].tolist())
        worst = output_districts(worst, findings, packs=packs, lang=language)
    seconds = _flattened(progress.seconds, run.seconds if run.created else {})
    return [
        *summary_lines(
            {**summary, "seconds": seconds},
            worst,
            notices=[
                NOTICES[language],
                *region_notices(summary["region"], packs, lang=language),
            ],
            lang=language,
        ),
        RUN[run.created][language].format(id=run.id),
    ]


def _flattened(stages: Mapping[str, float], inner: Mapping[str, float]) -> dict[str, Any]:
    """Put the stages of an evaluation computed just now in the place of its whole."""
    flat: dict[str, Any] = {}
    for name, seconds in stages.items():
        if name == "evaluate" and inner:
            flat |= {f"evaluate.{stage}": value for stage, value in inner.items()}
        else:
            flat[name] = seconds
    return flat


def _load_demo(engine: Engine, progress: Progress) -> None:
    """Load the demo city unless this version of it was loaded before."""
    with engine.connect() as connection:
        if demo.is_loaded(connection):
            return
    with progress.stage("demo", "making the demo city on Wuhan's streets"):
        city = demo_city()
    with progress.stage("network", "building the street network"):
        network = build_network(city.streets)
    today = parse_date(None, option="today")
    with progress.stage("store", "storing the demo city"), engine.begin() as connection:
        demo.load(connection, city, network, today=today, actor=command_actor())


def _give_key(engine: Engine, language: Language, *, again: bool) -> str:
    """Make a key of role admin the first time, and print it; the id of the one to sign in by."""
    with engine.begin() as connection:
        have = admin_key(connection)
        if have is not None and not again:
            typer.echo(HAS_KEY[language])
            return have
        # Printed before it is committed: a run killed in between leaves no key nobody knows.
        key = create_key(connection, role="admin", name=KEY_NAME)
        typer.echo(KEY[language].format(key=key))
    return key_id_of(key)


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
