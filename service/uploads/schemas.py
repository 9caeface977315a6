"""The documents of the imports, and their schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Row

from service.imports.phrases import Language, Surface
from service.uploads.report import parse_report
from service.uploads.tables import COMMITTED, FAILED, PREVIEWED, READING, REFUSED, STATES
from service.uploads.telling import told_report

IMPORT_FILE_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {"type": "string", "format": "binary", "description": "The file, as it is"}
)
IMPORT_FORM_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "string", "format": "binary"},
                "description": "The file; of a Shapefile its .shp, .shx, .dbf, .prj and .cpg",
            }
        },
    }
)
IMPORT_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "An import: how far it is, and what it would change or has changed",
        "required": ["id", "kind", "file", "state", "created_at", "created_by"],
        "properties": {
            "id": {"type": "string"},
            "kind": {"type": "string"},
            "file": {"type": "string", "description": "What the file was called"},
            "state": {"enum": list(STATES)},
            "stage": {"type": ["string", "null"]},
            "rows_done": {"type": ["integer", "null"]},
            "created_at": {"type": "string", "format": "date-time"},
            "created_by": {"type": "string"},
            "origin_crs": {"type": ["string", "null"]},
            "transformation": {"type": ["string", "null"]},
            "committed_at": {"type": ["string", "null"], "format": "date-time"},
            "committed_by": {"type": ["string", "null"]},
            "undone_at": {"type": ["string", "null"], "format": "date-time"},
            "undone_by": {"type": ["string", "null"]},
            "actions": {
                "type": "array",
                "items": {"enum": ["commit", "discard", "undo"]},
                "description": "What may be done with it now; not in lists",
            },
            "request": {"type": "object", "description": "How the file was to be read"},
            "report": {
                "type": "object",
                "description": (
                    "rows (read, accepted, repaired, quarantined), columns, crs, repairs, "
                    "quarantined with reasons and position (longitude and latitude, EPSG:4326; "
                    "null where none is known), same_name_and_place, stored_elsewhere, diff "
                    "(added, changed with before and after, reopened, unchanged, gone), "
                    "first_rows, map, warnings; of a street network left_out and network (edges, "
                    "length_m, diagnosis, before); refused or failed with why. Texts by "
                    "Accept-Language"
                ),
            },
        },
    }
)
IMPORTS_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "required": ["imports"],
        "properties": {
            "numberReturned": {"type": "integer"},
            "links": {"type": "array", "items": {"type": "object"}},
            "imports": {"type": "array", "items": {"$ref": "#/components/schemas/Import"}},
        },
    }
)

LOST: Final = "the service ended while it read the file; upload it again"
_SHOWN: Final = (
    "id",
    "kind",
    "file",
    "state",
    "stage",
    "rows_done",
    "created_at",
    "created_by",
    "origin_crs",
    "transformation",
    "committed_at",
    "committed_by",
    "undone_at",
    "undone_by",
)


def _actions(state: str) -> Sequence[str]:
    """Return what may be done with an import now, by whoever may see it."""
    if state == COMMITTED:
        return ("undo",)
    if state == PREVIEWED:
        return ("commit", "discard")
    return ("discard",) if state in {REFUSED, FAILED} else ()


def import_document(
    row: Row[Any],
    *,
    is_read: bool,
    whole: bool = True,
    language: Language = "en",
    surface: Surface = "command",
) -> dict[str, Any]:
    """Return an import fit for JSON.

    Parameters
    ----------
    is_read
        True while somebody reads its file; one that is to be read and is not has failed.
    whole
        True for its request and report too.
    language, surface
        What the texts of the report are told in.
    """
    values = row._mapping  # noqa: SLF001  # the public way to the names of a row
    document = {name: values[name] for name in _SHOWN}
    lost = values["state"] == READING and not is_read
    if lost:
        document["state"] = FAILED
    if whole:
        document["request"] = values["request"]
        document["actions"] = list(_actions(document["state"]))
        report = {"failed": LOST} if lost else parse_report(values["report"])
        document["report"] = told_report(report, language, surface=surface)
    return document
