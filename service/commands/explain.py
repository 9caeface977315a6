"""``yike explain``: one finding as a paragraph for a letter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from service.commands.evaluate_reading import Files, check_elevation, read_files
from service.commands.options import (
    parse_date,
    parse_file_options,
    parse_language,
    parse_target_year,
)
from service.commands.progress import Progress, warn
from service.commands.shared_options import (
    AreasFile,
    BuildingsFile,
    CrsAsDeclared,
    DistrictsFile,
    FacilitiesFile,
    FiguresFile,
    ParksFile,
)
from service.core.notices import notices
from service.exports.content import Language
from service.exports.explanation import (
    Explanation,
    explain_found,
    explain_rows,
    parse_area_row,
    parse_finding,
)
from service.exports.region import region_notices
from service.imports.packs import find_packs
from spatial.errors import InputError
from spatial.policy.evaluation import evaluate
from spatial.policy.evaluation_parameters import EvaluationParameters


def explain(  # noqa: PLR0913  # the options of the command, by name only
    finding: Annotated[
        str,
        typer.Argument(
            help="district~rule, the number of a finding, or areas/CODE/RULE.", metavar="FINDING"
        ),
    ],
    *,
    evaluation: Annotated[
        str | None, typer.Option(help="In the database: id of the evaluation; default the newest.")
    ] = None,
    pack: Annotated[
        list[str] | None, typer.Option(help="With files: rule pack, its id or a .yaml file.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="With files: date facilities are seen on, YYYY-MM-DD.")
    ] = None,
    districts: DistrictsFile = None,
    facilities: FacilitiesFile = None,
    network: Annotated[Path | None, typer.Option(help="File of street lines.")] = None,
    elevation: Annotated[
        Path | None, typer.Option(help="GeoTIFF of the ground's heights; as in evaluate.")
    ] = None,
    areas: AreasFile = None,
    buildings: BuildingsFile = None,
    parks: ParksFile = None,
    indicators: FiguresFile = None,
    target_year: Annotated[
        int | None, typer.Option(help="With files: compare with the targets of this year.")
    ] = None,
    crs: Annotated[
        list[str] | None, typer.Option(help="System of coordinates; as in evaluate. Repeatable.")
    ] = None,
    crs_as_declared: CrsAsDeclared = False,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="column=field; as in evaluate. Repeatable.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="Saved mapping of columns; as in evaluate.")
    ] = None,
    kinds_from_names: Annotated[
        bool, typer.Option("--kinds-from-names", help="As in evaluate.")
    ] = False,
    lang: Annotated[str, typer.Option(help="Language of the paragraph: zh or en.")] = "zh",
    json_: Annotated[
        bool, typer.Option("--json", help="Print JSON with the paragraph in both languages.")
    ] = False,
) -> None:
    """Explain a finding in a paragraph for a letter: clause, reading, figures, what would do.

    Of the newest evaluation in the database, of the one named, or, with --pack and files, of
    these.
    """
    language = parse_language(lang)
    files = Files(districts, facilities, network, areas, buildings, parks, indicators)
    check_elevation(elevation, network)
    if files.given():
        if evaluation is not None:
            raise InputError("--evaluation: is for the database; name it or files, not both")
        files.refuse_incomplete()
        packs = find_packs(pack or ())
        read = read_files(
            files,
            options=parse_file_options(
                crs or (),
                map_ or (),
                mapping=mapping,
                kinds_from_names=kinds_from_names,
                crs_as_declared=crs_as_declared,
            ),
            assume_status=None,
            elevation=elevation,
            progress=Progress(quiet=True),
        )
        warn(read.warnings, every=False)
        found = evaluate(
            read.data,
            packs=packs,
            as_of=parse_date(as_of, option="--as-of"),
            parameters=EvaluationParameters(target_year=parse_target_year(target_year)),
        )
        numbered = found.findings.assign(number=range(len(found.findings)))
        row = parse_area_row(finding)
        if row is None:
            explained: Sequence[Explanation] = [
                explain_found(
                    _addressed(numbered, finding), found.districts, address=finding, packs=packs
                )
            ]
        else:
            of_area = (found.areas["code"] == row[0]) & (found.areas["rule"] == row[1])
            explained = explain_rows(found.areas[of_area], code=row[0], rule=row[1], packs=packs)
        said = [
            *notices(read.sources, language),
            *region_notices(found.region, packs, lang=language),
        ]
        _print(explained, said, language, as_json=json_)
        return
    for name, value in (
        ("--pack", pack),
        ("--as-of", as_of),
        ("--target-year", target_year),
        ("--crs", crs),
        ("--crs-as-declared", crs_as_declared),
        ("--map", map_),
        ("--mapping", mapping),
        ("--kinds-from-names", kinds_from_names),
    ):
        if value:
            raise InputError(f"{name}: is for files; a stored evaluation has its own")
    # The database's libraries are not needed to explain files.
    from service.commands.explain_stored import explain_stored  # noqa: PLC0415

    explained, said = explain_stored(finding, evaluation=evaluation, lang=language)
    _print(explained, said, language, as_json=json_)


def _addressed(findings: pd.DataFrame, address: str) -> pd.DataFrame:
    wanted = parse_finding(address)
    if isinstance(wanted, int):
        return findings[findings["number"] == wanted]
    district, rule = wanted
    return findings[(findings["district_id"] == district) & (findings["rule"] == rule)]


def _print(
    explained: Sequence[Explanation], said: Sequence[str], lang: Language, *, as_json: bool
) -> None:
    if as_json:
        rows = [one.as_json(lang) for one in explained]
        typer.echo(json.dumps({"notices": list(said), "rows": rows}, ensure_ascii=False))
        return
    for line in said:
        typer.echo(line)
    for one in explained:
        typer.echo(one.texts[lang])
