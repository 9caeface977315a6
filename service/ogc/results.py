"""The results of a process, executed now or as a job (OGC API Processes Part 1: Core)."""

from __future__ import annotations

from fastapi import Request, Response

from service.core.geojson import encode_json
from service.core.keys import Principal
from service.core.language import Language, language_headers
from service.core.resources import Resources
from service.evaluations.dependencies import visible
from service.evaluations.presentation import run_notices
from service.evaluations.schemas import evaluation_document
from service.jobs.process import Outcome, Process


def results(
    request: Request,
    resources: Resources,
    principal: Principal,
    process: Process,
    outcome: Outcome,
    response: str,
    language: Language,
) -> Response:
    """Return the results of a process.

    Parameters
    ----------
    response
        ``raw``: the one output as it is; ``document``: an object of the outputs by name.
    """
    text = outcome.document
    if outcome.evaluation_id is not None:
        text = _run(request, resources, principal, outcome.evaluation_id, language)
    media_type = process.output.media_type
    if response == "document":
        name = encode_json(process.output.id)
        text = f'{{{name}: {{"value": {text}, "mediaType": {encode_json(media_type)}}}}}'
        media_type = "application/json"
    return Response(text, media_type=media_type, headers=dict(language_headers(language)))


def _run(
    request: Request,
    resources: Resources,
    principal: Principal,
    evaluation_id: str,
    language: Language,
) -> str:
    """Write a stored run; its parts are read under /v1."""
    with resources.reading() as connection:
        stored = visible(connection, principal, evaluation_id)
        notices = run_notices(connection, stored, language)
    path = f"/v1/evaluations/{stored.id}"
    href = str(request.url.replace(path=path, query="", fragment=""))
    return encode_json({**evaluation_document(stored, href=href), **notices})
