"""Briefs and the problem ledger of an evaluation: /v1/evaluations/{evaluation_id}/…."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.responses import Response

from service.core.errors.limits import TooManyRowsError
from service.core.errors.request import InvalidParameterError
from service.core.errors.state import NotFoundError
from service.core.keys import Principal
from service.core.language import Language, LanguageDependency
from service.core.parameters import known_id
from service.core.resources import Resources, ResourcesDependency
from service.core.security import ViewerDependency
from service.core.text_formats import EARLIER_RUNS, of_format
from service.evaluations import results
from service.evaluations.dependencies import RUN, RunDependency, visible
from service.evaluations.service import StoredEvaluation
from service.reports.answers import document_answer, document_responses
from service.reports.brief import Brief, brief_docx, brief_pdf
from service.reports.documents import DOCX, PDF, XLSX, DocumentKind
from service.reports.ledger_sheet import ledger_xlsx
from service.reports.stored_briefs import area_brief, district_brief, ledger_notes, stored_ledger
from spatial.errors import InputError

# A chain of yearly evaluations has few links.
MOST_PREVIOUS: Final = 12
_WRITERS: Final = {PDF: brief_pdf, DOCX: brief_docx}


def build_router() -> APIRouter:
    """Return the routes; they go before those of evaluations."""
    router = APIRouter(prefix="/evaluations", tags=["reports"])
    for kind in _WRITERS:
        _add_district_brief(router, kind)
        _add_area_brief(router, kind)
    _add_ledger(router)
    return router


def _add_district_brief(router: APIRouter, kind: DocumentKind) -> None:
    @router.get(
        f"{RUN}/districts/{{district:path}}/brief{kind.suffix}",
        operation_id=f"get_district_brief_{kind.name}",
        summary=f"A page about one district of a run, as {kind.name.upper()}",
        response_class=Response,
        responses=document_responses(kind, 404),
    )
    def get_district_brief(
        district: str,
        stored: RunDependency,
        resources: ResourcesDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection, _found():
            drawn = district_brief(
                connection,
                stored,
                known_id(district),
                cache=resources.network_cache,
                lang=language,
            )
        return _brief_answer(
            drawn(), kind, name="district-brief", title="居住区简报", language=language
        )


def _add_area_brief(router: APIRouter, kind: DocumentKind) -> None:
    @router.get(
        f"{RUN}/areas/{{code:path}}/brief{kind.suffix}",
        operation_id=f"get_area_brief_{kind.name}",
        summary=f"A page about one area of a run, as {kind.name.upper()}",
        response_class=Response,
        responses=document_responses(kind, 404),
    )
    def get_area_brief(
        code: str,
        stored: RunDependency,
        resources: ResourcesDependency,
        language: LanguageDependency,
    ) -> Response:
        with resources.reading() as connection, _found():
            drawn = area_brief(connection, stored, known_id(code), lang=language)
        return _brief_answer(
            drawn(), kind, name="area-brief", title="行政区简报", language=language
        )


def _brief_answer(
    brief: Brief, kind: DocumentKind, *, name: str, title: str, language: Language
) -> Response:
    return document_answer(
        _WRITERS[kind](brief),
        kind,
        name=name,
        title=title,
        language=language,
        notices=brief.notices,
    )


def _add_ledger(router: APIRouter) -> None:
    @router.get(
        f"{RUN}/ledger{XLSX.suffix}",
        operation_id="get_evaluation_ledger",
        summary="The problem ledger of a run (问题台账)",
        description=(
            "One row a problem: a clause that a place does not meet, or an advisory one it does "
            "not follow. With `previous` each is new, persisting, solved or, where this run cannot "
            "tell, unconfirmed."
        ),
        response_class=Response,
        responses=document_responses(XLSX, 404),
    )
    def get_ledger(
        stored: RunDependency,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        language: LanguageDependency,
        previous: Annotated[
            str | None,
            Query(
                description="Earlier runs, separated by commas, whose problems are carried on",
                json_schema_extra=of_format(EARLIER_RUNS),
            ),
        ] = None,
    ) -> Response:
        with resources.reading() as connection:
            before = _previous(connection, principal, stored, previous)
            _refuse_large(connection, resources, [stored, *before])
            ledger = stored_ledger(connection, stored, before=before)
            about = ledger_notes(connection, stored, before, language)
        return document_answer(
            ledger_xlsx(ledger, lang=language, about=about),
            XLSX,
            name="ledger",
            title="问题台账",
            language=language,
        )


def _previous(
    connection: Connection, principal: Principal, stored: StoredEvaluation, given: str | None
) -> list[StoredEvaluation]:
    """Load the runs before; refuse one that is not there, is later, or is the run itself."""
    names = [] if given is None else list(dict.fromkeys(given.split(",")))
    if len(names) > MOST_PREVIOUS:
        raise InvalidParameterError.of(
            "previous", f"{len(names)} runs; at most {MOST_PREVIOUS} are carried on"
        )
    runs = []
    for name in names:
        try:
            run = visible(connection, principal, name)
        except NotFoundError:
            raise InvalidParameterError.of("previous", "there is no such evaluation") from None
        if run.id == stored.id:
            raise InvalidParameterError.of("previous", "is the run itself")
        if run.as_of > stored.as_of:
            raise InvalidParameterError.of(
                "previous", f"is as of {run.as_of}, later than the run, {stored.as_of}"
            )
        runs.append(run)
    return runs


def _refuse_large(
    connection: Connection, resources: Resources, runs: list[StoredEvaluation]
) -> None:
    most = resources.settings.export.max_rows
    for run in runs:
        counts = results.summary(connection, run.id)["rules"].values()
        findings = sum(sum(rule.values()) for rule in counts)
        if findings > most:
            raise TooManyRowsError(
                f"{findings:,} findings are more than the {most:,} rows of one answer; use the "
                "command line: yike ledger"
            )


@contextmanager
def _found() -> Iterator[None]:
    """Answer 404 for an address that names nothing."""
    try:
        yield
    except InputError as error:
        raise NotFoundError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
