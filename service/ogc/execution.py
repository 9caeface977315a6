"""Executing a process, now or as a job (OGC API Processes Part 1: Core)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from fastapi import APIRouter, Request, Response

from service.core.errors.problem import Detail, pointer
from service.core.errors.request import InvalidBodyError
from service.core.json_input import JSON_TYPES, Body, Json, parse_json, require_media_type
from service.core.language import LanguageDependency
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency, permitted
from service.jobs import records
from service.jobs.catalogue import find_process
from service.jobs.preferring import APPLIED, PreferAsync
from service.jobs.process import Asked, Process, unheard
from service.ogc.address import base
from service.ogc.jobs import status_info
from service.ogc.processes import json_response, require_json
from service.ogc.results import results

_MEMBERS: Final = frozenset({"inputs", "outputs", "response"})
# What a value may be wrapped in; it must be, where it is an object.
_QUALIFIED: Final = frozenset({"value", "mediaType", "encoding", "schema"})
_MEDIA_TYPES: Final = ("application/json", "application/geo+json")


@dataclass(frozen=True)
class _Execution:
    """What a request asks for."""

    inputs: Mapping[str, Json]
    response: str


def build_router() -> APIRouter:
    """Return the route ``/processes/{id}/execution``."""
    router = APIRouter()

    @router.post("/processes/{process_id}/execution")
    def execute(
        process_id: str,
        request: Request,
        resources: ResourcesDependency,
        principal: ViewerDependency,
        body: Body,
        language: LanguageDependency,
        prefer_async: PreferAsync,
    ) -> Response:
        require_json(request)
        process = find_process(process_id)
        permitted(principal, *process.roles)
        require_media_type(request, JSON_TYPES)
        wanted = _read(process, parse_json(body))
        asked = Asked(
            resources=resources,
            principal=principal,
            inputs=wanted.inputs,
            today=date.today(),  # noqa: DTZ011  the day where the service stands
            language=language,
            alone=prefer_async,
        )
        try:
            process.check(asked)
            if not prefer_async:
                outcome = process.run(asked, unheard)
        except InvalidBodyError as error:
            raise _among_inputs(error) from None
        if not prefer_async:
            return results(
                request, resources, principal, process, outcome, wanted.response, language
            )
        with resources.writing() as connection:
            job = records.submit(
                connection,
                process.id,
                dict(wanted.inputs),
                principal=principal,
                language=language,
                asked_on=asked.today,
                most_per_key=resources.settings.jobs.max_per_key,
                response=wanted.response,
            )
        location = f"{base(request)}/jobs/{job.id}"
        answer = json_response(status_info(request, job), language, status=201, Location=location)
        answer.headers.update(APPLIED)
        return answer

    return router


def _read(process: Process, document: Json) -> _Execution:
    if not isinstance(document, dict):
        raise InvalidBodyError.of("", "expected an object with the member inputs")
    faults = [
        Detail("an execution has no such member", pointer=pointer(name))
        for name in document
        if name not in _MEMBERS
    ]
    inputs = document.get("inputs", {})
    if not isinstance(inputs, dict):
        raise InvalidBodyError.of("/inputs", "expected an object of the inputs by name")
    response = document.get("response", "raw")
    if response not in ("raw", "document"):
        faults.append(Detail("expected raw or document", pointer="/response"))
    known = ", ".join(process.inputs)
    faults += [
        Detail(f"the process has no such input; it has: {known}", pointer=pointer("inputs", name))
        for name in inputs
        if name not in process.inputs
    ]
    faults += [
        Detail("is missing", pointer=pointer("inputs", name))
        for name, one in process.inputs.items()
        if one.required and name not in inputs
    ]
    faults += _output_faults(process, document.get("outputs", {}))
    if faults:
        raise InvalidBodyError.listing(faults)
    values = {name: _value(name, given) for name, given in inputs.items()}
    return _Execution(values, response)


def _output_faults(process: Process, outputs: Json) -> list[Detail]:
    if not isinstance(outputs, dict):
        return [Detail("expected an object of outputs by name", pointer="/outputs")]
    faults = []
    for name, wanted in outputs.items():
        place = pointer("outputs", name)
        if name != process.output.id:
            faults.append(
                Detail(
                    f"the process has no such output; it has: {process.output.id}", pointer=place
                )
            )
        elif not isinstance(wanted, dict):
            faults.append(Detail("expected an object", pointer=place))
        elif wanted.get("transmissionMode", "value") != "value":
            faults.append(
                Detail("expected value", pointer=pointer("outputs", name, "transmissionMode"))
            )
        elif _format_of(wanted) not in (None, process.output.media_type):
            faults.append(
                Detail(f"expected {process.output.media_type}", pointer=f"{place}/format")
            )
    return faults


def _format_of(wanted: dict[str, Json]) -> Json:
    wished = wanted.get("format", {})
    return wished.get("mediaType") if isinstance(wished, dict) else wished


def _value(name: str, given: Json) -> Json:
    """Unwrap a value; objects also come bare."""
    if not isinstance(given, dict):
        return given
    if "href" in given:
        raise InvalidBodyError.of(
            pointer("inputs", name), "inputs are given as values, not by reference"
        )
    if "value" not in given or not given.keys() <= _QUALIFIED:
        return given
    media_type = given.get("mediaType", _MEDIA_TYPES[0])
    if media_type not in _MEDIA_TYPES or "encoding" in given:
        raise InvalidBodyError.of(
            pointer("inputs", name, "mediaType"), f"expected {' or '.join(_MEDIA_TYPES)}"
        )
    return given["value"]


def _among_inputs(error: InvalidBodyError) -> InvalidBodyError:
    """Name the place of a fault in the whole body."""
    return InvalidBodyError.listing(
        [Detail(one.detail, pointer=f"/inputs{one.pointer or ''}") for one in error.errors]
    )
