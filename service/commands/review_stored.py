"""``yike review --store`` and ``yike review list, show, replay, override, sign``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import Connection

from service.commands.opinion_files import OutOption, wanted_files, write_opinion
from service.commands.options import parse_language
from service.commands.review_database import here, review_database, snapshot
from service.commands.review_printing import ShownReview, print_replay
from service.commands.shared_options import TextLanguage
from service.core.geojson import encode_json
from service.core.keys import authenticate
from service.core.language import Language
from service.core.network_cache import NetworkCache
from service.core.security import permitted
from service.coverage.dependencies import chosen_packs
from service.packs.service import list_packs
from service.reports.documents import DocumentKind
from service.reports.opinion import Opinion
from service.reviews import adding, listing, storage
from service.reviews.batch import store_reviewed
from service.reviews.in_use import read_in_use
from service.reviews.presentation import record_document
from service.reviews.project_file import read_document
from service.reviews.question import Question
from service.reviews.replay import replay, replay_document
from service.reviews.reviewing import Reviewer, require_storable
from service.reviews.storage import DRAFT, SIGNED, StoredReview
from spatial.errors import InputError
from spatial.policy.review.effective import OVERRIDES
from spatial.policy.review.stages import STAGES
from spatial.policy.review.verdict import REVIEW_VERDICTS
from spatial.policy.review.words import verdict_word

EXIT_DIFFERENT: Final = 3
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID")]


def store_review(
    project: Path,
    question: Question,
    *,
    lang: Language,
    as_json: bool,
    out: Mapping[Path, DocumentKind],
) -> str:
    """Review a project with what the database holds, store it as a draft; return the verdict.

    Parameters
    ----------
    out
        Files its opinion is written to.

    Raises
    ------
    InputError
        When it cannot be reviewed, or not be stored.
    """
    if question.stage is not None:
        _one_of(question.stage, tuple(STAGES), option="--stage")
    with review_database() as (engine, cache):
        with snapshot(engine) as connection:
            in_use = read_in_use(connection)
            reviewer = Reviewer(
                connection=connection,
                principal=here(),
                question=question,
                packs=chosen_packs(connection, question.pack_ids)
                if question.pack_ids
                else list_packs(connection),
                network=cache.latest(connection),
                in_use=in_use,
                cache=None,
            )
            reviewed = reviewer.review(read_document(project), prefix="")
        require_storable(reviewed, question)
        with engine.begin() as connection:
            review_id = store_reviewed(
                connection, reviewed, data_instant=in_use.instant, actor=here()
            )
            shown = ShownReview.of(connection, storage.find(connection, review_id, None))
        with snapshot(engine) as connection:
            _write_opinion(out, connection, shown.stored, cache, lang)
    shown.print(lang=lang, as_json=as_json)
    return shown.stored.record.verdict


def _write_opinion(
    wanted: Mapping[Path, DocumentKind],
    connection: Connection,
    stored: StoredReview,
    cache: NetworkCache,
    lang: Language,
) -> None:
    def make(drawn: bool) -> Opinion:  # noqa: FBT001  # as `write_opinion` calls it
        from service.reports.stored_opinion import stored_case, stored_opinion  # noqa: PLC0415

        case = stored_case(connection, stored, cache=cache)
        return stored_opinion(stored, case, lang=lang, drawn=drawn)

    write_opinion(wanted, make)


def review_list(
    *,
    project: Annotated[str | None, typer.Option(help="Only reviews of this project.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only of this stage.")] = None,
    verdict: Annotated[
        str | None, typer.Option(help="Only with this verdict, overrides counted in.")
    ] = None,
    state: Annotated[str | None, typer.Option(help="Only draft, or only signed ones.")] = None,
    search: Annotated[
        str | None, typer.Option(help="Only of projects with this in their name or identifier.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most reviews listed.")] = 20,
    json_: JsonOption = False,
    lang: TextLanguage = "zh",
) -> None:
    """List stored reviews, the newest first."""
    language = parse_language(lang)
    for option, value, known in (
        ("--stage", stage, tuple(STAGES)),
        ("--verdict", verdict, REVIEW_VERDICTS),
        ("--state", state, (DRAFT, SIGNED)),
    ):
        if value is not None:
            _one_of(value, known, option=option)
    wanted = listing.Wanted(
        project=project, stage=stage, verdict=verdict, state=state, search=search
    )
    with review_database() as (engine, _), snapshot(engine) as connection:
        found = listing.list_reviews(connection, None, wanted, after=None, limit=limit)
    if json_:
        typer.echo(encode_json([record_document(one) for one in found]))
        return
    for one in found:
        # Once where officers changed nothing.
        verdicts = dict.fromkeys((one.verdict, one.effective_verdict))
        said = " → ".join(verdict_word(each, lang=language) for each in verdicts)
        moment = f"{one.made_at:%Y-%m-%d %H:%M}"
        typer.echo(
            f"{one.id}  {moment}  {one.state:<6}  {one.stage:<12}  {said}  "
            f"{one.project_name or one.project_id}"
        )


def review_show(
    review_id: IdArgument,
    *,
    out: OutOption = None,
    json_: JsonOption = False,
    lang: TextLanguage = "zh",
) -> None:
    """Show a stored review: as computed, with overrides and signature; --out writes its opinion."""
    language = parse_language(lang)
    wanted = wanted_files(out)
    with review_database() as (engine, cache), snapshot(engine) as connection:
        shown = ShownReview.of(connection, storage.find(connection, review_id, None))
        _write_opinion(wanted, connection, shown.stored, cache, language)
    shown.print(lang=language, as_json=json_)


def review_replay(review_id: IdArgument, *, json_: JsonOption = False) -> None:
    """Make a stored review again from what it rests on; exit 0 with the same hash, else 3."""
    with review_database() as (engine, cache), snapshot(engine) as connection:
        found = replay(connection, storage.find(connection, review_id, None), cache=cache)
    document = {"id": review_id, **replay_document(found)}
    if json_:
        typer.echo(encode_json(document))
    else:
        print_replay(document)
    raise typer.Exit(0 if found.same else EXIT_DIFFERENT)


def review_override(
    review_id: IdArgument,
    *,
    finding: Annotated[
        str, typer.Option(help="Number of the finding, or its rule where that is the only one.")
    ],
    verdict: Annotated[str, typer.Option(help=f"One of {', '.join(OVERRIDES)}.")],
    reason: Annotated[str, typer.Option(help="Why the computed verdict does not stand.")],
    name: Annotated[str, typer.Option(help="The officer who says so.")],
    json_: JsonOption = False,
    lang: TextLanguage = "zh",
) -> None:
    """Put an officer's verdict beside a computed one; what was computed stays."""
    language = parse_language(lang)
    _one_of(verdict, OVERRIDES, option="--verdict")
    for option, text in (("--reason", reason), ("--name", name)):
        if not text.strip():
            raise InputError(f"{option}: is blank")
    with review_database() as (engine, _), engine.begin() as connection:
        number = _finding(storage.find(connection, review_id, None), finding)
        stored = adding.override(
            connection,
            review_id,
            finding=number,
            verdict=verdict,
            reason=reason,
            name=name,
            actor=here(),
        )
        shown = ShownReview.of(connection, stored)
    shown.print(lang=language, as_json=json_)


