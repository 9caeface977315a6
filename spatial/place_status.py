"""What became of a place that was asked about: one word for each, wherever many are asked."""

from __future__ import annotations

from enum import StrEnum


class PlaceStatus(StrEnum):
    """What became of a place; no place spoils the others of its batch.

    ``ok``; ``off_network`` where no street may be joined within the snap limit; ``outside`` where
    no street of the network is within the search limit; ``island`` where the streets it joins lead
    to nothing asked for and end within a few steps (`spatial.graph.ISLAND_M`);
    ``nothing_within_reach``; ``invalid_geometry`` where it is no place on earth.
    """

    OK = "ok"
    OFF_NETWORK = "off_network"
    OUTSIDE = "outside"
    ISLAND = "island"
    BEYOND = "nothing_within_reach"
    INVALID = "invalid_geometry"
