"""The tags of one thing of OpenStreetMap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Tags: TypeAlias = Mapping[str, str]
Pairs: TypeAlias = Sequence[tuple[str, str]]


def first_values(pairs: Pairs) -> dict[str, str]:
    """Return tags as a mapping; of a key that is there twice, which none should be, the first."""
    return dict(reversed(pairs))


def values_of(tags: Tags, key: str) -> tuple[str, ...]:
    """Return the values of a tag, several where it is a list ``a;b``; empty without the tag."""
    text = tags.get(key)
    if text is None:
        return ()
    if ";" not in text:
        return (text,)
    return tuple(part for part in (piece.strip() for piece in text.split(";")) if part)
