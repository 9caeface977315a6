"""``yike evaluate``: from files to files without a database, or in the database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from service.commands.evaluate_files import evaluate_files
from service.commands.evaluate_reading import Files, check_elevation
from service.commands.evaluation_output import Output
from service.commands.options import (
    parse_date,
    parse_file_options,
    parse_language,
    parse_reading,
    parse_seconds,
    parse_target_year,
)
from service.commands.shared_options import (
    AreasFile,
    AssumedStatus,
    BuildingsFile,
    CrsAsDeclared,
    DistrictsFile,
    FacilitiesFile,
    FiguresFile,
    HeadingRow,
    KindsFromNames,
    ParksFile,
    Planarize,
    SavedMappingFile,
    SeenOn,
    TextEncoding,
    TextLanguage,
    Verbose,
    WrittenSystem,
)
from service.exports.formats import FORMATS
from service.exports.systems import output_system
from service.exports.writer import check_output
from service.imports.packs import find_packs
from spatial.errors import InputError
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.profiles import Penalties


def evaluate(  # noqa: PLR0913  # the options of the command, by name only
    *,
    pack: Annotated[
        list[str] | None, typer.Option(help="Rule pack: its id, or a .yaml file. Repeatable.")
    ] = None,
    as_of: SeenOn = None,
    districts: DistrictsFile = None,
    facilities: FacilitiesFile = None,
    network: Annotated[
        Path | None, typer.Option(help="File of street lines, or OpenStreetMap PBF or XML.")
    ] = None,
    osm: Annotated[
        Path | None,
        typer.Option(
            help="OpenStreetMap PBF or XML: districts, buildings, facilities and streets, each "
            "unless an option of its own names a file."
        ),
    ] = None,
    elevation: Annotated[
        Path | None,
        typer.Option(help="GeoTIFF of the ground's heights: walking on --network counts slope."),
    ] = None,
    areas: AreasFile = None,
    buildings: BuildingsFile = None,
    parks: ParksFile = None,
    indicators: FiguresFile = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(help=f"File to write: {', '.join(FORMATS)}. Repeatable."),
    ] = None,
    out_crs: WrittenSystem = None,
    area: Annotated[
        str | None, typer.Option(help="In the database: code of the area to evaluate.")
    ] = None,
    crs: Annotated[
        list[str] | None,
        typer.Option(
            help="System of the coordinates where a file does not say, as EPSG:4547, GCJ-02, "
            "BD-09; of one file, districts=EPSG:4547. Repeatable."
        ),
    ] = None,
    crs_as_declared: CrsAsDeclared = False,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="column=field, or districts:column=field for one file. Repeatable."
        ),
    ] = None,
    mapping: SavedMappingFile = None,
    save_mapping: Annotated[
        Path | None,
        typer.Option(help="Write what every column was taken for, to be used as --mapping."),
    ] = None,
    kinds_from_names: KindsFromNames = False,
    assume_status: AssumedStatus = None,
    planarize: Planarize = False,
    encoding: TextEncoding = None,
    heading_row: HeadingRow = None,
    snap_limit_m: Annotated[
        float, typer.Option(help="Farther than this from every street is off the network.")
    ] = 200.0,
    barriers: Annotated[
        Path | None,
        typer.Option(help="File of lines and polygons that nobody walks across or into."),
    ] = None,
    step_seconds_per_m: Annotated[
        float | None, typer.Option(help="Seconds lost on each metre of stairs; default none.")
    ] = None,
    crossing_seconds: Annotated[
        float | None, typer.Option(help="Seconds lost at each road crossing; default none.")
    ] = None,
    lift_seconds: Annotated[
        float | None, typer.Option(help="Seconds lost for each lift; default none.")
    ] = None,
    target_year: Annotated[
        int | None,
        typer.Option(help="Compare with the targets of this year, due or not."),
    ] = None,
    lang: TextLanguage = "zh",
    json_: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON, and nothing else.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Evaluate every district and area, clause by clause.

    With --districts and --facilities, or --osm, from files to the files of --out, without any
    database; with --areas alone only the rules about areas; else what is stored in the database.
    """
    system = output_system(out_crs, option="--out-crs")
    output = Output(tuple(out or ()), parse_language(lang), json_, verbose, system)
    for path in output.out:
        check_output(path, system=system)
    parameters = EvaluationParameters(
        snap_limit_m=snap_limit_m,
        target_year=parse_target_year(target_year),
        penalties=Penalties(
            step_seconds_per_m=parse_seconds(step_seconds_per_m, option="--step-seconds-per-m"),
            crossing_seconds=parse_seconds(crossing_seconds, option="--crossing-seconds"),
            lift_seconds=parse_seconds(lift_seconds, option="--lift-seconds"),
        ),
    )
    on = parse_date(as_of, option="--as-of")
    options = replace(
        parse_file_options(
            crs or (),
            map_ or (),
            mapping=mapping,
            kinds_from_names=kinds_from_names,
            save_to=save_mapping,
            crs_as_declared=crs_as_declared,
        ),
        planarize=planarize,
        how=parse_reading(encoding, heading_row),
    )
    files = Files(
        districts, facilities, network, areas, buildings, parks, indicators, barriers, osm
    )
    check_elevation(elevation, network or osm)
    if files.given():
        if area is not None:
            raise InputError("--area: is for the database; files are evaluated whole")
        files.refuse_incomplete()
        if not output.out and not output.json:
            raise InputError("--out is missing: name a file to write, or --json for a summary")
        if planarize and network is None:
            raise InputError("--planarize: is for street lines; name them with --network")
        evaluate_files(
            files,
            find_packs(pack or ()),
            as_of=on,
            parameters=parameters,
            options=options,
            assume_status=assume_status,
            elevation=elevation,
            output=output,
        )
        return
    for name, value in (
        ("--crs", crs),
        ("--crs-as-declared", crs_as_declared),
        ("--map", map_),
        ("--mapping", mapping),
        ("--save-mapping", save_mapping),
        ("--kinds-from-names", kinds_from_names),
        ("--assume-status", assume_status),
        ("--planarize", planarize),
        ("--encoding", encoding),
        ("--heading-row", heading_row),
    ):
        if value:
            raise InputError(f"{name}: is for files; name them with --districts and --facilities")
    # The database's libraries are not needed to evaluate files.
    from service.commands.evaluate_stored import evaluate_stored  # noqa: PLC0415

    evaluate_stored(
        find_packs(pack or ()), as_of=on, area=area, parameters=parameters, output=output
    )
