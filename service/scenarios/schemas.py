"""What a scenario is over HTTP: its body, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from types import MappingProxyType
from typing import Any, Final

from service.core.errors.problem import Detail, pointer
from service.core.errors.request import InvalidBodyError
from service.core.json_input import Json
from service.scenarios.changes import MAX_CHANGES
from service.scenarios.records import StoredScenario

_MAX_NAME: Final = 200
_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer"}
_POINT: Final = {"type": "object", "description": "A GeoJSON Point"}
_COUNTS: Final = {"type": "object", "additionalProperties": _COUNT}


def _action(name: str, description: str, **members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": ["action", *(one for one in members if one != "on")],
        "properties": {"action": {"const": name}, **members},
        "additionalProperties": False,
    }


SCENARIO_BODY_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "A patch on the baseline of an evaluation",
        "required": ["base_evaluation", "changes"],
        "additionalProperties": False,
        "properties": {
            "name": {**_TEXT, "description": "Needed to keep the scenario"},
            "base_evaluation": {**_TEXT, "description": "Id of the evaluation"},
            "changes": {
                "type": "array",
                "maxItems": MAX_CHANGES,
                "description": "Applied in order",
                "items": {
                    "oneOf": [
                        _action(
                            "add",
                            "A facility more; it operates unless it says otherwise",
                            facility={"$ref": "#/components/schemas/Feature"},
                        ),
                        _action("move", "Another place", id=_TEXT, geometry=_POINT),
                        _action(
                            "close",
                            "Closed on a day; default the day of the evaluation",
                            id=_TEXT,
                            on={"type": "string", "format": "date"},
                        ),
                        _action(
                            "change",
                            "Other fields; null removes one",
                            id=_TEXT,
                            properties={"type": "object"},
                        ),
                    ]
                },
            },
        },
    }
)
_TOTALS: Final = {
    "type": "object",
    "properties": {
        "flags": _COUNTS,
        "households_concerned": {**_COUNT, "description": "Sum over the districts"},
        "rules": {"type": "object", "additionalProperties": _COUNTS},
    },
}
SCENARIO_RESULT_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "An evaluation, and the same after changes",
        "properties": {
            "base_evaluation": _TEXT,
            "as_of": {"type": "string", "format": "date"},
            "changes": _COUNT,
            "before": _TOTALS,
            "after": _TOTALS,
            "districts": {
                "type": "array",
                "description": "Districts with another flag, finding or other households concerned",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": _TEXT,
                        "name": {"type": ["string", "null"]},
                        **{
                            f"{name}_{when}": kind
                            for name, kind in (
                                ("flag", _TEXT),
                                ("rank", _COUNT),
                                ("households_concerned", {"type": ["integer", "null"]}),
                                ("reasons", {"type": "array", "items": _TEXT}),
                            )
                            for when in ("before", "after")
                        },
                        "findings": {"type": "array", "items": {"type": "object"}},
                    },
                },
            },
            "ranks_moved": {**_COUNT, "description": "Districts whose rank is another one"},
            "warnings": {"type": "array", "items": _TEXT},
            "seconds": {"type": "number"},
        },
    }
)
_STORED: Final = {
    "id": _TEXT,
    "version": _COUNT,
    "name": _TEXT,
    "base_evaluation": _TEXT,
    "recorded_at": {"type": "string", "format": "date-time"},
    "recorded_by": _TEXT,
}
SCENARIO_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "A scenario that is kept, worked out anew",
        "properties": {
            **_STORED,
            "changes": {"type": "array", "items": {"type": "object"}},
            "result": {
                "oneOf": [{"$ref": "#/components/schemas/ScenarioResult"}, {"type": "null"}]
            },
            "not_worked_out": {
                "type": ["string", "null"],
                "description": "Why there is no result",
            },
        },
    }
)
SCENARIOS_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "properties": {
            "scenarios": {
                "type": "array",
                "items": {"type": "object", "properties": {**_STORED, "changes": _COUNT}},
            }
        },
    }
)


def scenario_schemas() -> dict[str, Mapping[str, Any]]:
    """Return the schemas routes refer to by name."""
    return {
        "ScenarioBody": SCENARIO_BODY_SCHEMA,
        "ScenarioResult": SCENARIO_RESULT_SCHEMA,
        "Scenario": SCENARIO_SCHEMA,
        "Scenarios": SCENARIOS_SCHEMA,
    }


@dataclass(frozen=True)
class ScenarioRequest:
    """A body; `changes` are read beside the data of the evaluation."""

    name: str | None
    base_evaluation: str
    changes: Json


def read_body(document: Json, *, named: bool) -> ScenarioRequest:
    """Read the body of a scenario.

    Parameters
    ----------
    named
        True where it is to be kept and needs a name.

    Raises
    ------
    InvalidBodyError
        With every fault and its pointer.
    """
    if not isinstance(document, dict):
        raise InvalidBodyError.of("", "expected an object")
    faults = [
        Detail("a scenario has no such member", pointer=pointer(name))
        for name in document
        if name not in {"name", "base_evaluation", "changes"}
    ]
    name, base = document.get("name"), document.get("base_evaluation")
    if name is None:
        if named:
            faults.append(Detail("a scenario that is kept needs a name", pointer="/name"))
    elif not isinstance(name, str) or not name.strip() or len(name) > _MAX_NAME:
        faults.append(Detail(f"expected a text of 1 to {_MAX_NAME} characters", pointer="/name"))
    if not isinstance(base, str):
        faults.append(Detail("expected the id of an evaluation", pointer="/base_evaluation"))
    if not isinstance(document.get("changes"), list):
        faults.append(Detail("expected a list of changes", pointer="/changes"))
    if faults:
        raise InvalidBodyError.listing(faults)
    return ScenarioRequest(name, str(base), document["changes"])


def short_document(scenario: StoredScenario) -> dict[str, Any]:
    """Return a scenario as it is listed."""
    return {
        "id": scenario.id,
        "version": scenario.version,
        "name": scenario.name,
        "base_evaluation": scenario.base_evaluation,
        "recorded_at": scenario.recorded_at.astimezone(UTC),
        "recorded_by": scenario.recorded_by,
        "changes": len(scenario.changes),
    }
