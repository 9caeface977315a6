"""The nodes of the tree of a filter: operations with their arguments, and names as shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.ogc.cql.errors import FilterError


def operation(node: Any) -> tuple[str, list[Any]]:  # noqa: ANN401  a JSON tree
    """Return the name of an operation, in lower case, and its arguments."""
    if not isinstance(node, dict) or set(node) != {"op", "args"}:
        raise FilterError("expected a condition")
    name, arguments = node["op"], node["args"]
    if not isinstance(name, str) or not isinstance(arguments, list):
        raise FilterError("expected a condition with a name and arguments")
    return name.lower(), arguments


def exactly(name: str, arguments: list[Any], count: int) -> list[Any]:
    """Return the arguments, if there are as many as the operation takes."""
    if len(arguments) != count:
        raise FilterError(f"{name.upper()} takes {count} arguments, not {len(arguments)}")
    return arguments


def named(node: Mapping[str, Any]) -> str:
    """Name a property as a message shows it."""
    return shortened(str(node["property"]))


def shortened(name: str, *, length: int = 60) -> str:
    """Return a name a message can show: of a filter it may be as long as one likes."""
    shown = name.encode("utf-8", "replace").decode()
    return shown if len(shown) <= length else f"{shown[:length]}…"
