"""Evaluating files without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from geopandas import GeoDataFrame

from service.commands.options import FileOptions
from service.commands.progress import Progress
from service.commands.report import Output, report
from service.core.notices import notices
from service.exports.region import region_notices
from service.exports.summary import WORST
from service.exports.writer import write_evaluation
from service.imports.reader import ReadLayer, ReadNetwork, read_layer, read_network
from service.imports.relations import unanswered_names
from spatial.errors import Fault, InputError, InputFaults
from spatial.fields import LAYERS
from spatial.policy.evaluation import (
    EvaluationParameters,
    PlanningData,
    evaluate,
    summarise,
)
from spatial.policy.pack import Pack
from spatial.policy.wording import output_districts


@dataclass(frozen=True)
class Files:
    """The files of a call by kind; None for one that is not given."""

    districts: Path | None
    facilities: Path | None
    network: Path | None
    areas: Path | None
    buildings: Path | None

    def given(self) -> dict[str, Path]:
        """Return the files there are, by kind."""
        return {kind: path for kind, path in vars(self).items() if path is not None}

    def refuse_incomplete(self) -> None:
        """Refuse files that do not make an evaluation.

        Raises
        ------
        InputError
            Naming the option that is missing.
        """
        for kind in ("districts", "facilities"):
            if kind not in self.given():
                others = ", ".join(f"--{name}" for name in self.given())
                raise InputError(f"--{kind} is missing: {others} alone cannot be evaluated")


@dataclass(frozen=True, eq=False)
class ReadFiles:
    """What was read.

    Parameters
    ----------
    data
        Fit for evaluation.
    sources
        What the rows say of their origin, each text once.
    warnings
        One line each.
    """

    data: PlanningData
    sources: tuple[str, ...]
    warnings: tuple[str, ...]


def evaluate_files(
    files: Files,
    packs: Sequence[Pack],
    *,
    as_of: date,
    parameters: EvaluationParameters,
    options: FileOptions,
    assume_status: str | None,
    output: Output,
) -> None:
    """Read files, evaluate them, write the outputs and report.

    Raises
    ------
    InputError
        When anything given cannot be used; then nothing is written.
    """
    progress = Progress(quiet=output.json)
    read = read_files(files, options=options, assume_status=assume_status, progress=progress)
    with progress.stage("evaluate", "evaluating"):
        evaluation = evaluate(read.data, packs=packs, as_of=as_of, parameters=parameters)
    said = notices(read.sources, output.lang)
    said += region_notices(evaluation.region, packs, lang=output.lang)
    for path in output.out:
        with progress.stage(f"write {path.suffix}", f"writing {path}"):
            write_evaluation(
                path,
                evaluation,
                packs=packs,
                lang=output.lang,
                notices=said,
                facilities=read.data.facilities,
                network=read.data.network,
            )
    # What the evaluation took is told by its own stages.
    around = {name: taken for name, taken in progress.seconds.items() if name != "evaluate"}
    reading = {name: taken for name, taken in around.items() if name.startswith("read")}
    writing = {name: taken for name, taken in around.items() if name not in reading}
    summary = {"evaluation": None, **summarise(evaluation)}
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
        warnings=(*read.warnings, *evaluation.warnings),
        output=output,
    )


def read_files(
    files: Files, *, options: FileOptions, assume_status: str | None, progress: Progress
) -> ReadFiles:
    """Read all files, so that the faults of all of them are told at once.

    Raises
    ------
    InputError
        When a file cannot be used.
    InputFaults
        With the faults of every file that can be read.
    """
    given = files.given()
    layers: dict[str, ReadLayer] = {}
    faults: list[Fault] = []
    streets: ReadNetwork | None = None
    for kind, path in given.items():
        with progress.stage(f"read {kind}", f"reading {path}"):
            try:
                if kind == "network":
                    streets = read_network(path, crs=options.crs_of(kind))
                else:
                    layers[kind] = read_layer(
                        path,
                        LAYERS[kind],
                        crs=options.crs_of(kind),
                        columns=options.columns_of(kind),
                        shared_columns=options.columns_of(None),
                        assume_status=assume_status if kind == "facilities" else None,
                    )
            except InputFaults as error:
                faults.extend(error.faults)
    if faults:
        raise InputFaults(faults)
    _refuse_unused_columns(options, layers, given)
    frames: dict[str, GeoDataFrame | None] = {
        kind: layers[kind].frame if kind in layers else None for kind in LAYERS
    }
    districts, facilities = layers["districts"].frame, layers["facilities"].frame
    if not len(districts):
        raise InputError(f"{files.districts}: has no rows, so there is nothing to evaluate")
    sources = {str(s) for read in layers.values() for s in read.frame["source"].dropna()}
    sources.update(streets.sources if streets is not None else ())
    warnings = [line for read in layers.values() for line in read.warnings]
    warnings += streets.warnings if streets is not None else ()
    warnings += unanswered_names(frames, keys={name: layer.key for name, layer in LAYERS.items()})
    data = PlanningData(
        districts=districts,
        facilities=facilities,
        areas=frames["areas"],
        buildings=frames["buildings"],
        network=None if streets is None else streets.network,
    )
    return ReadFiles(data, tuple(sorted(sources)), tuple(warnings))


def _refuse_unused_columns(
    options: FileOptions, layers: dict[str, ReadLayer], given: dict[str, Path]
) -> None:
    used = {column for read in layers.values() for column in read.shared_columns}
    for column, field in options.columns_of(None).items():
        if column not in used:
            files = ", ".join(str(given[kind]) for kind in layers)
            raise InputError(
                f"--map {column}={field}: no file has such a column for such a field ({files})"
            )
    for kind in ("districts", "facilities", "areas", "buildings"):
        if options.columns_of(kind) and kind not in layers:
            raise InputError(f"--map {kind}: there is no --{kind}")
