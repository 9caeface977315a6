"""``yike import``: layers and street networks from files into the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from service.commands.actor import command_actor
from service.commands.options import FileOptions, parse_file_options
from service.commands.progress import Progress, warn
from service.core import audit, history
from service.core.address import with_database
from service.core.database import create_database_engine
from service.core.settings import load_settings
from service.imports.cells import near
from service.imports.reader import ReadLayer, ReadNetwork, read_layer, read_network
from service.networks.service import latest, store_network
from spatial.errors import Fault, InputError, InputFaults
from spatial.fields import LAYERS, Layer

KINDS = (*LAYERS, "network")


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


def import_(
    kind: Annotated[str, typer.Argument(help=f"What the files hold: {', '.join(KINDS)}.")],
    files: Annotated[list[Path], typer.Argument(help="GeoJSON, GeoPackage, CSV or GeoParquet.")],
    *,
    crs: Annotated[
        str | None,
        typer.Option(help="System of the coordinates where a file does not say, as EPSG:4547."),
    ] = None,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="column=field. Repeatable.")
    ] = None,
    assume_status: Annotated[
        str | None,
        typer.Option(help="Status of facilities that give neither a status nor a date."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the street network.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    verbose: Annotated[bool, typer.Option(help="Print every warning.")] = False,
) -> None:
    """Read files into the database: rows by their identifiers, all of them or none.

    A row that is there already and differs gets a new version; one that does not is left alone.
    """
    _refuse_unknown(kind, files, name=name, assume_status=assume_status)
    options = parse_file_options([crs] if crs else (), map_ or ())
    progress = Progress()
    if kind == "network":
        if options.columns:
            raise InputError("--map: street lines have no fields but highway")
        with progress.stage("read", f"reading {files[0]}"):
            network = read_network(files[0], crs=crs)
        warn(network.warnings, every=verbose)
    else:
        layer = LAYERS[kind]
        layers = _read(files, layer, options, assume_status, progress)
        warn([line for read in layers.values() for line in read.warnings], every=verbose)
    with with_database(load_settings(), report=_say) as settings:
        url = settings.database.url
        if url is None:
            raise InputError("no database is at hand")
        engine = create_database_engine(url.get_secret_value())
        try:
            with engine.connect() as connection, progress.stage("store", "storing"):
                results = (
                    [_store_network(connection, files[0], network, name=name)]
                    if kind == "network"
                    else _store(connection, layer, layers)
                )
                if dry_run:
                    connection.rollback()
                else:
                    connection.commit()
        except IntegrityError as error:
            reason = " ".join(str(error.orig).split())
            raise InputError(f"{', '.join(map(str, files))}: refused: {reason}") from None
        finally:
            engine.dispose()
    for result in results:
        typer.echo(result.line(dry_run=dry_run))


def _refuse_unknown(
    kind: str, files: Sequence[Path], *, name: str | None, assume_status: str | None
) -> None:
    if kind not in KINDS:
        guesses = near(kind, KINDS)
        hint = f"did you mean {guesses[0]}? " if guesses else ""
        raise InputError(f"import: there is no kind '{kind}'; {hint}known are {', '.join(KINDS)}")
    if kind == "network" and len(files) > 1:
        raise InputError("import network: one file makes a network; merge the files first")
    if kind != "network" and name is not None:
        raise InputError("--name: is for a network")
    if kind != "facilities" and assume_status is not None:
        raise InputError("--assume-status: is for facilities")


def _read(
    files: Sequence[Path],
    layer: Layer,
    options: FileOptions,
    assume_status: str | None,
    progress: Progress,
) -> dict[Path, ReadLayer]:
    """Read all files, so that the faults of all of them are told at once."""
    layers: dict[Path, ReadLayer] = {}
    faults: list[Fault] = []
    for path in files:
        if path in layers:
            raise InputError(f"{path}: is named twice")
        with progress.stage("read", f"reading {path}"):
            try:
                layers[path] = read_layer(
                    path,
                    layer,
                    crs=options.crs_of(layer.name),
                    columns={**options.columns_of(None), **options.columns_of(layer.name)},
                    assume_status=assume_status,
                )
            except InputFaults as error:
                faults.extend(error.faults)
    seen: dict[str, tuple[Path, int]] = {}
    for path, read in layers.items():
        for row, key in enumerate(read.frame[layer.key].tolist(), start=1):
            if key in seen:
                other, at = seen[key]
                message = f"'{key}' is already in {other}, row {at}"
                faults.append(Fault(str(path), row, layer.key, message))
            seen.setdefault(key, (path, row))
    if faults:
        raise InputFaults(faults)
    return layers


def _store(connection: Connection, layer: Layer, layers: dict[Path, ReadLayer]) -> list[Imported]:
    actor = command_actor()
    results: list[Imported] = []
    for path, read in layers.items():
        origin = history.Origin(
            file=str(path), crs=read.origin_crs, transformation=read.transformation, actor=actor
        )
        stored = history.store(connection, layer, read.frame, origin=origin)
        results.append(
            Imported(path, len(read.frame), stored.added, stored.changed, stored.unchanged)
        )
    for result in results:
        audit.record(
            connection,
            actor=actor,
            action="import",
            target=layer.name,
            detail={
                "file": str(result.file),
                "rows": result.rows,
                "added": result.added,
                "changed": result.changed,
                "unchanged": result.unchanged,
            },
        )
    return results


def _store_network(
    connection: Connection, path: Path, read: ReadNetwork, *, name: str | None
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
        detail={"file": str(path), "rows": read.rows, "edges": len(read.network.u)},
    )
    return Imported(
        path, read.rows, len(read.network.u) if new else 0, 0, 0 if new else len(read.network.u)
    )


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
