"""``yike catchments``: who is within reach of facilities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from geopandas import GeoDataFrame

from service.commands.catchment_counting import Sites, counted_from_files, counted_in_database
from service.commands.options import parse_date, parse_file_options, parse_language
from service.commands.progress import Progress
from service.commands.reach_data import (
    BarriersOption,
    CrossingOption,
    ElevationOption,
    LiftOption,
    PlanarizeOption,
    StepOption,
    StreetFiles,
    parse_numbers,
    parse_penalties,
    parse_speed,
)
from service.commands.shared_options import (
    BuildingsFile,
    FacilitiesFile,
    TextLanguage,
    WalkingProfile,
    WalkingSpeed,
)
from service.core.notices import notices
from service.exports.content import compact_json
from service.exports.writer import check_parts_output, feature_file
from service.reach.catchment_document import catchment_items, catchment_members
from service.reach.catchment_question import CatchmentQuestion
from service.reach.walking import read_walking
from spatial.crs import WGS84
from spatial.errors import InputError
from spatial.limits import limits_of


def catchments(  # noqa: PLR0913  # the options of the command, by name only
    *,
    facilities: FacilitiesFile = None,
    points: Annotated[Path | None, typer.Option(help="File of places instead.")] = None,
    facility: Annotated[
        list[str] | None, typer.Option(help="In the database: id of a facility. Repeatable.")
    ] = None,
    districts: Annotated[
        Path | None, typer.Option(help="File of districts; without it the stored ones.")
    ] = None,
    buildings: BuildingsFile = None,
    network: Annotated[
        Path | None, typer.Option(help="File of street lines, with --districts.")
    ] = None,
    barriers: BarriersOption = None,
    elevation: ElevationOption = None,
    planarize: PlanarizeOption = False,
    step_seconds_per_m: StepOption = None,
    crossing_seconds: CrossingOption = None,
    lift_seconds: LiftOption = None,
    area: Annotated[
        str | None, typer.Option(help="In the database: only the districts of this area.")
    ] = None,
    metres: Annotated[
        str, typer.Option(help="Limits in a straight line and on foot.")
    ] = "300,500,800",
    minutes: Annotated[str, typer.Option(help="Limits on foot.")] = "5,10,15",
    profile: WalkingProfile = "adult",
    speed: WalkingSpeed = None,
    direction: Annotated[
        str, typer.Option(help="toward: people walk to the facilities; away: from them.")
    ] = "toward",
    as_of: Annotated[
        str | None, typer.Option(help="In the database: day the data are seen on; default today.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write, a row a facility and limit: .geojson or .gpkg."),
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the counts as JSON, and nothing else.")
    ] = False,
    crs: Annotated[
        list[str] | None,
        typer.Option(help="System of the coordinates where a file does not say; districts=…"),
    ] = None,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="column=field, or districts:column=field.")
    ] = None,
    lang: TextLanguage = "zh",
) -> None:
    """Count who is within reach of facilities, of each and of all together.

    With --districts from files, without any database; else among the stored districts.
    """
    language = parse_language(lang)
    walking = read_walking(
        profile,
        speed=parse_speed(speed),
        direction=direction,
        penalties=parse_penalties(step_seconds_per_m, crossing_seconds, lift_seconds),
    )
    straight = limits_of(metres=parse_numbers(metres, name="metres") or (), profile=walking.profile)
    timed = limits_of(minutes=parse_numbers(minutes, name="minutes") or (), profile=walking.profile)
    question = CatchmentQuestion(
        walking, straight, (*straight, *timed), parse_date(as_of, option="--as-of")
    )
    if out is not None:
        check_parts_output(out)
    elif not json_:
        raise InputError("--out is missing: name a file to write, or --json for the counts")
    if sum(given is not None for given in (facilities, points, facility or None)) != 1:
        raise InputError("--facilities: give --facilities, --points or --facility, one of them")
    files = StreetFiles(network, barriers, elevation, planarize)
    files.refuse_incomplete()
    options = parse_file_options(crs or (), map_ or ())
    progress = Progress(quiet=json_)
    if districts is not None:
        for name, value in (("--facility", facility), ("--area", area), ("--as-of", as_of)):
            if value:
                raise InputError(f"{name}: is for the database; files are counted whole")
        found, sites, sources, version = counted_from_files(
            question, facilities, points, districts, buildings, files, options, progress
        )
    else:
        for name, path in (("--network", network), ("--buildings", buildings)):
            if path is not None:
                raise InputError(f"{name}: is for files; name --districts, too")
        found, sites, sources, version = counted_in_database(
            question, facilities, points, facility or (), area, options, progress
        )
    told = {
        **walking.as_json(),
        "as_of": question.as_of.isoformat(),
        "area": area,
        "network": version,
        "notices": notices(sources, language),
        **catchment_members(found),
    }
    items = catchment_items(
        found, [str(name) for name in sites.ids], at=range(len(sites.ids)), others={}
    )
    for index, detail in sites.details.items():
        items[index]["detail"] = detail
    if out is not None:
        with feature_file(out) as file:
            file.add("catchments", _rows(sites, items))
            file.add("union", pd.DataFrame([_flat(row) for row in told["union"]]))
            file.finish({name: value for name, value in told.items() if name != "union"})
    if json_:
        typer.echo(compact_json({**told, "items": items}))


def _rows(sites: Sites, items: Sequence[dict[str, Any]]) -> GeoDataFrame:
    """Return a row a facility and limit; one that cannot be used has a row without figures."""
    rows: list[dict[str, Any]] = []
    at: list[int] = []
    for index, item in enumerate(items):
        about = {
            "facility": item["id"],
            "status": item["status"],
            "detail": item.get("detail"),
            "snap_m": item.get("snap_m"),
        }
        for figures in item.get("figures") or [{}]:
            rows.append({**about, **_flat(figures)})
            at.append(index)
    return GeoDataFrame(pd.DataFrame(rows), geometry=sites.geometry[at], crs=WGS84)


def _flat(figures: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, dict):
            flat[name] = value["inside"]
            flat[f"{name}_at_least"] = value["at_least"]
            flat[f"{name}_districts_without"] = value["districts_without"]
            flat[f"{name}_share"] = value["share"]
        else:
            flat[name] = value
    return flat
