"""The rows of a layer in ``yike import``: read whole or sifted, compared, stored, told."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from service.commands.actor import command_actor
from service.core.differences import Difference
from service.core.history import Origin
from service.imports.natural_keys import check_key
from service.imports.phrases import Language, tell
from service.imports.sifting import LayerReading
from service.uploads import service as uploads
from service.uploads.comparing import Compared
from service.uploads.reading import ReadFile, read_file
from service.uploads.request import ImportRequest
from service.uploads.stored_import import Done, record_stored
from spatial.errors import Fault, InputError, InputFaults
from spatial.fields import LAYERS


@dataclass(frozen=True)
class LayerOptions:
    """What the options of the command say of the rows of a layer.

    Parameters
    ----------
    quarantine
        File for the rows at fault; None refuses the whole file for one of them.
    key
        Fields rows are known by; empty means their identifier.
    complete
        True if the file lists all there is.
    of
        Of what it lists all: field to text.
    closed_on
        First day what is gone is no longer there; None means today.
    lang
        Language of the reasons in the file of rows set aside.
    """

    quarantine: Path | None = None
    key: tuple[str, ...] = ()
    complete: bool = False
    of: Mapping[str, str] | None = None
    closed_on: date | None = None
    lang: Language = "zh"

    @property
    def sifts(self) -> bool:
        """True where rows are set aside, or known by other fields than their identifier."""
        return self.quarantine is not None or bool(self.key)

    @property
    def given(self) -> list[str]:
        """The options that are given, as they are written."""
        options = {
            "--quarantine": self.quarantine,
            "--key": self.key,
            "--complete": self.complete,
            "--of": self.of,
            "--closed-on": self.closed_on,
        }
        return [name for name, value in options.items() if value]

    def request(self, kind: str, reading: LayerReading) -> ImportRequest:
        """Return what is asked of one file."""
        return ImportRequest(
            kind, reading, complete=self.complete, of=self.of or {}, closed_on=self.closed_on
        )

    def refuse_unfit(self, kind: str, files: Sequence[Path]) -> None:
        """Refuse options that do not go with the kind or the number of files.

        Raises
        ------
        InputError
            Naming the option.
        """
        if kind not in LAYERS:
            if self.given:
                raise InputError(f"{self.given[0]}: is for {', '.join(LAYERS)}")
            return
        for option, value in (("--quarantine", self.quarantine), ("--complete", self.complete)):
            if value and len(files) > 1:
                raise InputError(f"{option}: is for one file at a time")
        self.request(kind, LayerReading()).check()
        check_key(self.key, LAYERS[kind])


def sift_asked_layer(
    path: Path, kind: str, reading: LayerReading, options: LayerOptions
) -> ReadFile:
    """Read the rows of a file that are not to be refused or known as usual.

    Raises
    ------
    InputFaults
        With every fault of every row, unless they are to be set aside.
    """
    if options.quarantine is not None:
        layer = LAYERS[kind]
        return read_file(
            path,
            layer,
            reading,
            label=str(path),
            quarantine=options.quarantine,
            wording=partial(tell, language=options.lang, surface="command"),
        )
    sifted = look_at_layer(path, kind, reading)
    faults = [Fault(str(path), one["row"], one["field"], one["reason"]) for one in _bad(sifted)]
    if faults:
        raise InputFaults(faults)
    return sifted


def look_at_layer(path: Path, kind: str, reading: LayerReading) -> ReadFile:
    """Read the good rows of a file, to tell of the others; nothing of those is kept."""
    with tempfile.TemporaryDirectory(prefix="yike-import-") as folder:
        return read_file(path, LAYERS[kind], reading, label=str(path), quarantine=Path(folder))


def _bad(read: ReadFile) -> list[Mapping[str, Any]]:
    """Return what would refuse a file that nobody said to repair."""
    repaired = [
        {"row": one["row"], "field": "geometry", "reason": f"is not valid: {one['detail']}"}
        for one in read.told["repairs"]
    ]
    return sorted([*read.told["quarantined"], *repaired], key=lambda one: one["row"])


@dataclass(frozen=True)
class StoredLayer:
    """What became of the rows of a file.

    Parameters
    ----------
    import_id
        The import it is recorded as.
    request
        What was asked.
    done
        What changed.
    report
        The whole report; without a comparison where nobody asked for one.
    """

    import_id: str
    request: ImportRequest
    done: Done
    report: Mapping[str, Any]


def store_layer(
    connection: Connection, read: ReadFile, request: ImportRequest, *, file: Path, compare: bool
) -> StoredLayer:
    """Store the rows of a file and record the import; the audit is the caller's.

    Parameters
    ----------
    compare
        True to tell what changes, key by key; a complete list and a key of other fields are
        always compared.
    """
    if compare or request.complete or request.reading.key:
        compared, report = uploads.preview(connection, request, read.frame, read.told)
    else:
        compared = Compared(read.frame, Difference((), (), {}, 0, (), ""), {})
        report = dict(read.told)
    origin = Origin(
        file=str(file),
        crs=read.read.origin_crs,
        transformation=read.read.transformation,
        actor=command_actor(),
    )
    done, after, until = uploads.store_rows(connection, compared, request, origin=origin)
    import_id = record_stored(connection, request, done, report, (after, until), origin=origin)
    return StoredLayer(import_id, request, done, report)
