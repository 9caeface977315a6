"""What the commands about reach have in common: streets from a file or the database, limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import shapely
import typer
from sqlalchemy import Connection

from service.core.address import with_database
from service.core.database import create_database_engine
from service.core.network_cache import NetworkCache
from service.core.settings import load_settings
from service.imports.places import ReadPlaces, read_places_file
from service.imports.reader import ReadNetwork, read_network
from service.networks import service as networks
from service.reach.walking import read_numbers
from spatial.errors import InputError
from spatial.network import Network


def read_streets(path: Path, *, crs: str | None) -> ReadNetwork:
    """Read street lines from a file, saying what was left out."""
    read = read_network(path, crs=crs)
    for line in read.warnings:
        typer.echo(f"yike: warning: {line}", err=True)
    return read


@contextmanager
def database() -> Iterator[tuple[Connection, NetworkCache]]:
    """Open the database for reading.

    Raises
    ------
    UsageFault
        When it cannot be used.
    """
    with with_database(load_settings(), report=_say) as settings:
        url = settings.database.url
        if url is None:
            raise InputError("no database is at hand")
        engine = create_database_engine(url.get_secret_value())
        try:
            with engine.connect() as connection:
                yield connection, NetworkCache(settings.cache_dir)
        finally:
            engine.dispose()


def stored_streets(connection: Connection, cache: NetworkCache) -> tuple[Network, list[object]]:
    """Return the network in use and what it says of its origin.

    Raises
    ------
    InputError
        When none is stored.
    """
    network = cache.latest(connection)
    if network is None:
        raise InputError("no street network is stored: yike import network FILE, or --network FILE")
    return network, networks.sources_of(connection, network.version)


def read_origins(
    *, lon: float | None, lat: float | None, points: Path | None, crs: str | None
) -> ReadPlaces:
    """Read the place of ``--lon`` and ``--lat``, or those of ``--points``.

    Raises
    ------
    InputError
        When neither is given, or both, or a coordinate is none.
    """
    if (points is None) == (lon is None and lat is None):
        raise InputError("--points: give --lon and --lat, or --points")
    if points is not None:
        return read_places_file(points, crs=crs)
    if lon is None or lat is None:
        raise InputError(f"{'--lon' if lon is None else '--lat'} is missing")
    for name, value, most in (("--lon", lon, 180), ("--lat", lat, 90)):
        if not abs(value) <= most:
            raise InputError(f"{name}: {value:g} is not between -{most} and {most} degrees")
    place = np.array([shapely.Point(lon, lat)], dtype=object)
    return ReadPlaces(np.array(["1"], dtype=object), place, {})


def parse_numbers(text: str | None, *, name: str) -> tuple[Fraction, ...] | None:
    """Read the numbers of an option that may be missing."""
    return None if text is None else read_numbers(text, name=name)


def parse_speed(text: str | None) -> Fraction | None:
    """Read a speed in metres a second that may be missing.

    Raises
    ------
    InputError
        When it is no single number.
    """
    if text is None:
        return None
    numbers = read_numbers(text, name="speed")
    if len(numbers) > 1:
        raise InputError("parameter speed: is one number")
    return numbers[0]


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
