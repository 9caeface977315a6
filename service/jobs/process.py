"""What a process is: something that can be asked for with inputs, now or as a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.core.json_input import Json
from service.core.keys import Principal
from service.core.language import Language
from service.core.resources import Resources

# Told the stage, and how many of its steps are done, of how many; raises when the work is to stop.
Report = Callable[[str, int, int], None]
Texts = Mapping[Language, str]


def unheard(_stage: str, _done: int, _of: int) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class Input:
    """One input of a process.

    Parameters
    ----------
    schema
        JSON Schema of the value.
    required
        False where it may be left out.
    """

    title: Texts
    schema: Mapping[str, Any]
    required: bool = False


@dataclass(frozen=True)
class Output:
    """The one output of a process.

    Parameters
    ----------
    id
        Its name.
    media_type
        Of the value, which is JSON.
    schema
        JSON Schema of the value.
    """

    id: str
    title: Texts
    media_type: str
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """One request for a process.

    Parameters
    ----------
    inputs
        The values by name of input; only names of inputs the process has.
    principal
        Whose key asks: what it may see decides what is counted.
    today
        The day it was asked on.
    alone
        True for a job: its limits are wider than those of one request.
    """

    resources: Resources
    principal: Principal
    inputs: Mapping[str, Json]
    today: date
    language: Language
    alone: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of it: a stored run, or else a document.

    Parameters
    ----------
    evaluation_id
        Of the stored run.
    document
        JSON text.
    """

    evaluation_id: str | None = None
    document: str | None = None


@dataclass(frozen=True)
class Process:
    """Something that can be asked for with inputs.

    Parameters
    ----------
    roles
        Whoever may act as one of these may ask; the roles its route under ``/v1`` asks for.
    check
        Refuses inputs that cannot be used before anything is computed or queued.
    run
        Computes; tells of its stages.
    """

    id: str
    title: Texts
    description: Texts
    roles: tuple[str, ...]
    inputs: Mapping[str, Input]
    output: Output
    check: Callable[[Asked], None]
    run: Callable[[Asked, Report], Outcome]


def inputs_of(schema: Mapping[str, Any], titles: Mapping[str, tuple[str, str]]) -> dict[str, Input]:
    """Describe the members of a body as inputs.

    Parameters
    ----------
    schema
        JSON Schema of the body, with ``$defs`` of its own; each input gets those it refers to.
    titles
        What each member is called, in Chinese and English.
    """
    definitions = schema.get("$defs", {})
    required = schema.get("required", ())
    inputs: dict[str, Input] = {}
    for name, (zh, en) in titles.items():
        inputs[name] = Input(
            title={"zh": zh, "en": en},
            schema=_resolved(schema["properties"][name], definitions),
            required=name in required,
        )
    return inputs


def _resolved(value: Any, definitions: Mapping[str, Any]) -> Any:  # noqa: ANN401  # walks any schema
    """Put what is referred to in the place of the reference: none of ours refers to itself."""
    if isinstance(value, Mapping):
        if "$ref" in value:
            target = definitions[str(value["$ref"]).rsplit("/", 1)[1]]
            rest = {key: item for key, item in value.items() if key != "$ref"}
            return {**_resolved(target, definitions), **_resolved(rest, definitions)}
        return {key: _resolved(item, definitions) for key, item in value.items()}
    return [_resolved(item, definitions) for item in value] if isinstance(value, list) else value
