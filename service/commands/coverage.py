"""``yike coverage``: what serves places, by which rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import shapely
import typer
from geopandas import GeoDataFrame

from service.commands.asked_layer import read_asked_layer
from service.commands.coverage_file import write_answers
from service.commands.options import parse_date, parse_file_options, parse_language
from service.commands.progress import Progress, warn
from service.commands.reach_data import (
    BarriersOption,
    ElevationOption,
    PlanarizeOption,
    StreetFiles,
    database,
    read_origins,
)
from service.commands.shared_options import (
    AssumedStatus,
    Latitude,
    Longitude,
    PlacesFile,
    SeenOn,
    TextLanguage,
)
from service.core import history
from service.core.history import Moment
from service.core.language import Language
from service.core.notices import notices
from service.coverage.schemas import place_document
from service.exports.content import compact_json
from service.exports.features import FeatureFile
from service.exports.writer import check_parts_output, feature_file
from service.imports.packs import find_packs, shipped_packs
from service.imports.places import ReadPlaces
from service.networks.service import sources_of
from spatial.coverage import MOST_NEAREST, places_coverage
from spatial.errors import InputError
from spatial.facility_kinds import SERVICES
from spatial.fields import FACILITIES
from spatial.network import Network
from spatial.policy.pack import Pack

# Places judged and written at once.
_CHUNK: Final = 5000


@dataclass(frozen=True, eq=False)
class _Sites:
    """What may serve places."""

    facilities: GeoDataFrame
    network: Network | None
    sources: list[object]


@dataclass(frozen=True)
class _Question:
    """What is asked of each place."""

    service: str
    packs: tuple[Pack, ...]
    as_of: date
    k: int | None
    paths: bool


def coverage(  # noqa: PLR0913  # the options of the command, by name only
    *,
    lon: Longitude = None,
    lat: Latitude = None,
    points: PlacesFile = None,
    service: Annotated[str, typer.Option(help="childcare or elderly.")] = "childcare",
    pack: Annotated[
        list[str] | None,
        typer.Option(help="Rule pack: its id, or a .yaml file; all if not given. Repeatable."),
    ] = None,
    k: Annotated[
        int | None, typer.Option("--k", help="How many of the nearest facilities to name.")
    ] = None,
    path: Annotated[bool, typer.Option(help="Draw the way to each of them.")] = False,
    facilities: Annotated[
        Path | None, typer.Option(help="File of facilities; without it the stored ones.")
    ] = None,
    network: Annotated[
        Path | None, typer.Option(help="File of street lines, with --facilities.")
    ] = None,
    barriers: BarriersOption = None,
    elevation: ElevationOption = None,
    planarize: PlanarizeOption = False,
    as_of: SeenOn = None,
    assume_status: AssumedStatus = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write, a row a place and rule: .geojson or .gpkg."),
    ] = None,
    crs: Annotated[
        list[str] | None,
        typer.Option(help="System of the coordinates where a file does not say; points=…"),
    ] = None,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="column=field of the facilities.")
    ] = None,
    lang: TextLanguage = "zh",
) -> None:
    """Say what serves a place, or each of many: the nearest facilities, rule by rule.

    With --facilities from files, without any database; else by what is stored. The answer for one
    place is printed as JSON; of many places, how many are how.
    """
    language = parse_language(lang)
    if service not in SERVICES:
        raise InputError(f"--service: must be {' or '.join(SERVICES)}, not '{service[:40]}'")
    if k is not None and not 1 <= k <= MOST_NEAREST:
        raise InputError(f"--k: {k} is not between 1 and {MOST_NEAREST}")
    if out is not None:
        check_parts_output(out)
    packs = find_packs(pack) if pack else [one for one in shipped_packs() if not one.background]
    question = _Question(service, tuple(packs), parse_date(as_of, option="--as-of"), k, path)
    files = StreetFiles(network, barriers, elevation, planarize)
    files.refuse_incomplete()
    options = parse_file_options(crs or (), map_ or ())
    places = read_origins(lon=lon, lat=lat, points=points, options=options)
    if facilities is None:
        for name, value in (("--network", network), ("--assume-status", assume_status)):
            if value is not None:
                raise InputError(f"{name}: is for files; name --facilities, too")
        sites = _stored(question.as_of)
    else:
        read = read_asked_layer(facilities, FACILITIES, options, assume_status=assume_status)
        warn(read.warnings, every=False)
        streets = files.read(options)
        sites = _Sites(
            read.frame,
            None if streets is None else streets.network,
            [*read.frame["source"].tolist(), *(() if streets is None else streets.sources)],
        )
    told: dict[str, Any] = {
        "service": service,
        "as_of": question.as_of.isoformat(),
        "packs": [one.id for one in question.packs],
        "network": None if sites.network is None else sites.network.version,
        "notices": notices(sites.sources, language),
    }
    with _opened(out) as file:
        verdicts, answer = _answer(file, places, sites, question, language, one=points is None)
        if file is not None:
            file.finish(told)
    if answer is not None:
        # The encoder of the HTTP interface: the answer holds geometries.
        from service.core.geojson import encode_json  # noqa: PLC0415

        typer.echo(encode_json({**told, **answer}))
    else:
        typer.echo(compact_json({"places": len(places.ids), **told, **verdicts}))


@contextmanager
def _opened(out: Path | None) -> Iterator[FeatureFile | None]:
    if out is None:
        yield None
    else:
        with feature_file(out) as file:
            yield file


def _stored(as_of: date) -> _Sites:
    moment = Moment(valid_on=as_of)
    with database() as (connection, cache):
        network = cache.latest(connection)
        sources = [] if network is None else sources_of(connection, network.version)
        facilities = history.read(connection, FACILITIES, moment=moment)
    return _Sites(facilities, network, [*facilities["source"].tolist(), *sources])


def _answer(
    file: FeatureFile | None,
    places: ReadPlaces,
    sites: _Sites,
    question: _Question,
    language: Language,
    *,
    one: bool,
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Judge the places and write them: counts, and for a single place its whole answer."""
    kinds = shapely.get_type_id(places.geometry)
    wrong = {
        at: places.faults.get(at, "a place of this question is a point")
        for at in np.flatnonzero(kinds != shapely.GeometryType.POINT).tolist()
    }
    status: Counter[str] = Counter()
    verdicts: dict[str, Counter[str]] = {}
    answer: dict[str, Any] | None = None
    count = len(places.ids)
    with Progress(quiet=one).counting("judging", total=count) as report:
        for start in range(0, count, _CHUNK):
            end = min(start + _CHUNK, count)
            good = [at for at in range(start, end) if at not in wrong]
            found = places_coverage(
                places.geometry[good],
                service=question.service,
                packs=question.packs,
                facilities=sites.facilities,
                network=sites.network,
                as_of=question.as_of,
                k=question.k,
                paths=question.paths,
            )
            for findings in found:
                for finding in findings:
                    verdicts.setdefault(finding.rule, Counter())[finding.verdict] += 1
            status["ok"] += len(good)
            status["invalid_geometry"] += end - start - len(good)
            if one:
                rules = place_document(
                    found[0], packs=question.packs, facilities=sites.facilities, language=language
                )
                answer = {"rules": rules}
            if file is not None:
                write_answers(
                    file, places, good, found, {at: wrong[at] for at in wrong if start <= at < end}
                )
            report(end, count)
    counts = {
        "status": {name: number for name, number in status.items() if number},
        "rules": {rule: dict(found) for rule, found in verdicts.items()},
    }
    return counts, answer
