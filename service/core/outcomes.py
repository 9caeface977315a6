"""How a batch says what became of each of its items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def outcome_items(statuses: Sequence[int], **more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of the outcomes of a batch, in its order.

    Parameters
    ----------
    statuses
        HTTP statuses an item may end with.
    more
        Schemas of what else an item may have, by name.
    """
    return {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["index", "id", "status"],
            "properties": {
                "index": {"type": "integer", "description": "Place in the body, from 0"},
                "id": {"type": ["string", "null"]},
                "status": {"enum": list(statuses)},
                **more,
                "errors": {"type": "array", "items": {"type": "object"}},
            },
        },
    }
