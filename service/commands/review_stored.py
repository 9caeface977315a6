"""``yike review --store`` and ``yike review list, show, replay, override, sign``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Connection, Engine

from service.commands.actor import command_actor
from service.commands.opinion_files import OutOption, wanted_files, write_opinion
from service.commands.options import parse_language
from service.core.address import with_database
from service.core.database import create_database_engine
from service.core.errors.problem import ProblemError
from service.core.geojson import encode_json
from service.core.keys import Principal, authenticate
from service.core.language import Language
from service.core.network_cache import NetworkCache
from service.core.security import permitted
from service.core.settings import load_settings
from service.coverage.dependencies import chosen_packs
from service.packs.service import list_packs, load_versions
from service.reports.documents import DocumentKind
from service.reports.opinion import Opinion
from service.reviews import adding, listing, storage
from service.reviews.batch import store_reviewed
from service.reviews.in_use import read_in_use
from service.reviews.presentation import record_document, review_answer
from service.reviews.project_file import read_document
from service.reviews.question import Question
from service.reviews.replay import replay, replay_document
from service.reviews.reviewing import Reviewer, require_storable
from service.reviews.storage import DRAFT, SIGNED, StoredReview
from spatial.errors import InputError
from spatial.policy.review.effective import OVERRIDES
from spatial.policy.review.report import document_text
from spatial.policy.review.stages import STAGES
from spatial.policy.review.verdict import REVIEW_VERDICTS
from spatial.policy.review.wording import verdict_word

EXIT_DIFFERENT: Final = 3
LangOption = Annotated[str, typer.Option(help="Language of texts: zh or en.")]
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
    with _database() as (engine, cache):
        with _snapshot(engine) as connection:
            in_use = read_in_use(connection)
            reviewer = Reviewer(
                connection=connection,
                principal=_here(),
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
                connection, reviewed, data_instant=in_use.instant, actor=_here()
            )
            shown = _Shown.of(connection, storage.find(connection, review_id, None))
        with _snapshot(engine) as connection:
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
    lang: LangOption = "zh",
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
    with _database() as (engine, _), _snapshot(engine) as connection:
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
    lang: LangOption = "zh",
) -> None:
    """Show a stored review: as computed, with overrides and signature; --out writes its opinion."""
    language = parse_language(lang)
    wanted = wanted_files(out)
    with _database() as (engine, cache), _snapshot(engine) as connection:
        shown = _Shown.of(connection, storage.find(connection, review_id, None))
        _write_opinion(wanted, connection, shown.stored, cache, language)
    shown.print(lang=language, as_json=json_)


def review_replay(review_id: IdArgument, *, json_: JsonOption = False) -> None:
    """Make a stored review again from what it rests on; exit 0 with the same hash, else 3."""
    with _database() as (engine, cache), _snapshot(engine) as connection:
        found = replay(connection, storage.find(connection, review_id, None), cache=cache)
    document = {"id": review_id, **replay_document(found)}
    if json_:
        typer.echo(encode_json(document))
    else:
        _print_replay(document)
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
    lang: LangOption = "zh",
) -> None:
    """Put an officer's verdict beside a computed one; what was computed stays."""
    language = parse_language(lang)
    _one_of(verdict, OVERRIDES, option="--verdict")
    for option, text in (("--reason", reason), ("--name", name)):
        if not text.strip():
            raise InputError(f"{option}: is blank")
    with _database() as (engine, _), engine.begin() as connection:
        number = _finding(storage.find(connection, review_id, None), finding)
        stored = adding.override(
            connection,
            review_id,
            finding=number,
            verdict=verdict,
            reason=reason,
            name=name,
            actor=_here(),
        )
        shown = _Shown.of(connection, stored)
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
    lang: LangOption = "zh",
) -> None:
    """Sign a stored review off, as a second person; nothing is added to it after that."""
    language = parse_language(lang)
    if not name.strip():
        raise InputError("--name: is blank")
    if not key_file.is_file():
        raise InputError(f"--key-file: {key_file}: there is no such file")
    with _database() as (engine, _), engine.begin() as connection:
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
        shown = _Shown.of(connection, stored)
    shown.print(lang=language, as_json=json_)


