"""A quick look at plain data by a JSON Schema: it is sound, or somebody has to say why not.

Nearly every document is sound, and a validator that can explain itself takes long to find that
out. This one only says yes or no, and knows no more of JSON Schema than the schemas it is used for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from numbers import Number
from typing import Any, Final

Check = Callable[[Any], bool]

_SILENT: Final = frozenset({"$schema", "$id", "$defs", "title", "description"})
_REF: Final = "#/$defs/"


def soundness(schema: Mapping[str, Any]) -> Check:
    """Make a check of a JSON Schema (draft 2020-12).

    Parameters
    ----------
    schema
        Numbers of documents are int, float or `decimal.Decimal`.

    Returns
    -------
    A function of a document, True where it is sound. False where it may not be: values of rare
    kinds are left to the validator.

    Raises
    ------
    ValueError
        Where the schema has a keyword that is not known here.
    """
    checks: dict[str, Check] = {}

    def named(name: str) -> Check:
        # Looked up when it is used: schemas may name each other in any order.
        return lambda value: checks[name](value)  # noqa: PLW0108  not there yet

    for name, part in schema.get("$defs", {}).items():
        checks[name] = _check(part, named)
    return _check(schema, named)


def _check(schema: Mapping[str, Any], named: Callable[[str], Check]) -> Check:
    checks: list[Check] = []
    for keyword, given in schema.items():
        if keyword in _SILENT:
            continue
        if keyword == "$ref" and given.startswith(_REF):
            checks.append(named(given.removeprefix(_REF)))
        elif keyword == "properties":
            checks.append(_members({name: _check(part, named) for name, part in given.items()}))
        elif keyword == "additionalProperties" and given is False:
            checks.append(_known_members(frozenset(schema.get("properties", ()))))
        elif keyword == "items":
            checks.append(_items(_check(given, named)))
        elif keyword in _SIMPLE:
            checks.append(_SIMPLE[keyword](given))
        else:
            msg = f"the keyword {keyword} of JSON Schema is not known here: {given!r}"
            raise ValueError(msg)
    if len(checks) == 1:
        return checks[0]
    return lambda value: all(check(value) for check in checks)


def _members(checks: Mapping[str, Check]) -> Check:
    def check(value: Any) -> bool:  # noqa: ANN401 - any document
        if not isinstance(value, dict):
            return True
        return all(checks[name](inner) for name, inner in value.items() if name in checks)

    return check


def _known_members(names: frozenset[str]) -> Check:
    return lambda value: not isinstance(value, dict) or names >= value.keys()


def _items(check: Check) -> Check:
    return lambda value: not isinstance(value, list) or all(map(check, value))


def _whole(value: Any) -> bool:  # noqa: ANN401 - any value
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:  # noqa: ANN401 - any value
    return isinstance(value, Number) and not isinstance(value, bool)


_TYPES: Final[Mapping[str, Check]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _whole,
    "number": _number,
}


def _pattern(pattern: str) -> Check:
    search = re.compile(pattern).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _one_of(texts: list[str]) -> Check:
    known = frozenset(texts)
    return lambda value: isinstance(value, str) and value in known


def _different(wanted: bool) -> Check:  # noqa: FBT001 - as the keyword has it
    def check(value: Any) -> bool:  # noqa: ANN401 - any value
        if not wanted or not isinstance(value, list):
            return True
        return all(isinstance(one, str) for one in value) and len(set(value)) == len(value)

    return check


_SIMPLE: Final[Mapping[str, Callable[[Any], Check]]] = {
    "type": lambda name: _TYPES[name],
    "enum": _one_of,
    "pattern": _pattern,
    "uniqueItems": _different,
    "required": lambda names: (
        lambda value: not isinstance(value, dict) or all(name in value for name in names)
    ),
    "minLength": lambda least: lambda value: not isinstance(value, str) or len(value) >= least,
    "maxLength": lambda most: lambda value: not isinstance(value, str) or len(value) <= most,
    "minItems": lambda least: lambda value: not isinstance(value, list) or len(value) >= least,
    "maxItems": lambda most: lambda value: not isinstance(value, list) or len(value) <= most,
    "minimum": lambda least: lambda value: not _number(value) or value >= least,
    "maximum": lambda most: lambda value: not _number(value) or value <= most,
    "exclusiveMinimum": lambda limit: lambda value: not _number(value) or value > limit,
}
