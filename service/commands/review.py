"""``yike review``: one housing project at one stage, clause by clause."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Final

import typer
from geopandas import GeoDataFrame

from service.commands.asked_layer import read_asked_layer
from service.commands.opinion_files import OutOption, wanted_files, write_opinion
from service.commands.options import (
    FileOptions,
    parse_date,
    parse_file_options,
    parse_language,
)
from service.commands.progress import warn
from service.commands.shared_options import TextLanguage
from service.core.language import Language
from service.core.notices import notices
from service.imports.packs import find_packs, shipped_packs
from service.imports.street_reader import read_network
from service.reports.opinion import Opinion
from service.reviews.choosing import packs_of_area
from service.reviews.project_file import read_project
from spatial.errors import InputError
from spatial.fields import DISTRICTS, FACILITIES
from spatial.policy.pack import Pack
from spatial.policy.review.document import review_document
from spatial.policy.review.placing import Surroundings
from spatial.policy.review.project import Project
from spatial.policy.review.report import report_text
from spatial.policy.review.review import Review, ReviewParameters
from spatial.policy.review.review import review as review_project
from spatial.policy.review.verdict import REFUSED

EXIT_REFUSED: Final = 3
EXIT_UNDETERMINED: Final = 4


def review(  # noqa: PLR0913  # the options of the command, by name only
    project: Annotated[Path, typer.Argument(help="Project as JSON.", metavar="PROJECT.json")],
    *,
    stage: Annotated[
        str | None,
        typer.Option(
            help="plan, land_grant, design, verification, completion or handover; default the "
            "project's own."
        ),
    ] = None,
    pack: Annotated[
        list[str] | None,
        typer.Option(
            help="Rule pack: its id, or a .yaml file. Repeatable; default those whose region "
            "holds the project's area."
        ),
    ] = None,
    districts: Annotated[
        Path | None,
        typer.Option(help="File of the districts around: who gains or loses by the project."),
    ] = None,
    facilities: Annotated[
        Path | None, typer.Option(help="File of the facilities around; no database is asked.")
    ] = None,
    network: Annotated[
        Path | None, typer.Option(help="File of street lines; no database is asked.")
    ] = None,
    neighbours: Annotated[
        bool,
        typer.Option(
            "--neighbours", help="In the database: which districts around gain or lose coverage."
        ),
    ] = False,
    alone: Annotated[
        bool,
        typer.Option(
            "--alone", help="Review the project with nothing known around it, without a database."
        ),
    ] = False,
    as_of: Annotated[
        str | None, typer.Option(help="Date the project is seen on, YYYY-MM-DD; default today.")
    ] = None,
    shrink_tolerance: Annotated[
        str | None,
        typer.Option(
            help="Share by which what is built may fall short of what was approved, as 0.01; "
            "default the pack's, which is 0."
        ),
    ] = None,
    crs: Annotated[
        list[str] | None,
        typer.Option(help="System of the coordinates where a file does not say; facilities=…"),
    ] = None,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="column=field, or facilities:column=field.")
    ] = None,
    store: Annotated[
        bool,
        typer.Option(
            "--store", help="Store the review in the database, as a draft, with all it rests on."
        ),
    ] = False,
    illustration: Annotated[
        bool,
        typer.Option(
            "--illustration", help="Store it though the project lies outside a pack's region."
        ),
    ] = False,
    out: OutOption = None,
    lang: TextLanguage = "zh",
    json_: Annotated[
        bool, typer.Option("--json", help="Print the review as JSON, and nothing else.")
    ] = False,
) -> None:
    """Review a housing project at a stage; nothing is stored without --store.

    With --facilities and --network from files, with --alone without either; else with what is
    stored around it. Exit 0: pass, or pass with advice; 3: not passed; 4: undetermined; 2: input
    that cannot be used.

    Stored reviews: yike review list, show ID, replay ID, override ID, sign ID; each has a --help
    of its own.
    """
    language = parse_language(lang)
    on = parse_date(as_of, option="--as-of")
    parameters = ReviewParameters(shrink_tolerance=_share(shrink_tolerance))
    wanted = wanted_files(out)
    submitted = read_project(project)
    if illustration and not store:
        raise InputError("--illustration: is for reviews that are stored, with --store")
    if store:
        if alone or any(path is not None for path in (districts, facilities, network)):
            raise InputError("--store: keeps what the database holds around; name no files")
        # The database's libraries are not needed to review with files.
        from service.commands.review_stored import store_review  # noqa: PLC0415
        from service.reviews.question import Question  # noqa: PLC0415

        question = Question(
            stage=stage,
            pack_ids=tuple(pack or ()),
            as_of=on,
            shrink_tolerance=parameters.shrink_tolerance,
            neighbours=neighbours,
            illustration=illustration,
        )
        raise typer.Exit(
            exit_code(store_review(project, question, lang=language, as_json=json_, out=wanted))
        )
    packs = _packs(pack or (), submitted)
    if alone and any(path is not None for path in (districts, facilities, network)):
        raise InputError("--alone: leaves out what --districts, --facilities and --network name")
    given = alone or any(path is not None for path in (districts, facilities, network))
    if neighbours and given:
        raise InputError("--neighbours: asks the database; name their file with --districts")
    if districts is not None and facilities is None:
        raise InputError("--districts: gain and lose by facilities; name them with --facilities")
    around = Surroundings()
    sources: tuple[object, ...] = ()
    if given and not alone:
        around, sources = _from_files(
            districts, facilities, network, parse_file_options(crs or (), map_ or ())
        )
    elif not alone:
        around, sources = _stored(submitted, on, neighbours=neighbours)
    found = review_project(
        submitted,
        packs=packs,
        stage=stage,
        as_of=on,
        surroundings=around,
        parameters=parameters,
    )
    write_opinion(
        wanted,
        lambda drawn: _opinion(found, packs, around, sources, lang=language, drawn=drawn),
    )
    said = notices(sources, language)
    if json_:
        document = {**review_document(found, lang=language), "notices": said}
        typer.echo(json.dumps(document, ensure_ascii=False))
    else:
        typer.echo("\n".join([report_text(found, packs=packs, lang=language), *said]))
    raise typer.Exit(exit_code(found.verdict))


def _opinion(
    found: Review,
    packs: Sequence[Pack],
    around: Surroundings,
    sources: Sequence[object],
    *,
    lang: Language,
    drawn: bool,
) -> Opinion:
    from service.reports.review_opinion import review_opinion  # noqa: PLC0415

    return review_opinion(
        found,
        project=found.project,
        packs=packs,
        surroundings=around,
        sources=sources,
        lang=lang,
        drawn=drawn,
    )


def exit_code(verdict: str) -> int:
    """Return what the command ends with, by the verdict of the review."""
    if verdict == REFUSED:
        return EXIT_REFUSED
    return EXIT_UNDETERMINED if verdict == "undetermined" else 0


def _packs(names: Sequence[str], project: Project) -> list[Pack]:
    if names:
        return list(find_packs(names))
    chosen = packs_of_area(shipped_packs(), project.area)
    if not chosen:
        where = "the project names no area" if project.area is None else f"area {project.area}"
        known = ", ".join(pack.id for pack in shipped_packs())
        raise InputError(f"--pack is missing: {where} is in no pack's region; known are {known}")
    return chosen


def _share(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InputError(f"--shrink-tolerance: must be a share like 0.01, not '{text}'") from None


def _from_files(
    districts: Path | None, facilities: Path | None, network: Path | None, options: FileOptions
) -> tuple[Surroundings, tuple[object, ...]]:
    sources: list[object] = []
    frames: dict[str, GeoDataFrame] = {}
    for layer, path in ((DISTRICTS, districts), (FACILITIES, facilities)):
        if path is None:
            continue
        read = read_asked_layer(path, layer, options)
        warn(read.warnings, every=False)
        frames[layer.name] = read.frame
        sources += read.frame["source"].tolist()
    streets = None
    if network is not None:
        lines = read_network(network, crs=options.crs_of("network"), how=options.how)
        warn(lines.warnings, every=False)
        streets = lines.network
        sources += lines.sources
    around = Surroundings(frames.get("facilities"), streets, frames.get("districts"))
    return around, tuple(sources)


def _stored(
    project: Project, on: date, *, neighbours: bool
) -> tuple[Surroundings, tuple[object, ...]]:
    # The database's libraries are not needed to review with files.
    from service.commands.reach_data import database  # noqa: PLC0415
    from service.reviews.surroundings import stored_surroundings  # noqa: PLC0415

    with database() as (connection, cache):
        stored = stored_surroundings(
            connection,
            project,
            as_of=on,
            network=cache.latest(connection),
            neighbours=() if neighbours else None,
        )
    return stored.found, stored.sources
