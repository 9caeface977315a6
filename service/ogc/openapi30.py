"""JSON Schema of 2020-12 as OpenAPI 3.0 understands it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

_NULL: Final = {"type": "null"}
# Known to JSON Schema and not to OpenAPI 3.0; none of them changes what a value may be here.
_UNKNOWN: Final = frozenset(
    {
        "$schema",
        "$id",
        "$comment",
        "contentMediaType",
        "patternProperties",
        "prefixItems",
        "propertyNames",
    }
)
_AS_THEY_ARE: Final = frozenset({"default", "enum", "example", "required"})


def as_openapi30(schema: Any) -> Any:  # noqa: ANN401  # walks any schema
    """Return a schema in the words of OpenAPI 3.0.3.

    ``null`` becomes ``nullable``, ``const`` an ``enum`` of one, an exclusive bound a bound and a
    flag, the first of ``examples`` the ``example``.
    """
    if isinstance(schema, list):
        return [as_openapi30(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    written: dict[str, Any] = {}
    for name, value in schema.items():
        if name == "properties":
            written[name] = {key: as_openapi30(one) for key, one in value.items()}
        elif name in _AS_THEY_ARE:
            written[name] = value
        elif name in _REWRITTEN:
            _REWRITTEN[name](written, name, value)
        elif name not in _UNKNOWN:
            written[name] = as_openapi30(value)
    if schema.get("type") == "array":
        written.setdefault("items", {})
    return written


def _write_const(written: dict[str, Any], _name: str, value: Any) -> None:  # noqa: ANN401
    written["enum"] = [value]


def _write_example(written: dict[str, Any], _name: str, values: list[Any]) -> None:
    written["example"] = values[0]


def _write_bound(written: dict[str, Any], name: str, value: Any) -> None:  # noqa: ANN401
    written[name.replace("exclusiveM", "m")] = value
    written[name] = True


def _write_types(written: dict[str, Any], name: str, types: str | list[str]) -> None:
    if isinstance(types, str):
        written[name] = types
        return
    others = [one for one in types if one != "null"]
    if len(others) < len(types):
        written["nullable"] = True
    if len(others) == 1:
        written["type"] = others[0]
    elif others:
        # `nullable` says something only beside a type.
        written.pop("nullable", None)
        null = {"nullable": True} if len(others) < len(types) else {}
        written["anyOf"] = [{"type": one, **null} for one in others]


def _write_choice(written: dict[str, Any], name: str, choices: list[Any]) -> None:
    others = [one for one in choices if one != _NULL]
    null = {"nullable": True} if len(others) < len(choices) else {}
    if len(others) == 1:
        written.update({**as_openapi30(others[0]), **null})
    else:
        written[name] = [{**as_openapi30(one), **null} for one in others]


_REWRITTEN: Final[Mapping[str, Callable[[dict[str, Any], str, Any], None]]] = {
    "const": _write_const,
    "examples": _write_example,
    "exclusiveMinimum": _write_bound,
    "exclusiveMaximum": _write_bound,
    "type": _write_types,
    "anyOf": _write_choice,
    "oneOf": _write_choice,
}