def review_sign(
    review_id: IdArgument,
    *,
    name: Annotated[str, typer.Option(help="Who signs: not who made it, nor who overrode.")],
    key_file: Annotated[
        Path, typer.Option(help="File that holds the signer's API key, of role reviewer.")
    ],
    overrides: Annotated[
        int, typer.Option(min=0, help="How many overrides the signer has seen; default none.")
    ] = 0,
    json_: JsonOption = False,
    lang: TextLanguage = "zh",
) -> None:
    """Sign a stored review off, as a second person; nothing is added to it after that."""
    language = parse_language(lang)
    if not name.strip():
        raise InputError("--name: is blank")
    if not key_file.is_file():
        raise InputError(f"--key-file: {key_file}: there is no such file")
    with review_database() as (engine, _), engine.begin() as connection:
        signer = authenticate(connection, key_file.read_bytes().decode("ascii", "replace").strip())
        if signer is None:
            raise InputError("--key-file: the API key is not known")
        stored = adding.sign(
            connection,
            review_id,
            name=name,
            overrides=overrides,
            actor=permitted(signer, "reviewer"),
        )
        shown = ShownReview.of(connection, stored)
    shown.print(lang=language, as_json=json_)


def _one_of(value: str, words: Sequence[str], *, option: str) -> None:
    if value not in words:
        raise InputError(f"{option}: there is no '{value}'; known are {', '.join(words)}")


def _finding(stored: StoredReview, text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    findings = stored.frozen.result["zh"]["findings"]
    found = [number for number, one in enumerate(findings) if one["rule"] == text]
    if len(found) != 1:
        raise InputError(
            f"--finding: {len(found)} findings of the review are of rule '{text}'; give a number"
        )
    return found[0]
