"""The processes and what each takes and gives (OGC API Processes Part 1: Core)."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from service.core.errors.request import InvalidParameterError
from service.core.geojson import encode_json
from service.core.language import Language, LanguageDependency, language_headers
from service.core.parameters import check_parameters
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.jobs.catalogue import find_process, processes
from service.jobs.process import Process
from service.ogc.address import JSON, Link, base, link
from service.ogc.asking import read_limit

_PART1: Final = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf"
CONFORMANCE: Final = (
    f"{_PART1}/core",
    f"{_PART1}/ogc-process-description",
    f"{_PART1}/json",
    f"{_PART1}/oas30",
)
VERSION: Final = "1.0.0"
RELATION: Final = "http://www.opengis.net/def/rel/ogc/1.0"


def build_router() -> APIRouter:
    """Return the routes ``/processes`` and ``/processes/{id}``."""
    router = APIRouter()

    @router.get("/processes")
    def list_all(
        request: Request,
        resources: ResourcesDependency,
        _principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        require_json(request, "limit")
        limit = read_limit(request.query_params.get("limit"), resources.settings.page)
        document = {
            "processes": [_summary(request, one, language) for one in processes()[:limit]],
            "links": [link(f"{base(request)}/processes", "self", JSON, "This document")],
        }
        return json_response(document, language)

    @router.get("/processes/{process_id}")
    def describe(
        process_id: str,
        request: Request,
        _principal: ViewerDependency,
        language: LanguageDependency,
    ) -> Response:
        require_json(request)
        process = find_process(process_id)
        document = {
            **_summary(request, process, language),
            "inputs": {
                name: {
                    "title": one.title[language],
                    **(
                        {"description": one.schema["description"]}
                        if "description" in one.schema
                        else {}
                    ),
                    "minOccurs": int(one.required),
                    "maxOccurs": 1,
                    "schema": one.schema,
                }
                for name, one in process.inputs.items()
            },
            "outputs": {
                process.output.id: {
                    "title": process.output.title[language],
                    "schema": {
                        **process.output.schema,
                        "contentMediaType": process.output.media_type,
                    },
                }
            },
        }
        return json_response(document, language)

    return router


def require_json(request: Request, *names: str) -> None:
    """Refuse parameters other than `names`, and any form but JSON."""
    check_parameters(request, {"f", *names})
    if request.query_params.get("f", "json") != "json":
        raise InvalidParameterError.of("f", "expected json")


def json_response(
    document: dict[str, Any], language: Language, *, status: int = 200, **headers: str
) -> Response:
    """Return a document whose texts are in a language."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(
        encode_json(document),
        status_code=status,
        media_type=JSON,
        headers={**language_headers(language), **named},
    )


def _summary(request: Request, process: Process, language: Language) -> dict[str, Any]:
    here = f"{base(request)}/processes/{process.id}"
    links: list[Link] = [
        link(here, "self", JSON, process.title[language]),
        link(f"{here}/execution", f"{RELATION}/execute", JSON, "Execution"),
    ]
    return {
        "id": process.id,
        "version": VERSION,
        "title": process.title[language],
        "description": process.description[language],
        "jobControlOptions": ["sync-execute", "async-execute", "dismiss"],
        "outputTransmission": ["value"],
        "links": links,
    }
