"""What is odd about a street network: parts that do not touch, ends that just miss a street."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Island:
    """A part of a network that does not touch its largest part; a node of it in degrees."""

    edges: int
    length_m: float
    share: float
    lon: float
    lat: float


@dataclass(frozen=True)
class Undershoot:
    """A dead end, the nearest place on a street it does not join, and the metres between them."""

    lon: float
    lat: float
    to_lon: float
    to_lat: float
    gap_m: float


@dataclass(frozen=True)
class Amount:
    """Edges and their length in metres."""

    edges: int
    length_m: float


@dataclass(frozen=True)
class Snapped:
    """How many of the places of a layer lie within the limit of a street; share of none is None."""

    places: int
    within: int
    share: float | None
    limit_m: float


@dataclass(frozen=True)
class Diagnosis:
    """What is known of the shape of a network.

    Parameters
    ----------
    nodes, edges, length_m
        Of the whole network.
    components, largest_share
        Parts that do not touch one another, and the largest one's share of the length.
    sizeable
        How many parts have more than 1 % of the length.
    islands
        The parts but the largest, longest first, at most 20.
    dead_ends
        Nodes of one edge.
    gap_m
        A dead end this near (≤) to an edge it does not join is an undershoot.
    undershoots, undershoot_places
        How many there are; the smallest gaps, at most 100.
    by_class
        Edges by class of street; without a class under the empty text.
    steps, bridges, tunnels, one_way
        Edges that are so.
    left_out
        How many lines were not taken, by reason.
    snapped
        By layer, how many of its places lie near a street.
    """

    nodes: int
    edges: int
    length_m: float
    components: int
    largest_share: float
    sizeable: int
    islands: tuple[Island, ...]
    dead_ends: int
    gap_m: float
    undershoots: int
    undershoot_places: tuple[Undershoot, ...]
    by_class: Mapping[str, Amount]
    steps: Amount
    bridges: Amount
    tunnels: Amount
    one_way: Amount
    left_out: Mapping[str, int]
    snapped: Mapping[str, Snapped]

    @property
    def in_pieces(self) -> bool:
        """Tell whether more than one part is sizeable: a place on one never reaches another."""
        return self.sizeable > 1

    def as_json(self) -> dict[str, Any]:
        """Return it all as JSON holds it; lengths and gaps to the millimetre."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name in ("by_class", "snapped"):
            plain[name] = {key: asdict(value) for key, value in plain[name].items()}
        for name in ("steps", "bridges", "tunnels", "one_way"):
            plain[name] = asdict(plain[name])
        for name in ("islands", "undershoot_places"):
            plain[name] = [asdict(value) for value in plain[name]]
        plain["left_out"] = dict(self.left_out)
        return plain
