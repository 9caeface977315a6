"""What a process is: something that can be asked for with inputs, now or as a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

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


# What pydantic calls a bound that stands behind a validator of ours.
_BOUNDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ge": "minimum",
        "le": "maximum",
        "gt": "exclusiveMinimum",
        "lt": "exclusiveMaximum",
    }
)


class _Numbers(GenerateJsonSchema):
    """Writes exact numbers as the numbers they are: bodies refuse those that stand in texts."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Return the schema of a decimal."""
        written: JsonSchemaValue = {"type": "number"}
        self.update_with_validations(written, schema, self.ValidationsMapping.numeric)
        return written

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401  # any value
        """Return a default as JSON."""
        if isinstance(dft, BaseModel):
            return {name: self.encode_default(value) for name, value in dft}
        if isinstance(dft, list):
            return [self.encode_default(value) for value in dft]
        if isinstance(dft, Decimal):
            return int(dft) if dft == dft.to_integral_value() else float(dft)
        return super().encode_default(dft)


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a body, its numbers as numbers."""
    return model.model_json_schema(schema_generator=_Numbers)


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
        return {_BOUNDS.get(key, key): _resolved(item, definitions) for key, item in value.items()}
    return [_resolved(item, definitions) for item in value] if isinstance(value, list) else value