def _here() -> Principal:
    """Return who uses this command line: nobody it serves is hidden from it."""
    actor = command_actor()
    return Principal(id=actor, name=actor, role="admin", areas=(), person=actor)


@contextmanager
def _database() -> Iterator[tuple[Engine, NetworkCache]]:
    with with_database(
        load_settings(), report=lambda message: typer.echo(f"yike: {message}", err=True)
    ) as settings:
        url = settings.database.url
        if url is None:
            raise InputError("no database is at hand")
        engine = create_database_engine(url.get_secret_value())
        try:
            yield engine, NetworkCache(settings.cache_dir)
        except ProblemError as error:
            lines = [
                one.detail if not one.pointer else f"{one.pointer}: {one.detail}"
                for one in error.errors
            ] or [error.detail]
            raise InputError("\n".join(f"review: {line}" for line in lines)) from None
        finally:
            engine.dispose()


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with reading.connect() as connection, connection.begin():
        yield connection


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


@dataclass(frozen=True)
class _Shown:
    """A stored review and the titles of its packs."""

    stored: StoredReview
    titles: Mapping[str, str]

    @classmethod
    def of(cls, connection: Connection, stored: StoredReview) -> _Shown:
        versions = {pack["id"]: pack["version"] for pack in stored.frozen.inputs["packs"]}
        packs = load_versions(connection, versions)
        return cls(stored, {pack.id: f"{pack.title} {pack.document_no}" for pack in packs})

    def print(self, *, lang: Language, as_json: bool) -> None:
        document = review_answer(self.stored, lang=lang)
        if as_json:
            typer.echo(encode_json(document))
            return
        # Through text: exact numbers are then printed as those of a review that is not stored.
        plain: dict[str, Any] = json.loads(encode_json(document))
        typer.echo(document_text(plain, titles=self.titles, lang=lang, standing=plain["state"]))
        for line in (*_beside(plain, lang), *plain.get("notices", ())):
            typer.echo(line)


def _beside(document: dict[str, Any], lang: Language) -> Iterator[str]:
    chinese = lang == "zh"
    for one in document["overrides"]:
        was, becomes = (verdict_word(one[name], lang=lang) for name in ("computed", "verdict"))
        head = "人工改判" if chinese else "Overridden"
        yield f"{head}: {one['rule']}: {was} → {becomes}, {one['name']}: {one['reason']}"
    if document["overrides"]:
        head = "改判后结论" if chinese else "Verdict with the overrides"
        yield f"{head}: {verdict_word(document['effective']['verdict'], lang=lang)}"
    signature = document["signature"]
    if signature is not None:
        head = "签发" if chinese else "Signed off"
        yield f"{head}: {signature['name']}, {signature['at'][:10]}"
    yield f"{document['id']}  {document['state']}  sha256:{document['hash']}"


def _print_replay(document: dict[str, Any]) -> None:
    hashes, versions = document["hash"], document["code_version"]
    told = "the same hash" if document["same"] else "another hash"
    typer.echo(f"{document['id']}: {told}")
    typer.echo(f"stored:   {hashes['stored']}  {versions['stored']}")
    typer.echo(f"replayed: {hashes['replayed']}  {versions['replayed']}")
    if not document["intact"]:
        typer.echo("what is stored is not what was stored: its own hash is another")
    findings = document["findings"]
    typer.echo(f"findings: {findings['compared']}, differing: {len(findings['differing'])}")
    for one in findings["differing"]:
        typer.echo(f"  {one['pack']} {one['rule']}: {', '.join(one['fields'])}")
    typer.echo(f"changed in the data since: {len(document['since'])}")
    for one in document["since"]:
        fields = f" ({', '.join(one['fields'])})" if "fields" in one else ""
        typer.echo(f"  {one['layer']} {one['id']}: {one['change']}{fields}")
    today = document["today"]
    verdict = today["verdict"] or today["reason"]
    typer.echo(f"with the data of today: {verdict}, differing: {len(today['differing'])}")
