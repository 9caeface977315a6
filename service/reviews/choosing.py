"""Which packs a project is reviewed by where nobody names them."""

from __future__ import annotations

from collections.abc import Iterable

from spatial.policy.pack import Pack


def packs_of_area(packs: Iterable[Pack], area: str | None) -> list[Pack]:
    """Return the packs whose region holds an area, in the order given; backgrounds left out.

    Without an area none: a code chooses packs, and a guess would not.
    """
    if area is None:
        return []
    return [
        pack for pack in packs if not pack.background and area.startswith(tuple(pack.region_codes))
    ]
