"""What ``yike evaluate`` refuses of files and options that do not go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from service.commands.crs_checks import check_read, refuse_undeclared
from service.commands.options import FileOptions
from service.imports.crs_check import CrsReference, UndeclaredCRSError, polygons_of
from service.imports.indicators import ReadIndicators
from service.imports.reader import ReadLayer
from service.imports.street_reader import ReadNetwork
from spatial.errors import InputError
from spatial.fields import LAYERS


def check_systems(
    layers: dict[str, ReadLayer],
    streets: ReadNetwork | None,
    undeclared: Mapping[str, UndeclaredCRSError],
    options: FileOptions,
) -> list[str]:
    """Check the systems of layers against areas and streets, and of streets against areas."""
    areas = CrsReference(polygons_of(layers["areas"].frame if "areas" in layers else None))
    both = replace(areas, network=None if streets is None else streets.network)
    refuse_undeclared(
        [(error, areas if kind == "network" else both) for kind, error in undeclared.items()]
    )
    kinds = [kind for kind in layers if kind != "areas"]
    checked, warnings = check_read(
        [(layers[kind], both) for kind in kinds], as_declared=options.crs_as_declared
    )
    layers.update(zip(kinds, checked, strict=True))
    if streets is not None and areas.areas is not None:
        # What areas cannot tell of streets is no news: nothing is said of it.
        check_read([(streets, areas)], as_declared=options.crs_as_declared)
    return warnings


def check_elevation(elevation: Path | None, network: Path | None) -> None:
    """Refuse heights without the streets that lie on them.

    Raises
    ------
    InputError
        Naming the option that is missing.
    """
    if elevation is not None and network is None:
        raise InputError(
            "--elevation: is for street lines; name them with --network or --osm, "
            "or import them with yike import network --elevation"
        )


def refuse_unused_columns(
    options: FileOptions,
    layers: Mapping[str, ReadLayer | ReadIndicators],
    given: Mapping[str, Path],
) -> None:
    """Refuse columns named that no file of their kind has."""
    used = {column for read in layers.values() for column in read.shared_columns}
    for column, field in options.columns_of(None).items():
        if column not in used:
            files = ", ".join(str(given[kind]) for kind in layers)
            raise InputError(
                f"--map {column}={field}: no file has such a column for such a field ({files})"
            )
    for kind in (*LAYERS, "indicators"):
        if options.columns_of(kind) and kind not in layers:
            raise InputError(f"--map {kind}: there is no --{kind}")
