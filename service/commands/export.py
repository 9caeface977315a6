"""``yike export``: what is stored, to files of any format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import Connection

from service.commands.actor import command_actor
from service.commands.options import parse_language
from service.commands.progress import Progress
from service.commands.project_files import check_project_files, export_projects, refuse_options
from service.commands.shared_options import WrittenSystem
from service.core.address import with_database
from service.core.database import create_database_engine
from service.core.keys import Principal
from service.core.parameters import BBox, parse_bbox
from service.core.settings import load_settings
from service.evaluations import service as evaluations
from service.exports.content import Language
from service.exports.formats import FORMATS, format_of
from service.exports.layer_tables import NETWORK
from service.exports.package import Package
from service.exports.stored_layers import Wanted, layer_package, network_package
from service.exports.stored_runs import PARTS, Part, RunWanted, run_package
from service.exports.systems import OutputSystem, output_system
from service.exports.writer import check_output, write_package
from spatial.errors import InputError
from spatial.fields import LAYERS, PROJECTS

EVALUATION: Final = "evaluation"
NEWEST: Final = "newest"
KINDS: Final = (*LAYERS, PROJECTS.name, NETWORK, EVALUATION)


@dataclass(frozen=True)
class _Asked:
    """What a call wants."""

    kind: str
    identifier: str | None
    part: Part | None
    area: str | None
    bbox: BBox | None
    system: OutputSystem
    lang: Language


def export(  # the options of the command, by name only
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"{', '.join(KINDS)}.")],
    identifier: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="Of an evaluation, or 'newest'; version of a network, default the one in use.",
        ),
    ] = None,
    *,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="File to write: "
            f"{', '.join(s for s, one in FORMATS.items() if not one.picture)}. Repeatable."
        ),
    ] = None,
    crs: WrittenSystem = None,
    area: Annotated[
        str | None, typer.Option(help="Code of an area: only what is in it and under it.")
    ] = None,
    bbox: Annotated[
        str | None,
        typer.Option(help="west,south,east,north in degrees: only what touches this box."),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(help="Of an evaluation: districts, findings or areas alone."),
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of texts and headings: zh or en.")] = "zh",
) -> None:
    """Write what is stored to files, each there whole or not at all.

    A layer, the edges of a street network, or an evaluation. Several files are written from one
    state of the data.
    """
    asked = _read(kind, identifier, part, area, bbox, crs, lang)
    if not out:
        raise InputError("--out is missing: name a file to write")
    if kind == PROJECTS.name:
        refuse_options({"--crs": crs})
        check_project_files(out)
    else:
        _check_files(out, asked.system)
    with with_database(load_settings(), report=_say) as settings:
        url = settings.database.url
        if url is None:
            raise InputError("no database is at hand")
        engine = create_database_engine(url.get_secret_value())
        snapshot = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        try:
            with snapshot.connect() as connection, connection.begin():
                if kind == PROJECTS.name:
                    wanted = Wanted(_everyone(), asked.area, asked.bbox)
                    export_projects(connection, wanted, out, lang=asked.lang)
                else:
                    _write(_package(connection, asked), out)
        finally:
            engine.dispose()


def _check_files(out: Sequence[Path], system: OutputSystem) -> None:
    for path in out:
        check_output(path, system=system)
        if format_of(path).picture:
            raise InputError(f"{path}: a map is drawn by yike evaluate")


def _read(  # the options of the command, one each
    kind: str,
    identifier: str | None,
    part: str | None,
    area: str | None,
    bbox: str | None,
    crs: str | None,
    lang: str,
) -> _Asked:
    if kind not in KINDS:
        raise InputError(f"there is no kind '{kind}'; kinds are {', '.join(KINDS)}")
    if kind == EVALUATION and identifier is None:
        raise InputError(f"name the evaluation: its id, or {NEWEST}")
    if kind in {*LAYERS, PROJECTS.name} and identifier is not None:
        raise InputError(f"{kind} are written whole; choose with --area or --bbox")
    if part is not None and kind != EVALUATION:
        raise InputError("--part: is for an evaluation")
    chosen = next((one for one in PARTS if one == part), None)
    if part is not None and chosen is None:
        raise InputError(f"--part: must be {', '.join(PARTS)}, not '{part}'")
    try:
        box = None if bbox is None else parse_bbox(bbox)
    except ValueError as error:
        raise InputError(f"--bbox: {error}") from None
    system = output_system(crs, option="--crs")
    return _Asked(kind, identifier, chosen, area, box, system, parse_language(lang))


def _package(connection: Connection, asked: _Asked) -> Package:
    if asked.kind == EVALUATION:
        stored = _evaluation(connection, asked.identifier or NEWEST)
        return run_package(
            connection,
            stored,
            wanted=RunWanted(asked.part, None, asked.area, asked.bbox),
            lang=asked.lang,
            system=asked.system,
        )
    wanted = Wanted(_everyone(), asked.area, asked.bbox)
    if asked.kind == NETWORK:
        return network_package(
            connection, asked.identifier, wanted=wanted, lang=asked.lang, system=asked.system
        )
    return layer_package(
        connection, LAYERS[asked.kind], wanted=wanted, lang=asked.lang, system=asked.system
    )


def _everyone() -> Principal:
    """Return who sees everything, as whoever can read the database like this command does."""
    return Principal(id=command_actor(), name="", role="viewer", areas=())


def _evaluation(connection: Connection, name: str) -> evaluations.StoredEvaluation:
    if name == NEWEST:
        found = evaluations.list_evaluations(connection, limit=1)
        if not found:
            raise InputError("there is no evaluation yet; run yike evaluate first")
        return found[0]
    stored = evaluations.get(connection, name)
    if stored is None:
        raise InputError(f"there is no evaluation {name!r}")
    return stored


def _write(package: Package, out: Sequence[Path]) -> None:
    progress = Progress()
    for path in out:
        if package.rows is None:
            with progress.stage(f"write {path.name}", f"writing {path}"):
                write_package(path, package)
        else:
            with progress.counting(f"writing {path}", total=package.rows) as tell:
                write_package(path, package.watched(_adding_up(tell, package.rows)))
        _say(f"wrote {path}")
    for notice in package.notices:
        _say(notice)


def _adding_up(tell: Callable[[int, int], None], total: int) -> Callable[[int], None]:
    """Return what is told of more rows and tells of how many there are done."""
    done = 0

    def add(rows: int) -> None:
        nonlocal done
        done += rows
        tell(done, total)

    return add


def _say(message: str) -> None:
    typer.echo(f"yike: {message}", err=True)
