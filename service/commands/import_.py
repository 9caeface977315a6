"""``yike import``: layers, street networks and figures from files into the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from service.commands.import_checks import checked_parts, unanswered
from service.commands.import_layers import LayerOptions
from service.commands.import_network import NetworkOptions, odd_streets
from service.commands.import_reading import Source, read_parts
from service.commands.import_refusals import (
    ALL_KINDS,
    parse_equation,
    refuse_mapping,
    refuse_unknown,
)
from service.commands.import_storing import record_import, store_part
from service.commands.import_telling import say, tell_columns, tell_import
from service.commands.options import parse_date, parse_file_options, parse_language, parse_reading
from service.commands.osm_layers import NETWORK
from service.commands.progress import Progress, warn
from service.commands.project_files import import_projects, refuse_options
from service.commands.shared_options import (
    AssumedStatus,
    CrsAsDeclared,
    HeadingRow,
    KindsFromNames,
    Planarize,
    SavedMappingFile,
    TextEncoding,
    Verbose,
)
from service.core.address import with_database
from service.core.database import create_database_engine
from service.core.geojson import encode_json
from service.core.settings import Settings, load_settings
from service.imports.apart import Apart
from service.imports.crs_check import UndeclaredCRSError
from spatial.errors import Fault, InputError, InputFaults
from spatial.fields import PROJECTS


def import_(  # noqa: PLR0913  # the options of the command, by name only
    kind: Annotated[str, typer.Argument(help=f"What the files hold: {', '.join(ALL_KINDS)}.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="GeoJSON, GeoPackage, Shapefile, FlatGeobuf, CSV, XLSX, GeoParquet, KML, DXF, "
            "or one of them in a zip; CSV and XLSX without coordinates change what is stored. "
            "Figures as CSV; network and osm: OpenStreetMap PBF or XML; network also: MapInfo, "
            "GraphML."
        ),
    ] = None,
    *,
    crs: Annotated[
        str | None,
        typer.Option(
            help="System of the coordinates where a file does not say: EPSG:4547, GCJ-02, BD-09; "
            "EPSG:4547,yx where northing comes first."
        ),
    ] = None,
    crs_as_declared: CrsAsDeclared = False,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="column=field. Repeatable.")
    ] = None,
    mapping: SavedMappingFile = None,
    save_mapping_to: Annotated[
        Path | None,
        typer.Option(
            "--save-mapping", help="Write what every column was taken for, to be used as --mapping."
        ),
    ] = None,
    kinds_from_names: KindsFromNames = False,
    assume_status: AssumedStatus = None,
    name: Annotated[str | None, typer.Option(help="Name of the street network.")] = None,
    place: Annotated[
        str | None,
        typer.Option(help="Download the streets of a place, as '金华市, 浙江', instead of a file."),
    ] = None,
    polygon: Annotated[
        Path | None,
        typer.Option(help="Download the streets inside the polygons of a file."),
    ] = None,
    planarize: Planarize = False,
    report: Annotated[
        Path | None, typer.Option(help="File for the diagnosis of the network, .json.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="Language of the report: zh or en.")] = None,
    elevation: Annotated[
        Path | None,
        typer.Option(help="GeoTIFF of the ground's heights: the network gets slopes."),
    ] = None,
    quarantine: Annotated[
        Path | None,
        typer.Option(
            help="Set rows at fault aside in this file (.geojson, .csv, .xlsx, .gpkg, .parquet), "
            "and repair geometries, instead of refusing the whole file."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="Fields rows are known by instead of an identifier: name,community."),
    ] = None,
    complete: Annotated[
        bool,
        typer.Option("--complete", help="The file lists all there is: close what it lacks."),
    ] = False,
    of: Annotated[
        list[str] | None,
        typer.Option(help="What it is the complete list of, as kind=nursery. Repeatable."),
    ] = None,
    closed_on: Annotated[
        str | None, typer.Option(help="First day what is gone is not there; default today.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
    encoding: TextEncoding = None,
    heading_row: HeadingRow = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would change, row by row, and change nothing."),
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Read files into the database: rows by their identifiers, all of them or none.

    A row that is there already and differs gets a new version; one that does not is left alone.
    Of a street network it is told what is odd about it.
    """
    settings = load_settings()
    files = files or []
    if kind == PROJECTS.name:
        refuse_options(
            {
                "--crs": crs,
                "--crs-as-declared": crs_as_declared,
                "--map": map_,
                "--mapping": mapping,
                "--save-mapping": save_mapping_to,
                "--kinds-from-names": kinds_from_names,
                "--assume-status": assume_status,
                "--name": name,
                "--place": place,
                "--polygon": polygon,
                "--planarize": planarize,
                "--report": report,
                "--elevation": elevation,
                "--quarantine": quarantine,
                "--key": key,
                "--complete": complete,
                "--of": of,
                "--closed-on": closed_on,
                "--encoding": encoding,
                "--heading-row": heading_row,
            }
        )
        with _database(settings) as connect:
            import_projects(connect(), files, dry_run=dry_run, as_json=json_)
        return
    streets = NetworkOptions(
        name=name,
        place=place,
        polygon=polygon,
        planarize=planarize,
        elevation=elevation,
        report=report,
        lang=settings.lang if lang is None else parse_language(lang),
    )
    refuse_unknown(kind, files, streets, assume_status=assume_status)
    options = parse_file_options(
        [crs] if crs else (),
        map_ or (),
        mapping=mapping,
        kinds_from_names=kinds_from_names,
        save_to=save_mapping_to,
        crs_as_declared=crs_as_declared,
    )
    refuse_mapping(kind, options)
    layers = LayerOptions(
        quarantine=quarantine,
        key=tuple(part.strip() for part in key.split(",")) if key else (),
        complete=complete,
        of=dict(parse_equation(text) for text in of or ()),
        closed_on=None if closed_on is None else parse_date(closed_on, option="--closed-on"),
        lang=streets.lang,
    )
    layers.refuse_unfit(kind, files)
    progress = Progress()
    asked = parse_reading(encoding, heading_row)
    undeclared: list[UndeclaredCRSError] = []
    refused: list[Fault] = []
    with Apart(memory_bytes=asked.limits.memory_bytes) as apart, _database(settings) as connect:
        # Before the progress bar has a thread of its own.
        apart.start()
        how = replace(asked, apart=apart)
        source = Source(how, connect, undeclared)
        read = read_parts(
            kind,
            files,
            options,
            streets,
            assume_status,
            progress,
            source,
            asked=layers,
            # What would be refused is looked at, and refused afterwards.
            refused=refused if dry_run else None,
        )
        apart.close()
        warn([line for part in read for line in part.read.warnings], every=verbose)
        tell_columns(kind, [part.read for part in read], options)
        try:
            with progress.stage("store", "storing"):
                connection = connect()
                read, warnings = checked_parts(
                    connection, read, undeclared, options, cache_dir=settings.cache_dir
                )
                warnings += unanswered(connection, read)
                compare = dry_run or json_
                results = [
                    store_part(connection, part, streets, of=kind, layers=layers, compare=compare)
                    for part in read
                ]
                # Last: writers of the audit wait for one another. A network has recorded itself.
                for result in results:
                    if result.kind != NETWORK:
                        record_import(connection, result)
                if dry_run:
                    connection.rollback()
                else:
                    connection.commit()
        except IntegrityError as error:
            reason = " ".join(str(error.orig).split())
            named = ", ".join(map(str, files)) or str(streets.label(files))
            raise InputError(f"{named}: refused: {reason}") from None
    for result in results:
        warnings += odd_streets(result.diagnosis, label=result.file, options=streets)
    warn(warnings, every=verbose)
    if json_:
        typer.echo(
            encode_json([result.as_json(dry_run=dry_run, lang=streets.lang) for result in results])
        )
    for part, result in zip(read, results, strict=True):
        tell_import(part, result, streets, dry_run=dry_run, json_=json_)
    if refused:
        raise InputFaults(refused)


@contextmanager
def _database(settings: Settings) -> Iterator[Callable[[], Connection]]:
    """Give a function that connects to the database, made ready when first asked for."""
    with ExitStack() as stack:
        opened: list[Connection] = []

        def connect() -> Connection:
            if not opened:
                ready = stack.enter_context(with_database(settings, report=say))
                url = ready.database.url
                if url is None:
                    raise InputError("no database is at hand")
                engine = create_database_engine(url.get_secret_value())
                stack.callback(engine.dispose)
                opened.append(stack.enter_context(engine.connect()))
            return opened[0]

        yield connect
