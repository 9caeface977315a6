"""Which imported figures rule packs ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from spatial.policy.pack import Pack, evaluable
from spatial.policy.rule import Rule


def asked_indicators(packs: Iterable[Pack]) -> frozenset[str]:
    """Return the names of all figures that packs look up.

    A figure a rule measures, one that may stand for a sum over facilities, and, by the rule's own
    id, the recorded answer to a statement.
    """
    return frozenset(name for pack in packs for rule in pack.rules for name in _names(rule))


def _names(rule: Rule) -> Iterator[str]:
    if evaluable(rule) == "statement":
        yield rule.id
    yield from _measured(rule.parameters)


def _measured(value: Any) -> Iterator[str]:  # noqa: ANN401  walks parameters of any kind
    if isinstance(value, Mapping):
        name = value.get("name") if value.get("of") == "indicator" else value.get("indicator")
        if isinstance(name, str):
            yield name
        for part in value.values():
            yield from _measured(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _measured(part)
