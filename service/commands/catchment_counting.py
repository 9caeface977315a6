"""Who is within reach of facilities: counted among districts of files, or of the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from service.commands.asked_layer import read_asked_layer
from service.commands.options import FileOptions
from service.commands.progress import Progress, warn
from service.commands.reach_data import StreetFiles, database
from service.core import history, scope
from service.core.history import Moment
from service.imports.places import read_places_file
from service.networks.service import sources_of
from service.reach.catchment_question import CatchmentQuestion, count_among, stored_catchments
from spatial.catchment import Catchments
from spatial.doors import Doors, doors_of, doors_of_rows
from spatial.errors import InputError
from spatial.fields import AREAS, BUILDINGS, DISTRICTS, FACILITIES


@dataclass(frozen=True, eq=False)
class Sites:
    """The facilities asked about, in order.

    Parameters
    ----------
    ids, geometry
        Shape (n,) each; the geometry is None where there is none.
    doors
        Their doors.
    details
        What is wrong, by position.
    sources
        What their rows say of their origin.
    """

    ids: NDArray[Any]
    geometry: NDArray[Any]
    doors: Doors
    details: dict[int, str]
    sources: list[object]


def _sites(facilities: Path | None, points: Path | None, options: FileOptions) -> Sites:
    if facilities is not None:
        return _of_rows(read_asked_layer(facilities, FACILITIES, options).frame)
    if points is None:
        raise InputError("--facilities is missing")
    places = read_places_file(points, crs=options.crs_of("points"), how=options.how)
    return Sites(places.ids, places.geometry, doors_of(places.geometry), dict(places.faults), [])


def _of_rows(frame: GeoDataFrame) -> Sites:
    return Sites(
        frame["id"].to_numpy(dtype=object),
        np.asarray(frame.geometry.array, dtype=object),
        doors_of_rows(frame),
        {},
        frame["source"].tolist(),
    )


def counted_from_files(
    question: CatchmentQuestion,
    facilities: Path | None,
    points: Path | None,
    districts: Path,
    buildings: Path | None,
    files: StreetFiles,
    options: FileOptions,
    progress: Progress,
) -> tuple[Catchments, Sites, list[object], str | None]:
    """Count among the districts of files."""
    frames: dict[str, GeoDataFrame] = {}
    warnings: list[str] = []
    for layer, path in ((DISTRICTS, districts), (BUILDINGS, buildings)):
        if path is not None:
            read = read_asked_layer(path, layer, options)
            frames[layer.name] = read.frame
            warnings += read.warnings
    sites = _sites(facilities, points, options)
    streets = files.read(options)
    warn(warnings, every=False)
    with progress.counting("counting", total=sites.doors.places) as report:
        found = count_among(
            question,
            facilities=sites.doors,
            districts=frames[DISTRICTS.name],
            buildings=frames.get(BUILDINGS.name),
            network=None if streets is None else streets.network,
            report=report,
        )
    sources = [*frames[DISTRICTS.name]["source"].tolist(), *sites.sources]
    sources += [] if streets is None else streets.sources
    return found, sites, sources, None if streets is None else streets.network.version


def counted_in_database(
    question: CatchmentQuestion,
    facilities: Path | None,
    points: Path | None,
    ids: Sequence[str],
    area: str | None,
    options: FileOptions,
    progress: Progress,
) -> tuple[Catchments, Sites, list[object], str | None]:
    """Count among the stored districts; facilities may come from files."""
    moment = Moment(valid_on=question.as_of)
    with database() as (connection, cache):
        if ids:
            rows = history.current(connection, FACILITIES, keys=set(ids), moment=moment)
            known = {name: row for row, name in enumerate(rows["id"].tolist())}
            for name in ids:
                if name not in known:
                    raise InputError(f"--facility: there is no {name} on {question.as_of}")
            chosen = [known[name] for name in dict.fromkeys(ids)]
            sites = _of_rows(rows.iloc[chosen].reset_index(drop=True))
        else:
            sites = _sites(facilities, points, options)
        counted = []
        if area is not None:
            if not scope.existing(connection, AREAS, [area]):
                raise InputError(f"--area: there is no area {area}")
            counted = scope.in_area(connection, area, DISTRICTS)
        network = cache.latest(connection)
        with progress.counting("counting", total=sites.doors.places) as report:
            found = stored_catchments(
                connection,
                question,
                facilities=sites.doors,
                network=network,
                conditions=counted,
                report=report,
            )
        sources = [*sites.sources, *history.sources(connection, DISTRICTS, moment=moment)]
        if network is not None:
            sources += sources_of(connection, network.version)
    return found, sites, sources, None if network is None else network.version
