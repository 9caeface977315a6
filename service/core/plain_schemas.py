"""JSON Schemas of models and parameters, told as requests really are.

pydantic writes that an exact number may stand in a text, which our bodies refuse; that a query
parameter may be null, which no address can say; and the bounds behind a validator of ours under
names of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import DEFAULT_REF_TEMPLATE, GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from service.core.text_formats import NO_NUL

_NULL: Final = {"type": "null"}
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
    """Writes exact numbers as the numbers they are."""

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
            return _number(dft)
        return super().encode_default(dft)


def schema_of(
    model: type[BaseModel], *, ref_template: str = DEFAULT_REF_TEMPLATE
) -> dict[str, Any]:
    """Return the JSON Schema of a body, its numbers as numbers and its bounds as bounds."""
    written = model.model_json_schema(ref_template=ref_template, schema_generator=_Numbers)
    plain: dict[str, Any] = _bounded(written)
    return plain


def parameter_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a query parameter or header: a text or number that is there.

    The default of what may be left out is left out too, where it is null.
    """
    kept = {name: value for name, value in schema.items() if name != "anyOf"}
    choices = [_bounded(one) for one in schema.get("anyOf", ()) if one != _NULL]
    if kept.get("default", ...) is None:
        del kept["default"]
    kinds = [one.get("type") for one in choices]
    if sorted(map(str, kinds)) == ["number", "string"]:
        choices = [one for one in choices if one["type"] == "number"]
    if len(choices) == 1:
        inner = choices[0]
        kept = {**(parameter_schema(inner) if "anyOf" in inner else inner), **kept}
    elif choices:
        kept["anyOf"] = choices
    if kept.get("type") == "string" and not {"enum", "const", "format", "pattern"} & kept.keys():
        kept["pattern"] = NO_NUL
    plain: dict[str, Any] = _bounded(kept)
    return plain


def _number(value: Decimal) -> float:
    return int(value) if value == value.to_integral_value() else float(value)


def _bounded(value: Any) -> Any:  # noqa: ANN401  # walks any schema
    if isinstance(value, Mapping):
        plain = {_BOUNDS.get(name, name): _bounded(item) for name, item in value.items()}
        for name in _BOUNDS.values() & plain.keys():
            # pydantic writes an exact bound as a text.
            if isinstance(plain[name], str | Decimal):
                plain[name] = _number(Decimal(plain[name]))
        return plain
    return [_bounded(item) for item in value] if isinstance(value, list) else value
