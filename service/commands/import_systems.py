"""Checking the systems of files against what is stored in the database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from service.commands.crs_checks import check_read, refuse_undeclared
from service.core import history
from service.imports.crs_check import CrsReference, UndeclaredCRSError, polygons_of
from service.imports.reader import ReadLayer
from service.imports.street_reader import ReadNetwork
from service.networks.service import latest, load
from spatial.fields import LAYERS


def check_against_stored(
    connection: Connection,
    read: Sequence[ReadLayer | ReadNetwork],
    undeclared: Sequence[UndeclaredCRSError],
    *,
    as_declared: bool,
    cache_dir: Path,
) -> tuple[list[ReadLayer | ReadNetwork], list[str]]:
    """Check files against the current areas and the street network in use.

    Parameters
    ----------
    read
        What was read, areas left out: they are what others are checked against, and may well
        lie where no others are yet.
    undeclared
        Files nobody says the system of.

    Returns
    -------
    As `check_read`.

    Raises
    ------
    InputError
        As `check_read`, and for every undeclared file.
    """
    if not undeclared and all(one.subject is None for one in read):
        return list(read), []
    areas = history.current(connection, LAYERS["areas"])
    version = latest(connection)
    network = None if version is None else load(connection, version, cache_dir=cache_dir)
    reference = CrsReference(polygons_of(areas), network)
    refuse_undeclared([(error, reference) for error in undeclared])
    return check_read([(one, reference) for one in read], as_declared=as_declared)
