"""Evaluating files without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from service.commands.evaluate_reading import Files, read_files
from service.commands.evaluation_output import Output, report
from service.commands.options import FileOptions
from service.commands.progress import Progress, tell
from service.core.notices import notices
from service.exports.formats import format_of
from service.exports.region import region_notices
from service.exports.summary import WORST, slope_words
from service.exports.writer import write_evaluation
from service.imports.indicators import unanswered_figures
from service.imports.saved_mapping import save_mapping
from service.indicators.asked import asked_indicators
from service.networks.wording import diagnosis_warnings
from spatial.diagnosing import diagnose
from spatial.errors import InputError
from spatial.network import Network
from spatial.policy.evaluation import evaluate
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.output import output_districts
from spatial.policy.pack import Pack
from spatial.policy.planning_data import PlanningData
from spatial.policy.slope_effect import SlopeEffect, slope_effect
from spatial.policy.summary import summarise
from spatial.slope import without_slope


def evaluate_files(
    files: Files,
    packs: Sequence[Pack],
    *,
    as_of: date,
    parameters: EvaluationParameters,
    options: FileOptions,
    assume_status: str | None,
    elevation: Path | None = None,
    output: Output,
) -> None:
    """Read files, evaluate them, write the outputs and report.

    Raises
    ------
    InputError
        When anything given cannot be used; then nothing is written.
    """
    if files.districts is None and files.osm is None:
        _refuse_pictures(output)
    progress = Progress(quiet=output.json)
    read = read_files(
        files,
        options=options,
        assume_status=assume_status,
        elevation=elevation,
        progress=progress,
    )
    tell(read.notes)
    if options.save_to is not None:
        save_mapping(options.save_to, read.mapping)
    with progress.stage("evaluate", "evaluating"):
        evaluation = evaluate(read.data, packs=packs, as_of=as_of, parameters=parameters)
    effect: SlopeEffect | None = None
    network = read.data.network
    if network is not None and network.has_slope:
        with progress.stage("evaluate without slope", "evaluating without slope"):
            data = replace(read.data, network=without_slope(network))
            level = evaluate(data, packs=packs, as_of=as_of, parameters=parameters)
            effect = slope_effect(evaluation, level)
    elif elevation is not None:
        # Asked for, and there is none: that is an answer too.
        effect = slope_effect(evaluation, evaluation)
    said = notices(read.sources, output.lang)
    said += region_notices(evaluation.region, packs, lang=output.lang)
    if effect is not None:
        said.append(slope_words(effect.as_json(), lang=output.lang))
    for path in output.out:
        with progress.stage(f"write {path.suffix}", f"writing {path}"):
            write_evaluation(
                path,
                evaluation,
                packs=packs,
                lang=output.lang,
                notices=said,
                system=output.system,
                facilities=read.data.facilities,
                network=read.data.network,
            )
    # What the evaluation took is told by its own stages.
    around = {name: taken for name, taken in progress.seconds.items() if name != "evaluate"}
    reading = {name: taken for name, taken in around.items() if name.startswith("read")}
    writing = {name: taken for name, taken in around.items() if name not in reading}
    summary = {"evaluation": None, **summarise(evaluation)}
    del summary["seconds"]
    if effect is not None:
        summary["slope"] = effect.as_json()
    summary["seconds"] = {
        name: round(taken, 3)
        for name, taken in (reading | dict(evaluation.seconds) | writing).items()
    }
    worst = output_districts(
        evaluation.districts.head(WORST), evaluation.findings, packs=packs, lang=output.lang
    )
    report(
        summary,
        worst,
        notices=said,
        warnings=(
            *read.warnings,
            *_odd_streets(files, read.streets, output),
            *_unanswered_figures(files, read.data, packs),
            *evaluation.warnings,
        ),
        output=output,
    )


def _odd_streets(files: Files, streets: Network | None, output: Output) -> list[str]:
    """Tell what is wrong with the streets, if anything is; what barriers do to them is meant."""
    if streets is None:
        return []
    source = str(files.network or files.osm)
    return diagnosis_warnings(diagnose(streets), source=source, lang=output.lang)


def _refuse_pictures(output: Output) -> None:
    for path in output.out:
        if format_of(path).picture:
            raise InputError(f"{path}: a map shows districts; name them with --districts")


def _unanswered_figures(files: Files, data: PlanningData, packs: Sequence[Pack]) -> list[str]:
    if data.indicators is None:
        return []
    codes = () if data.areas is None else data.areas["code"]
    return unanswered_figures(
        data.indicators,
        source=str(files.indicators),
        areas={str(code) for code in codes},
        asked=asked_indicators(packs),
    )
