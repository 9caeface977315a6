"""Cutting the streets of a file along the barriers of another."""

from __future__ import annotations

from pathlib import Path

from service.imports.street_reader import ReadLines, ReadNetwork
from spatial.barriers import with_barriers
from spatial.errors import InputError, SpatialError
from spatial.network import Network


def barred(streets: ReadNetwork, walls: ReadLines | None, *, path: Path | None) -> Network:
    """Return the network of streets, cut along barriers where there are any.

    Parameters
    ----------
    path
        The file of the barriers, as faults name it.

    Raises
    ------
    InputError
        Naming the file, when they are no barriers or leave no street.
    """
    if walls is None:
        return streets.network
    try:
        return with_barriers(streets.network, walls.frame)
    except SpatialError as error:
        raise InputError(f"{path}: {error}") from None
