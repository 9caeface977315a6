"""What ``yike import network`` does besides: other sources, planarizing, the diagnosis."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import typer
from sqlalchemy import Connection

from service.commands.actor import command_actor
from service.commands.osm_layers import NETWORK
from service.commands.progress import Progress
from service.core import audit, history
from service.core.settings import load_settings
from service.exports.content import Language
from service.imports.raw import PLAIN, Reading
from service.imports.street_reader import ReadNetwork, make_network, read_network
from service.networks.service import latest, store_network, used_since
from service.networks.wording import diagnosis_lines, diagnosis_warnings
from service.uploads import service as uploads
from service.uploads.request import ImportRequest
from spatial.diagnosing import diagnose
from spatial.diagnosis import Diagnosis
from spatial.errors import InputError
from spatial.fields import DISTRICTS, FACILITIES

# Kinds of import that bring a street network.
_WITH_STREETS: Final = (NETWORK, "osm")


@dataclass(frozen=True)
class NetworkOptions:
    """What a call says of the network it imports.

    Parameters
    ----------
    name
        What it shall be called; None for the name of its file or place.
    place, polygon
        What to download; at most one, and no file then.
    planarize
        True to split lines where they cross or touch without a common end.
    elevation
        Raster of the ground's heights that gives the network its slopes; None for none.
    report
        File for the diagnosis; None for none.
    lang
        Language of the diagnosis.
    """

    name: str | None = None
    place: str | None = None
    polygon: Path | None = None
    planarize: bool = False
    elevation: Path | None = None
    report: Path | None = None
    lang: Language = "zh"

    def refuse_unfit(self, kind: str, files: Sequence[Path]) -> None:
        """Refuse what does not go together.

        Raises
        ------
        InputError
            Naming the option.
        """
        if kind not in _WITH_STREETS:
            for option, value in (("--name", self.name), ("--report", self.report)):
                if value is not None:
                    raise InputError(f"{option}: is for a network")
        if kind != NETWORK and self.elevation is not None:
            raise InputError("--elevation: is for a network")
        if kind != NETWORK:
            for option, given in (
                ("--planarize", self.planarize),
                ("--place", self.place is not None),
                ("--polygon", self.polygon is not None),
            ):
                if given:
                    raise InputError(f"{option}: is for import network")
        if self.place is not None and self.polygon is not None:
            raise InputError("--place and --polygon: name one of the two")
        asked = self.place is not None or self.polygon is not None
        if asked and files:
            option = "--place" if self.place is not None else "--polygon"
            raise InputError(f"{option}: downloads the streets; leave the files out")
        if not asked and not files:
            raise InputError(f"import {kind}: name a file")
        if self.report is not None and self.report.suffix.lower() != ".json":
            raise InputError(f"{self.report}: the report is JSON; name a file that ends in .json")

    def label(self, files: Sequence[Path]) -> Path:
        """Return what stands for the file in messages and records."""
        if self.place is not None:
            return Path(self.place)
        return self.polygon or files[0]


def read_asked_network(
    files: Sequence[Path],
    options: NetworkOptions,
    *,
    crs: str | None,
    progress: Progress,
    how: Reading = PLAIN,
) -> ReadNetwork:
    """Read or download the network a call asks for, with its slopes.

    Raises
    ------
    InputError
        When it cannot be had, or is no network.
    """
    read = _read(files, options, crs=crs, progress=progress, how=how)
    if options.elevation is None:
        return read
    # Reading rasters takes a third of a second to load, and most calls have none.
    from service.imports.elevation import add_slope  # noqa: PLC0415

    sloped = add_slope(read, options.elevation)
    traits = sloped.network.traits
    share = ((traits.slope_forward > 1) | (traits.slope_backward > 1)).mean()
    typer.echo(
        f"yike: {options.elevation}: {100 * share:.1f} % of the street edges are not flat", err=True
    )
    return sloped


def _read(
    files: Sequence[Path],
    options: NetworkOptions,
    *,
    crs: str | None,
    progress: Progress,
    how: Reading,
) -> ReadNetwork:
    if options.place is None and options.polygon is None:
        with progress.counted("read", f"reading {files[0]}") as told:
            return read_network(
                files[0], crs=crs, planarize=options.planarize, how=replace(how, told=told)
            )
    # OSMnx takes long to import, and few calls need it.
    from service.imports.download import download_place, download_polygon  # noqa: PLC0415

    cache_dir = load_settings().cache_dir
    with progress.stage("read", f"downloading {options.label(files)}"):
        if options.place is not None:
            if crs is not None:
                raise InputError("--crs: a place has no coordinates of its own")
            lines = download_place(options.place, cache_dir=cache_dir)
        else:
            lines = download_polygon(options.label(files), crs=crs, how=how, cache_dir=cache_dir)
        return make_network(lines, source=str(options.label(files)), planarize=options.planarize)


@dataclass(frozen=True)
class StoredStreets:
    """What became of a network.

    Parameters
    ----------
    new
        Whether it is another than the one that was in use.
    import_id
        The import it is recorded as.
    """

    new: bool
    diagnosis: Diagnosis
    import_id: str


def store_read_network(
    connection: Connection, label: Path, read: ReadNetwork, options: NetworkOptions
) -> StoredStreets:
    """Store a network, looked over with the districts and facilities that are stored."""
    used, used_before = latest(connection), used_since(connection, read.network.version)
    diagnosis = diagnose(
        read.network,
        districts=history.current(connection, DISTRICTS),
        facilities=history.current(connection, FACILITIES),
    )
    version = store_network(
        connection,
        read.network,
        name=options.name or options.place or label.stem,
        source="; ".join(read.sources) or str(label),
        crs=read.origin_crs,
        diagnosis=diagnosis,
    )
    actor = command_actor()
    new, edges = used != version, len(read.network.u)
    # No row of a layer is written.
    instant = history.data_instant(connection)
    import_id = uploads.record_stored(
        connection,
        ImportRequest(NETWORK),
        uploads.Done(history.Stored(edges if new else 0, 0, 0 if new else edges), closed=0),
        {"network": {"version": version, "in_use": not new, "used_before": used_before}},
        (instant, instant),
        origin=history.Origin(
            file=str(label), crs=read.origin_crs, transformation=None, actor=actor
        ),
    )
    audit.record(
        connection,
        actor=actor,
        action="import",
        target=f"network/{version}",
        detail={
            "import": import_id,
            "file": str(label),
            "rows": read.rows,
            "edges": edges,
            **({} if options.elevation is None else {"elevation": str(options.elevation)}),
        },
    )
    return StoredStreets(new, diagnosis, import_id)


def odd_streets(diagnosis: Diagnosis | None, *, label: Path, options: NetworkOptions) -> list[str]:
    """Return what is wrong with a network, if there is one and anything is."""
    if diagnosis is None:
        return []
    return diagnosis_warnings(diagnosis, source=str(label), lang=options.lang)


def tell_network(
    read: ReadNetwork, diagnosis: Diagnosis, *, label: Path, options: NetworkOptions
) -> list[str]:
    """Return what to print of a network, and write the report if one is wanted.

    Raises
    ------
    InputError
        When the report cannot be written.
    """
    if options.report is not None:
        document = {
            "file": str(label),
            "network": read.network.version,
            "crs": read.origin_crs,
            "rows": read.rows,
            "warnings": list(read.warnings),
            "notes": list(read.notes),
            "diagnosis": diagnosis.as_json(),
        }
        text = json.dumps(document, ensure_ascii=False, indent=1)
        try:
            options.report.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            reason = error.strerror or error
            raise InputError(f"{options.report}: cannot be written: {reason}") from None
    return [*read.notes, *diagnosis_lines(diagnosis, lang=options.lang)]
