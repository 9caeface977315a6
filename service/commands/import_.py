"""``yike import``: layers, street networks and figures from files into the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from service.commands.actor import command_actor
from service.commands.options import FileOptions, parse_file_options
from service.commands.progress import Progress, tell, warn
from service.core import audit, history
from service.core.address import with_database
from service.core.database import create_database_engine
from service.core.settings import load_settings
from service.imports.cells import near
from service.imports.indicators import ReadIndicators, read_indicators, unanswered_figures
from service.imports.packs import shipped_packs
from service.imports.reader import ReadLayer, ReadNetwork, read_layer, read_network
from service.imports.saved_mapping import SavedMapping, save_mapping
from service.indicators import service as indicators
from service.indicators.asked import asked_indicators
from service.indicators.fields import KEY
from service.networks.service import latest, store_network
from service.packs.service import list_packs
from spatial.errors import Fault, InputError, InputFaults
from spatial.fields import LAYERS

NETWORK: Final = "network"
INDICATORS: Final = "indicators"
KINDS: Final = (*LAYERS, NETWORK, INDICATORS)


_Read: TypeAlias = ReadLayer | ReadNetwork | ReadIndicators


@dataclass(frozen=True)
class Imported:
    """What became of the rows of one file."""

    file: Path
    rows: int
    added: int
    changed: int
    unchanged: int

    def line(self, *, dry_run: bool) -> str:
        """Return it in one line."""
        would = "would be " if dry_run else ""
        return (
            f"{self.file}: {self.rows} rows read, {would}{self.added} added, "
            f"{self.changed} changed, {self.unchanged} unchanged"
        )


def import_(  # noqa: PLR0913  # the options of the command, by name only
    kind: Annotated[str, typer.Argument(help=f"What the files hold: {', '.join(KINDS)}.")],
    files: Annotated[
        list[Path], typer.Argument(help="GeoJSON, GeoPackage, CSV or GeoParquet; figures as CSV.")
    ],
    *,
    crs: Annotated[
        str | None,
        typer.Option(help="System of the coordinates where a file does not say, as EPSG:4547."),
    ] = None,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="column=field. Repeatable.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="Saved mapping of columns (.yaml); --map goes before it.")
    ] = None,
    save_mapping_to: Annotated[
        Path | None,
        typer.Option(
            "--save-mapping", help="Write what every column was taken for, to be used as --mapping."
        ),
    ] = None,
    kinds_from_names: Annotated[
        bool,
        typer.Option(
            "--kinds-from-names", help="Facilities without a type are what their names say."
        ),
    ] = False,
    assume_status: Annotated[
        str | None,
        typer.Option(help="Status of facilities that give neither a status nor a date."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the street network.")] = None,
    elevation: Annotated[
        Path | None,
        typer.Option(help="GeoTIFF of the ground's heights: the network gets slopes."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    verbose: Annotated[bool, typer.Option(help="Print every warning.")] = False,
) -> None:
    """Read files into the database: rows by their identifiers, all of them or none.

    A row that is there already and differs gets a new version; one that does not is left alone.
    """
    _refuse_unknown(kind, files, name=name, assume_status=assume_status, elevation=elevation)
    options = parse_file_options(
        [crs] if crs else (),
        map_ or (),
        mapping=mapping,
        kinds_from_names=kinds_from_names,
        save_to=save_mapping_to,
    )
    _refuse_mapping(kind, options)
    progress = Progress()
    read = _read(kind, files, options, assume_status, elevation, progress)
    warn([line for one in read.values() for line in one.warnings], every=verbose)
    layers = [one for one in read.values() if isinstance(one, ReadLayer)]
    tell([line for one in layers for line in one.notes])
    if options.save_to is not None:
        _save_mapping(options.save_to, kind, layers, options)
    with with_database(load_settings(), report=_say) as settings:
        url = settings.database.url
        if url is None:
            raise InputError("no database is at hand")
        engine = create_database_engine(url.get_secret_value())
        try:
            with engine.connect() as connection, progress.stage("store", "storing"):
                warnings = _unanswered(connection, read)
                results = [
                    _store(connection, kind, *one, name=name, elevation=elevation)
                    for one in read.items()
                ]
                # Last: writers of the audit wait for one another. A network has recorded itself.
                for result in results if kind != NETWORK else ():
                    _record(connection, kind, result)
                if dry_run:
                    connection.rollback()
                else:
                    connection.commit()
        except IntegrityError as error:
            reason = " ".join(str(error.orig).split())
            raise InputError(f"{', '.join(map(str, files))}: refused: {reason}") from None
        finally:
            engine.dispose()
    warn(warnings, every=verbose)
    for result in results:
        typer.echo(result.line(dry_run=dry_run))


def _refuse_unknown(
    kind: str,
    files: Sequence[Path],
    *,
    name: str | None,
    assume_status: str | None,
    elevation: Path | None,
) -> None:
    if kind not in KINDS:
        guesses = near(kind, KINDS)
        hint = f"did you mean {guesses[0]}? " if guesses else ""
        raise InputError(f"import: there is no kind '{kind}'; {hint}known are {', '.join(KINDS)}")
    if kind == NETWORK and len(files) > 1:
        raise InputError("import network: one file makes a network; merge the files first")
    if kind != NETWORK and name is not None:
        raise InputError("--name: is for a network")
    if kind != NETWORK and elevation is not None:
        raise InputError("--elevation: is for a network")
    if kind != "facilities" and assume_status is not None:
        raise InputError("--assume-status: is for facilities")


def _refuse_mapping(kind: str, options: FileOptions) -> None:
    """Refuse options of columns and kinds for files that have none."""
    for option, given in (
        ("--mapping", options.saved is not None),
        ("--save-mapping", options.save_to is not None),
    ):
        if given and kind not in LAYERS:
            raise InputError(f"{option}: is for {', '.join(LAYERS)}")
    if options.kinds_from_names and kind != "facilities":
        raise InputError("--kinds-from-names: is for facilities")


def _save_mapping(path: Path, kind: str, layers: Sequence[ReadLayer], options: FileOptions) -> None:
    """Save what the columns of all files together were taken for."""
    layer = options.saved_of(kind)
    for one in layers:
        layer = one.mapping(before=layer)
    save_mapping(path, SavedMapping({} if layer is None else {kind: layer}))
    _say(f"wrote {path}")


def _read(
    kind: str,
    files: Sequence[Path],
    options: FileOptions,
    assume_status: str | None,
    elevation: Path | None,
    progress: Progress,
) -> dict[Path, _Read]:
    """Read all files, so that the faults of all of them are told at once."""
    columns = {**options.columns_of(None), **options.columns_of(kind)}
    if kind == NETWORK and columns:
        raise InputError("--map: street lines have no fields but highway")
    if kind == INDICATORS and options.crs_of(kind) is not None:
        raise InputError("--crs: figures have no coordinates")
    read: dict[Path, _Read] = {}
    faults: list[Fault] = []
    for path in files:
        if path in read:
            raise InputError(f"{path}: is named twice")
        with progress.stage("read", f"reading {path}"):
            try:
                if kind == NETWORK:
                    read[path] = _sloped(read_network(path, crs=options.crs_of(kind)), elevation)
                elif kind == INDICATORS:
                    read[path] = read_indicators(path, columns=columns)
                else:
                    read[path] = read_layer(
                        path,
                        LAYERS[kind],
                        crs=options.crs_of(kind),
                        columns=columns,
                        assume_status=assume_status,
                        saved=options.saved,
                        kinds_from_names=options.kinds_from_names,
                    )
            except InputFaults as error:
                faults.extend(error.faults)
    faults += _doubles(kind, read)
    if faults:
        raise InputFaults(faults)
    return read


def _sloped(read: ReadNetwork, elevation: Path | None) -> ReadNetwork:
    if elevation is None:
        return read
    # Reading rasters takes a third of a second to load, and most calls have none.
    from service.imports.elevation import add_slope  # noqa: PLC0415

    sloped = add_slope(read, elevation)
    traits = sloped.network.traits
    share = ((traits.slope_forward > 1) | (traits.slope_backward > 1)).mean()
    _say(f"{elevation}: {100 * share:.1f} % of the street edges are not flat")
    return sloped


def _doubles(kind: str, read: Mapping[Path, _Read]) -> list[Fault]:
    """Name each row whose identifier stands in another file."""
    names = KEY if kind == INDICATORS else (LAYERS[kind].key,) if kind in LAYERS else ()
    seen: dict[str, tuple[Path, int]] = {}
    faults: list[Fault] = []
    for path, one in read.items():
        if isinstance(one, ReadNetwork):
            continue
        keys = one.frame[list(names)].itertuples(index=False)
        for row, key in enumerate((", ".join(map(str, key)) for key in keys), start=1):
            if key in seen:
                other, at = seen[key]
                message = f"'{key}' is already in {other}, row {at}"
                field = names[0] if len(names) == 1 else None
                faults.append(Fault(str(path), row, field, message))
            seen.setdefault(key, (path, row))
    return faults


def _unanswered(connection: Connection, read: Mapping[Path, _Read]) -> list[str]:
    """Warn of figures that nobody looks up as things are."""
    figures = {path: one for path, one in read.items() if isinstance(one, ReadIndicators)}
    if not figures:
        return []
    asked = asked_indicators([*list_packs(connection), *shipped_packs()])
    codes = {str(code) for one in figures.values() for code in one.frame["area"]}
    known = codes - set(indicators.unknown_areas(connection, codes))
    return [
        line
        for path, one in figures.items()
        for line in unanswered_figures(one.frame, source=str(path), areas=known, asked=asked)
    ]


def _store(
    connection: Connection,
    kind: str,
    path: Path,
    read: _Read,
    *,
    name: str | None,
    elevation: Path | None,
) -> Imported:
    if isinstance(read, ReadNetwork):
        return _store_network(connection, path, read, name=name, elevation=elevation)
    actor = command_actor()
    if isinstance(read, ReadIndicators):
        origin = history.Origin(file=str(path), crs="", transformation=None, actor=actor)
        stored = indicators.store(connection, read.frame, origin=origin)
    else:
        origin = history.Origin(
            file=str(path), crs=read.origin_crs, transformation=read.transformation, actor=actor
        )
        stored = history.store(connection, LAYERS[kind], read.frame, origin=origin)
    return Imported(path, len(read.frame), stored.added, stored.changed, stored.unchanged)


def _record(connection: Connection, kind: str, result: Imported) -> None:
    audit.record(
        connection,
        actor=command_actor(),
        action="import",
        target=kind,
        detail={
            "file": str(result.file),
            "rows": result.rows,
            "added": result.added,
            "changed": result.changed,
            "unchanged": result.unchanged,
        },
    )


def _store_network(
    connection: Connection,
    path: Path,
    read: ReadNetwork,
    *,
    name: str | None,
    elevation: Path | None,
) -> Imported:
    before = latest(connection)
    source = "; ".join(read.sources) or str(path)
    version = store_network(
        connection, read.network, name=name or path.stem, source=source, crs=read.origin_crs
    )
    new = before != version
    audit.record(
        connection,
        actor=command_actor(),
        action="import",
        target=f"network/{version}",
        detail={
            "file": str(path),
            "rows": read.rows,
            "edges": len(read.network.u),
            **({} if elevation is None else {"elevation": str(elevation)}),
        },
    )
    return Imported(
        path, read.rows, len(read.network.u) if new else 0, 0, 0 if new else len(read.network.u)
    )


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
