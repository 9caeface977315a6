"""What the OpenAPI 3.0 document says of processes and jobs, a path for every process."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from service.core.text_formats import PREFERENCES, text_of
from service.jobs.catalogue import processes
from service.jobs.preferring import RESPOND_ASYNC
from service.jobs.process import Process
from service.jobs.tables import STATUSES
from service.ogc.address import GEOJSON, JSON
from service.ogc.openapi30 import as_openapi30

_TEXT: Final = {"type": "string"}
_MOMENT: Final = {"type": "string", "format": "date-time"}
_JOB_ID: Final = {
    "name": "jobId",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}
_PREFER: Final = {
    "name": "Prefer",
    "in": "header",
    "description": "respond-async: answer with a job at once",
    "schema": text_of(PREFERENCES, example=RESPOND_ASYNC),
}
_LINKS: Final = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}


def process_paths() -> dict[str, Any]:
    """Return the paths."""
    listed = [
        _reference("limit"),
        _reference("after"),
        _query("type", _several({**_TEXT, "example": "process"})),
        _query("processID", _several(_TEXT)),
        _query("status", _several({"type": "string", "enum": list(STATUSES)})),
        _reference("datetime"),
        _query("minDuration", {"type": "integer", "minimum": 0, "maximum": 999_999_999}),
        _query("maxDuration", {"type": "integer", "minimum": 0, "maximum": 999_999_999}),
    ]
    paths: dict[str, Any] = {
        "/processes": {
            "get": _operation("processes", "Processes", "ProcessList", [_reference("limit")])
        }
    }
    for process in processes():
        paths |= _process(process)
    job = {
        "get": _operation("job", "Status of a job", "StatusInfo", [_JOB_ID]),
        "delete": _operation(
            "dismiss", "Dismiss a job", "StatusInfo", [_JOB_ID], HTTPStatus.CONFLICT
        ),
    }
    results = _operation("results", "Results of a job", None, [_JOB_ID])
    results["responses"]["default"] = _problem()
    return {
        **paths,
        "/jobs": {"get": _operation("jobs", "Jobs", "JobList", listed)},
        "/jobs/{jobId}": job,
        "/jobs/{jobId}/results": {"get": results},
    }


def process_schemas() -> dict[str, Any]:
    """Return the named schemas the paths refer to."""
    return {
        "Link": {
            "type": "object",
            "required": ["href", "rel"],
            "properties": dict.fromkeys(("href", "rel", "type", "title"), _TEXT),
        },
        "ProcessSummary": {
            "type": "object",
            "required": ["id", "version"],
            "properties": {
                **dict.fromkeys(("id", "version", "title", "description"), _TEXT),
                "jobControlOptions": {"type": "array", "items": _TEXT},
                "outputTransmission": {"type": "array", "items": _TEXT},
                "links": _LINKS,
            },
        },
        "Process": {
            "allOf": [
                {"$ref": "#/components/schemas/ProcessSummary"},
                {
                    "type": "object",
                    "required": ["inputs", "outputs"],
                    "properties": {"inputs": {"type": "object"}, "outputs": {"type": "object"}},
                },
            ]
        },
        "ProcessList": {
            "type": "object",
            "required": ["processes", "links"],
            "properties": {
                "processes": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/ProcessSummary"},
                },
                "links": _LINKS,
            },
        },
        "StatusInfo": {
            "type": "object",
            "required": ["jobID", "status", "type"],
            "properties": {
                "processID": _TEXT,
                "type": {"type": "string", "enum": ["process"]},
                "jobID": _TEXT,
                "status": {"type": "string", "enum": list(STATUSES)},
                "message": _TEXT,
                **dict.fromkeys(("created", "started", "finished", "updated"), _MOMENT),
                "progress": {"type": "integer", "minimum": 0, "maximum": 100},
                "links": _LINKS,
            },
        },
        "JobList": {
            "type": "object",
            "required": ["jobs", "links"],
            "properties": {
                "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/StatusInfo"}},
                "links": _LINKS,
            },
        },
    }


def _process(process: Process) -> dict[str, Any]:
    here, name, title = f"/processes/{process.id}", process.id, process.title["en"]
    execution = _operation(f"execute_{name}", f"{title}: execute", None, [_PREFER])
    execution["requestBody"] = {"required": True, "content": {JSON: {"schema": _body(process)}}}
    execution["responses"] |= {
        "201": {
            "description": "The job",
            "headers": {"Location": {"schema": {"type": "string", "format": "uri"}}},
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/StatusInfo"}}},
        },
        "default": _problem(),
    }
    return {
        here: {"get": _operation(f"describe_{name}", title, "Process", [])},
        f"{here}/execution": {"post": execution},
    }


def _body(process: Process) -> dict[str, Any]:
    inputs = {
        name: {
            # An object may be both: one that holds a value, and one that is it.
            "anyOf": [
                {
                    "title": "The value, wrapped",
                    "type": "object",
                    "required": ["value"],
                    "additionalProperties": False,
                    "properties": {
                        "value": as_openapi30(one.schema),
                        "mediaType": {"type": "string", "enum": [JSON, GEOJSON]},
                    },
                },
                as_openapi30(one.schema),
            ]
        }
        for name, one in process.inputs.items()
    }
    required = [name for name, one in process.inputs.items() if one.required]
    output = {
        "type": "object",
        "properties": {"transmissionMode": {"type": "string", "enum": ["value"]}},
    }
    return {
        "type": "object",
        "required": ["inputs"],
        "additionalProperties": False,
        "properties": {
            "inputs": {
                "type": "object",
                "required": required,
                "additionalProperties": False,
                "properties": inputs,
            },
            "outputs": {
                "type": "object",
                "additionalProperties": False,
                "properties": {process.output.id: output},
            },
            "response": {"type": "string", "enum": ["raw", "document"], "default": "raw"},
        },
    }


def _operation(
    operation: str,
    summary: str,
    schema: str | None,
    parameters: list[Any],
    *others: HTTPStatus,
) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema or 'Object'}"}
    media_types = (JSON,) if schema is not None else (JSON, GEOJSON)
    statuses = (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        *others,
    )
    return {
        "operationId": operation,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": summary,
                "content": {one: {"schema": reference} for one in media_types},
            },
            **{str(int(status)): _problem() for status in statuses},
        },
    }


def _problem() -> dict[str, str]:
    return {"$ref": "#/components/responses/Problem"}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/parameters/{name}"}


def _several(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": dict(items)}


def _query(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "style": "form",
        "explode": False,
        "schema": schema,
    }
