"""``yike isochrone``: the ground within a walk of places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import pandas as pd
import typer
from geopandas import GeoDataFrame

from service.commands.options import parse_file_options, parse_language
from service.commands.progress import Progress
from service.commands.reach_data import (
    BarriersOption,
    CrossingOption,
    ElevationOption,
    LiftOption,
    PlanarizeOption,
    StepOption,
    StreetFiles,
    database,
    parse_numbers,
    parse_penalties,
    parse_speed,
    read_origins,
    stored_streets,
)
from service.commands.shared_options import (
    Latitude,
    Longitude,
    PlacesFile,
    TextLanguage,
    WalkingProfile,
    WalkingSpeed,
)
from service.core.notices import notices
from service.exports.content import compact_json
from service.exports.features import FeatureFile
from service.exports.writer import check_parts_output, feature_file
from service.imports.places import ReadPlaces
from service.reach.isochrone_document import GROUND, isochrone_features, shown_status
from service.reach.walking import Walking, read_limits, read_walking
from spatial.crs import WGS84
from spatial.errors import InputError
from spatial.isochrone import isochrones
from spatial.limits import Limit
from spatial.network import Network

# Origins drawn and written at once.
_CHUNK: Final = 200
_NUMBERS: Final = ("minutes", "metres", "snap_m", "nearest_street_m", "street_m")


def isochrone(  # noqa: PLR0913  # the options of the command, by name only
    *,
    lon: Longitude = None,
    lat: Latitude = None,
    points: PlacesFile = None,
    minutes: Annotated[str | None, typer.Option(help="Minutes: 5,10,15.")] = None,
    metres: Annotated[
        str | None, typer.Option(help="Metres of walking instead of minutes: 300,500.")
    ] = None,
    profile: WalkingProfile = "adult",
    speed: WalkingSpeed = None,
    direction: Annotated[
        str, typer.Option(help="toward: people walk to the place; away: from it.")
    ] = "toward",
    network: Annotated[
        Path | None, typer.Option(help="File of street lines; without it the stored network.")
    ] = None,
    barriers: BarriersOption = None,
    elevation: ElevationOption = None,
    planarize: PlanarizeOption = False,
    step_seconds_per_m: StepOption = None,
    crossing_seconds: CrossingOption = None,
    lift_seconds: LiftOption = None,
    streets: Annotated[bool, typer.Option(help="Write the streets reached, too.")] = False,
    out: Annotated[Path | None, typer.Option(help="File to write: .geojson or .gpkg.")] = None,
    crs: Annotated[
        list[str] | None,
        typer.Option(help="System of the coordinates where a file does not say; points=, network="),
    ] = None,
    lang: TextLanguage = "zh",
) -> None:
    """Draw the ground within a walk of a place, or of each of many.

    With --network from a file, without any database; else on the stored network. One that cannot
    be used is told in its status and spoils no other.
    """
    language = parse_language(lang)
    walking = read_walking(
        profile,
        speed=parse_speed(speed),
        direction=direction,
        penalties=parse_penalties(step_seconds_per_m, crossing_seconds, lift_seconds),
    )
    limits = read_limits(
        minutes=parse_numbers(minutes, name="minutes"),
        metres=parse_numbers(metres, name="metres"),
        profile=walking.profile,
    )
    if out is None:
        raise InputError("--out is missing: name a .geojson or .gpkg file to write")
    check_parts_output(out)
    files = StreetFiles(network, barriers, elevation, planarize)
    files.refuse_incomplete()
    systems = parse_file_options(crs or (), ())
    origins = read_origins(lon=lon, lat=lat, points=points, options=systems)
    read = files.read(systems)
    if read is not None:
        graph, sources = read.network, list[object](read.sources)
    else:
        with database() as (connection, cache):
            graph, sources = stored_streets(connection, cache)
    told = {"network": graph.version, **walking.as_json(), "notices": notices(sources, language)}
    with feature_file(out) as file:
        status = _draw(file, graph, origins, walking, limits, streets=streets)
        file.finish(told)
    summary = {"origins": len(origins.ids), "status": dict(status), **told}
    typer.echo(compact_json(summary))


def _draw(
    file: FeatureFile,
    network: Network,
    origins: ReadPlaces,
    walking: Walking,
    limits: Sequence[Limit],
    *,
    streets: bool,
) -> Counter[str]:
    count = len(origins.ids)
    status: Counter[str] = Counter()
    with Progress().counting("drawing", total=count) as report:
        for start in range(0, count, _CHUNK):
            end = min(start + _CHUNK, count)
            found = isochrones(
                network,
                origins.geometry[start:end],
                profile=walking.profile,
                limits_m=[float(limit.metres) for limit in limits],
                direction=walking.direction,
            )
            features: list[dict[str, Any]] = []
            rows: list[dict[str, Any]] = []
            for index, one in enumerate(found, start):
                told = shown_status(one)
                if index in origins.faults:
                    told["detail"] = origins.faults[index]
                status[told["status"]] += 1
                about = {"origin": origins.ids[index]}
                rows.append({"row": index + 1, **about, "detail": None, **told})
                features += isochrone_features(
                    one, limits=limits if one.extents else (), streets=streets, about=about
                )
            _add(file, features)
            file.add("items", _numeric(pd.DataFrame(rows)))
            report(end, count)
    return status


def _add(file: FeatureFile, features: Sequence[dict[str, Any]]) -> None:
    for layer in dict.fromkeys(feature["properties"]["part"] for feature in features):
        own = [feature for feature in features if feature["properties"]["part"] == layer]
        shapes = np.full(len(own), None, dtype=object)
        shapes[:] = [feature["geometry"] for feature in own]
        frame = pd.DataFrame([{"detail": None, **feature["properties"]} for feature in own])
        name = "isochrones" if layer == GROUND else layer
        file.add(name, GeoDataFrame(_numeric(frame), geometry=shapes, crs=WGS84))


def _numeric(frame: pd.DataFrame) -> pd.DataFrame:
    """Let numbers be numbers also where a part of a file has none."""
    names = [name for name in _NUMBERS if name in frame]
    return frame.assign(**{name: pd.to_numeric(frame[name]).astype(float) for name in names})
