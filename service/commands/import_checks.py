"""What is looked at in the database before what was read is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from service.commands.import_reading import Part
from service.commands.import_systems import check_against_stored
from service.commands.options import FileOptions
from service.imports.crs_check import UndeclaredCRSError
from service.imports.indicators import ReadIndicators, unanswered_figures
from service.imports.packs import shipped_packs
from service.indicators import service as indicators
from service.indicators.asked import asked_indicators
from service.packs.service import list_packs
from spatial.fields import AREAS


def checked_parts(
    connection: Connection,
    read: Sequence[Part],
    undeclared: Sequence[UndeclaredCRSError],
    options: FileOptions,
    *,
    cache_dir: Path,
) -> tuple[list[Part], list[str]]:
    """Check the systems of what was read; return it, and what is to be warned of."""
    placed = {
        at: part.read
        for at, part in enumerate(read)
        if not isinstance(part.read, ReadIndicators) and part.kind != AREAS.name
    }
    checked, warnings = check_against_stored(
        connection,
        list(placed.values()),
        undeclared,
        as_declared=options.crs_as_declared,
        cache_dir=cache_dir,
    )
    again = dict(zip(placed, checked, strict=True))
    return [replace(part, read=again.get(at, part.read)) for at, part in enumerate(read)], warnings


def unanswered(connection: Connection, read: Sequence[Part]) -> list[str]:
    """Warn of figures that nobody looks up as things are."""
    figures = {part.path: part.read for part in read if isinstance(part.read, ReadIndicators)}
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
