"""Reading the files of an import: layers, street networks and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from geopandas import GeoDataFrame
from sqlalchemy import Connection

from service.commands.import_layers import (
    LayerOptions,
    look_at_layer,
    sift_asked_layer,
)
from service.commands.import_network import (
    NetworkOptions,
    read_asked_network,
)
from service.commands.options import FileOptions
from service.commands.osm_layers import NETWORK, read_osm_layers
from service.commands.progress import Progress
from service.core import history
from service.imports.crs_check import UndeclaredCRSError
from service.imports.indicators import ReadIndicators, read_indicators
from service.imports.raw import Reading
from service.imports.reader import ReadLayer, read_layer
from service.imports.sifting import LayerReading
from service.imports.street_reader import ReadNetwork
from service.indicators.fields import KEY
from service.uploads.reading import ReadFile
from spatial.errors import Fault, InputError, InputFaults
from spatial.fields import LAYERS, Layer

INDICATORS: Final = "indicators"
OSM: Final = "osm"
KINDS: Final = (*LAYERS, NETWORK, INDICATORS, OSM)

Read: TypeAlias = ReadLayer | ReadNetwork | ReadIndicators


@dataclass(frozen=True)
class Part:
    """What was read of one file, of one kind; a file of OpenStreetMap has several."""

    kind: str
    path: Path
    read: Read
    # How a layer was read, and where it was sifted what there is to say of its rows.
    reading: LayerReading = field(default_factory=LayerReading)
    file: ReadFile | None = None


@dataclass(frozen=True)
class Source:
    """How files are read, how the database is reached, and the files of no declared system."""

    how: Reading
    connect: Callable[[], Connection]
    undeclared: list[UndeclaredCRSError]


def read_parts(  # noqa: PLR0913  # what is asked, and what is found beside the rows
    kind: str,
    files: Sequence[Path],
    options: FileOptions,
    streets: NetworkOptions,
    assume_status: str | None,
    progress: Progress,
    source: Source,
    *,
    asked: LayerOptions,
    refused: list[Fault] | None,
) -> list[Part]:
    """Read all files, so that the faults of all of them are told at once.

    Those nobody says the system of are entered in `source`: the database may propose one.
    """
    columns = {**options.columns_of(None), **options.columns_of(kind)}
    _refuse_unread(kind, columns, crs=options.crs_of(kind))
    if kind == OSM:
        layers = read_osm_layers(files[0], progress=progress)
        return [Part(layer, files[0], one) for layer, one in layers.items()]
    if kind == NETWORK:
        try:
            network = read_asked_network(
                files, streets, crs=options.crs_of(kind), progress=progress, how=source.how
            )
        except UndeclaredCRSError as error:
            source.undeclared.append(error)
            return []
        return [Part(kind, streets.label(files), network)]
    reading = LayerReading(
        options.crs_of(kind),
        columns,
        assume_status,
        asked.key,
        saved=options.saved,
        kinds_from_names=options.kinds_from_names,
    )
    parts: dict[Path, Part] = {}
    faults: list[Fault] = []
    for path in files:
        if path in parts:
            raise InputError(f"{path}: is named twice")
        with progress.counted("read", f"reading {path}") as told:
            try:
                asked_now = replace(
                    reading,
                    how=replace(source.how, told=told),
                    stored=partial(_stored, source, LAYERS[kind]) if kind in LAYERS else None,
                )
                parts[path] = _read_rows(path, kind, asked_now, asked)
            except InputFaults as error:
                if refused is None or kind not in LAYERS:
                    faults.extend(error.faults)
                    continue
                looked_at = look_at_layer(path, kind, asked_now)
                parts[path] = Part(kind, path, looked_at.read, reading, looked_at)
                refused.extend(error.faults)
            except UndeclaredCRSError as error:
                source.undeclared.append(error)
    faults += _doubles(kind, {path: part.read for path, part in parts.items()})
    if faults:
        raise InputFaults(faults)
    return list(parts.values())


def _read_rows(path: Path, kind: str, reading: LayerReading, asked: LayerOptions) -> Part:
    """Read one file of figures, or of rows of a layer."""
    if kind == INDICATORS:
        read_figures = read_indicators(
            path, columns=reading.columns, saved=reading.saved, how=reading.how
        )
        return Part(kind, path, read_figures)
    if asked.sifts:
        sifted = sift_asked_layer(path, kind, reading, asked)
        return Part(kind, path, sifted.read, reading, sifted)
    read = read_layer(
        path,
        LAYERS[kind],
        crs=reading.crs,
        columns=reading.columns,
        assume_status=reading.assume_status,
        saved=reading.saved,
        kinds_from_names=reading.kinds_from_names,
        how=reading.how,
        stored=reading.stored,
    )
    return Part(kind, path, read, reading)


def _refuse_unread(kind: str, columns: Mapping[str, str], *, crs: str | None) -> None:
    """Refuse options for what files of a kind do not have."""
    if kind == NETWORK and columns:
        raise InputError("--map: street lines have no fields but highway")
    if kind == INDICATORS and crs is not None:
        raise InputError("--crs: figures have no coordinates")
    if kind == OSM and columns:
        raise InputError("--map: OpenStreetMap files have tags, no columns")
    if kind == OSM and crs is not None:
        raise InputError("--crs: OpenStreetMap files are in EPSG:4326")


def _doubles(kind: str, read: Mapping[Path, Read]) -> list[Fault]:
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


def _stored(source: Source, layer: Layer) -> GeoDataFrame:
    return history.current(source.connect(), layer)
