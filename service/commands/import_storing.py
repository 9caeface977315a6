"""Storing what an import has read, and telling what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from service.commands.actor import command_actor
from service.commands.import_layers import LayerOptions, StoredLayer, store_layer
from service.commands.import_network import NetworkOptions, store_read_network
from service.commands.import_reading import OSM, Part
from service.core import audit, history
from service.imports.indicators import ReadIndicators
from service.imports.phrases import Language
from service.imports.street_reader import ReadNetwork
from service.indicators import service as indicators
from service.uploads.reading import read_rows
from service.uploads.request import FIGURES, ImportRequest
from service.uploads.stored_import import Done, record_audit, record_stored
from service.uploads.telling import told_report
from spatial.diagnosis import Diagnosis
from spatial.fields import LAYERS


@dataclass(frozen=True)
class Imported:
    """What became of the rows of one file, or of the layer of it that is named."""

    file: Path
    kind: str
    layer: str | None
    rows: int
    added: int
    changed: int
    unchanged: int
    import_id: str
    diagnosis: Diagnosis | None = None
    stored: StoredLayer | None = None

    @property
    def written(self) -> int:
        """How many rows are otherwise than before."""
        closed = 0 if self.stored is None else self.stored.done.closed
        return self.added + self.changed + closed

    def line(self, *, dry_run: bool) -> str:
        """Return it in one line."""
        would = "would be " if dry_run else ""
        name = f"{self.file}, {self.layer}" if self.layer else str(self.file)
        closed = ""
        if self.stored is not None and self.stored.request.complete:
            closed = f", {self.stored.done.closed} closed"
        return (
            f"{name}: {self.rows} rows read, {would}{self.added} added, "
            f"{self.changed} changed, {self.unchanged} unchanged{closed}"
        )

    def as_json(self, *, dry_run: bool, lang: Language = "zh") -> dict[str, object]:
        """Return it fit for JSON, the texts of the report in a language."""
        stored = self.stored
        return {
            "file": str(self.file),
            "kind": self.kind,
            "dry_run": dry_run,
            "import": None if dry_run else self.import_id,
            "rows": self.rows,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "closed": 0 if stored is None else stored.done.closed,
            "report": None
            if stored is None
            else told_report(stored.report, lang, surface="command"),
        }


def store_part(
    connection: Connection,
    part: Part,
    streets: NetworkOptions,
    *,
    of: str,
    layers: LayerOptions,
    compare: bool,
) -> Imported:
    """Store one part of what the call, of kind `of`, has read."""
    layer = part.kind if of == OSM else None
    if isinstance(part.read, ReadNetwork):
        stored_network = store_read_network(connection, part.path, part.read, streets)
        edges, diagnosis = len(part.read.network.u), stored_network.diagnosis
        added, unchanged = (edges, 0) if stored_network.new else (0, edges)
        return Imported(
            part.path,
            part.kind,
            layer,
            part.read.rows,
            added,
            0,
            unchanged,
            stored_network.import_id,
            diagnosis,
        )
    if isinstance(part.read, ReadIndicators):
        actor = command_actor()
        origin = history.Origin(file=str(part.path), crs="", transformation=None, actor=actor)
        history.lock(connection)
        after = history.data_instant(connection)
        stored = indicators.store(connection, part.read.frame, origin=origin)
        import_id = record_stored(
            connection,
            ImportRequest(FIGURES),
            Done(stored, closed=0),
            {},
            (after, history.data_instant(connection)),
            origin=origin,
        )
        counts = stored.added, stored.changed, stored.unchanged
        return Imported(part.path, part.kind, layer, len(part.read.frame), *counts, import_id)
    reading = part.reading
    # The check of its system may have said more of the read since it was sifted.
    file = (
        read_rows(part.read, LAYERS[part.kind], reading=reading)
        if part.file is None
        else replace(part.file, read=part.read)
    )
    request = layers.request(part.kind, reading)
    done = store_layer(connection, file, request, file=part.path, compare=compare)
    counts = done.done.stored.added, done.done.stored.changed, done.done.stored.unchanged
    rows = file.told["rows"]["read"]
    return Imported(part.path, part.kind, layer, rows, *counts, done.import_id, stored=done)


def record_import(connection: Connection, result: Imported) -> None:
    """Enter in the audit what became of a file; a network has recorded itself."""
    actor = command_actor()
    if result.stored is not None:
        stored = result.stored
        record_audit(
            connection,
            stored.import_id,
            stored.request,
            stored.done,
            file=str(result.file),
            actor=actor,
        )
        return
    audit.record(
        connection,
        actor=actor,
        action="import",
        target=result.kind,
        detail={
            "import": result.import_id,
            "file": str(result.file),
            "rows": result.rows,
            "added": result.added,
            "changed": result.changed,
            "unchanged": result.unchanged,
        },
    )
