"""``yike import projects`` and ``yike export projects``: GeoJSON, as ``/v1/projects`` takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import typer
from sqlalchemy import Connection

from service.commands.actor import command_actor
from service.commands.import_storing import Imported, record_import
from service.core import history, scope
from service.core.errors.problem import Detail, ProblemError, pointer
from service.core.feature_check import check_rows
from service.core.feature_input import Row, read_features
from service.core.geojson import encode_json, feature_collection
from service.core.history import Origin
from service.core.json_input import Json, parse_json
from service.core.language import Language
from service.core.named_areas import check_named_areas
from service.core.notices import notice_member
from service.exports.stored_layers import Wanted, require_known_area
from service.exports.writer import check_target, replacing
from service.projects.document import DOCUMENT, FROM_DOCUMENT
from service.uploads.request import ImportRequest
from service.uploads.service import Done, record_stored
from spatial.errors import InputError
from spatial.fields import PROJECTS

SUFFIX: Final = ".geojson"
_FEATURES: Final = frozenset({"Feature", "FeatureCollection"})


def refuse_options(given: Mapping[str, object]) -> None:
    """Refuse options that say how tables and places of other kinds are read.

    Raises
    ------
    InputError
        Naming the first one given.
    """
    for option, value in given.items():
        if value:
            raise InputError(f"{option}: is not for {PROJECTS.name}: they are GeoJSON or JSON")


def import_projects(
    connection: Connection, files: Sequence[Path], *, dry_run: bool, as_json: bool
) -> None:
    """Store the projects of files, all of them or none, and tell what became of each file.

    A file is GeoJSON as ``/v1/projects`` takes and gives it, or one project file as
    ``yike review`` reads it.

    Raises
    ------
    InputError
        Naming file, place and fault, a line each.
    """
    if not files:
        raise InputError(f"import {PROJECTS.name}: name a file")
    read = {path: _rows(path) for path in files}
    history.lock(connection)
    results: list[Imported] = []
    seen: dict[str, Path] = {}
    for path, rows in read.items():
        checked = check_named_areas(connection, check_rows(rows, PROJECTS), rows, PROJECTS)
        if checked.faults:
            faults = [one for index in sorted(checked.faults) for one in checked.faults[index]]
            raise InputError("\n".join(_line(path, one) for one in faults))
        for key in checked.frame[PROJECTS.key]:
            if seen.setdefault(key, path) != path:
                raise InputError(f"{path}: {key!r} is in {seen[key]} too")
        origin = Origin(file=str(path), crs="EPSG:4326", transformation=None, actor=command_actor())
        after = history.data_instant(connection)
        stored = history.store(connection, PROJECTS, checked.frame, origin=origin)
        import_id = record_stored(
            connection,
            ImportRequest(PROJECTS.name),
            Done(stored, closed=0),
            {},
            (after, history.data_instant(connection)),
            origin=origin,
        )
        counts = stored.added, stored.changed, stored.unchanged
        results.append(Imported(path, PROJECTS.name, None, len(rows), *counts, import_id))
    # Last: writers of the audit wait for one another.
    for result in results:
        record_import(connection, result)
    if dry_run:
        connection.rollback()
    else:
        connection.commit()
    if as_json:
        typer.echo(encode_json([one.as_json(dry_run=dry_run) for one in results]))
    else:
        for one in results:
            typer.echo(one.line(dry_run=dry_run))


def check_project_files(out: Sequence[Path]) -> None:
    """Refuse files projects cannot be written to.

    Raises
    ------
    InputError
        Naming the file.
    """
    for path in out:
        if path.suffix.lower() != SUFFIX:
            raise InputError(f"{path}: {PROJECTS.name} are written as {SUFFIX} alone")
        check_target(path)


def export_projects(
    connection: Connection, wanted: Wanted, out: Sequence[Path], *, lang: Language
) -> None:
    """Write the projects stored now, as ``/v1/projects`` shows them and takes them again.

    Raises
    ------
    InputError
        When there is no such area, or a file cannot be written.
    """
    conditions = []
    if wanted.area is not None:
        require_known_area(connection, wanted)
        conditions = scope.in_area(connection, wanted.area, PROJECTS)
    frame = history.current(connection, PROJECTS, *conditions, bbox=wanted.bbox)
    text = feature_collection(
        frame, key=PROJECTS.key, members=notice_member(frame["source"], lang), version="version"
    )
    for path in out:
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _rows(path: Path) -> list[Row]:
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    try:
        document: Json = parse_json(path.read_bytes())
        if isinstance(document, dict) and document.get("type") not in _FEATURES:
            document = {"type": "Feature", "geometry": None, "properties": {DOCUMENT: document}}
        return read_features(document, PROJECTS, derivation=FROM_DOCUMENT)[0]
    except ProblemError as error:
        told = error.errors or (Detail(error.detail, pointer=""),)
        raise InputError("\n".join(_line(path, one) for one in told)) from None


def _line(path: Path, fault: Detail) -> str:
    place = fault.pointer or ""
    # A project file stands alone: its places are those of the document.
    place = place.removeprefix(pointer("properties", DOCUMENT))
    return f"{path}: {f'{place}: ' if place else ''}{fault.detail}"
