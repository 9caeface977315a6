"""What the commands about reach have in common: streets from a file or the database, limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import numpy as np
import shapely
import typer
from sqlalchemy import Connection

from service.commands.options import FileOptions, parse_seconds
from service.core.address import with_database
from service.core.database import create_database_engine
from service.core.network_cache import NetworkCache
from service.core.settings import load_settings
from service.imports.barriers import barred
from service.imports.places import ReadPlaces, read_places_file
from service.imports.street_reader import ReadNetwork, read_barriers, read_network
from service.networks import service as networks
from service.reach.walking import read_numbers
from spatial.errors import InputError
from spatial.network import Network
from spatial.profiles import Penalties

BarriersOption = Annotated[
    Path | None,
    typer.Option(help="File of lines and polygons that nobody walks across or into."),
]
ElevationOption = Annotated[
    Path | None, typer.Option(help="Elevation raster: the slope of streets then counts.")
]
PlanarizeOption = Annotated[
    bool,
    typer.Option(
        "--planarize", help="Split street lines where they cross or touch without a common end."
    ),
]
StepOption = Annotated[
    float | None, typer.Option(help="Seconds lost on each metre of stairs; default none.")
]
CrossingOption = Annotated[
    float | None, typer.Option(help="Seconds lost at each road crossing; default none.")
]
LiftOption = Annotated[float | None, typer.Option(help="Seconds lost for each lift; default none.")]


@dataclass(frozen=True)
class StreetFiles:
    """Street lines, and what is to be made of them.

    Parameters
    ----------
    network
        File of the lines; None for the stored network.
    barriers
        File of what nobody walks across or into.
    elevation
        Raster of heights.
    planarize
        True to split lines where they cross.
    """

    network: Path | None
    barriers: Path | None = None
    elevation: Path | None = None
    planarize: bool = False

    def refuse_incomplete(self) -> None:
        """Refuse what is said of street lines where there are none.

        Raises
        ------
        InputError
            Naming the option.
        """
        if self.network is None:
            for name in ("barriers", "elevation", "planarize"):
                if getattr(self, name):
                    raise InputError(f"--{name}: is for street lines; name them with --network")

    def read(self, options: FileOptions) -> ReadNetwork | None:
        """Read the streets, saying what was left out; None where there is no file."""
        if self.network is None:
            return None
        read = read_network(
            self.network,
            crs=options.crs_of("network"),
            planarize=self.planarize,
            how=options.how,
        )
        if self.elevation is not None:
            # Reading rasters takes a third of a second to load, and most calls have none.
            from service.imports.elevation import add_slope  # noqa: PLC0415

            read = add_slope(read, self.elevation)
        if self.barriers is not None:
            walls = read_barriers(self.barriers, crs=options.crs_of("barriers"), how=options.how)
            network = barred(read, walls, path=self.barriers)
            read = replace(read, network=network, warnings=(*read.warnings, *walls.warnings))
        for line in read.warnings:
            typer.echo(f"yike: warning: {line}", err=True)
        return read


def parse_penalties(
    step_seconds_per_m: float | None, crossing_seconds: float | None, lift_seconds: float | None
) -> Penalties:
    """Read the seconds that walks lose."""
    return Penalties(
        step_seconds_per_m=parse_seconds(step_seconds_per_m, option="--step-seconds-per-m"),
        crossing_seconds=parse_seconds(crossing_seconds, option="--crossing-seconds"),
        lift_seconds=parse_seconds(lift_seconds, option="--lift-seconds"),
    )


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
    *, lon: float | None, lat: float | None, points: Path | None, options: FileOptions
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
        return read_places_file(points, crs=options.crs_of("points"), how=options.how)
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
