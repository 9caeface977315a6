"""Reading the files of an evaluation, so that the faults of all of them are told at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from geopandas import GeoDataFrame

from service.commands.asked_layer import read_asked_layer
from service.commands.evaluate_refusals import check_systems, refuse_unused_columns
from service.commands.options import FileOptions
from service.commands.osm_layers import OSM_KINDS, read_osm_layers
from service.commands.progress import Progress
from service.imports.barriers import barred
from service.imports.crs_check import UndeclaredCRSError
from service.imports.indicators import ReadIndicators, read_indicators
from service.imports.reader import ReadLayer
from service.imports.relations import unanswered_names
from service.imports.saved_mapping import SavedMapping
from service.imports.street_reader import ReadLines, ReadNetwork, read_barriers, read_network
from service.imports.validation import validate
from spatial.errors import Fault, InputError, InputFaults
from spatial.fields import DISTRICTS, LAYERS
from spatial.network import Network
from spatial.policy.planning_data import PlanningData


@dataclass(frozen=True)
class Files:
    """The files of a call by kind; None for one that is not given.

    An OpenStreetMap file stands in for each of districts, buildings, facilities and network that
    has no file of its own.
    """

    districts: Path | None
    facilities: Path | None
    network: Path | None
    areas: Path | None
    buildings: Path | None
    parks: Path | None = None
    indicators: Path | None = None
    barriers: Path | None = None
    osm: Path | None = None

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
        given = self.given()
        others = ", ".join(f"--{name}" for name in given)
        if self.osm is not None:
            given |= dict.fromkeys(OSM_KINDS, self.osm)
        if "districts" not in given and self.areas is None:
            raise InputError(
                f"--districts is missing: {others} alone cannot be evaluated; "
                "name --districts and --facilities, or --areas"
            )
        if "districts" in given and "facilities" not in given:
            raise InputError(f"--facilities is missing: {others} alone cannot be evaluated")
        for kind in ("network", "buildings"):
            if "districts" not in given and kind in given:
                raise InputError(f"--{kind}: is for districts; name them with --districts")
        if self.barriers is not None and "network" not in given:
            raise InputError("--barriers: bar streets; name them with --network")
        for kind in ("parks", "indicators"):
            if self.areas is None and kind in given:
                raise InputError(f"--{kind}: is for rules about areas; name them with --areas")


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
    notes
        What was understood by the tables of headings, one line each.
    mapping
        What every column was taken for, to be saved.
    streets
        The network before any barrier; None without one.
    """

    data: PlanningData
    sources: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    mapping: SavedMapping
    streets: Network | None = None


def read_files(
    files: Files,
    *,
    options: FileOptions,
    assume_status: str | None,
    elevation: Path | None = None,
    progress: Progress,
) -> ReadFiles:
    """Read all files, so that the faults of all of them are told at once.

    Raises
    ------
    InputError
        When a file cannot be used.
    InputFaults
        With the faults of every file that can be read.
    """
    given = {kind: path for kind, path in files.given().items() if kind != "osm"}
    layers, streets, mapped = _read_osm(files, progress)
    faults: list[Fault] = []
    walls: ReadLines | None = None
    figures: ReadIndicators | None = None
    undeclared: dict[str, UndeclaredCRSError] = {}
    for kind, path in given.items():
        with progress.stage(f"read {kind}", f"reading {path}"):
            try:
                if kind == "network":
                    streets = read_network(
                        path,
                        crs=options.crs_of(kind),
                        planarize=options.planarize,
                        how=options.how,
                    )
                elif kind == "barriers":
                    walls = read_barriers(path, crs=options.crs_of(kind), how=options.how)
                elif kind == "indicators":
                    figures = read_indicators(
                        path,
                        columns=options.columns_of(kind),
                        shared_columns=options.columns_of(None),
                        saved=options.saved,
                        how=options.how,
                    )
                else:
                    layers[kind] = read_asked_layer(
                        path,
                        LAYERS[kind],
                        options,
                        assume_status=assume_status if kind == "facilities" else None,
                    )
            except InputFaults as error:
                faults.extend(error.faults)
            except UndeclaredCRSError as error:
                undeclared[kind] = error
    if faults:
        raise InputFaults(faults)
    with progress.stage("read systems", "checking coordinate systems"):
        unchecked = check_systems(layers, streets, undeclared, options)
    streets = _sloped(streets, elevation, progress)
    tables: dict[str, ReadLayer | ReadIndicators] = {**layers}
    if figures is not None:
        tables["indicators"] = figures
    own = {kind: table for kind, table in tables.items() if kind in given}
    refuse_unused_columns(options, own, given)
    frames: dict[str, GeoDataFrame | None] = {
        kind: layers[kind].frame if kind in layers else None for kind in LAYERS
    }
    for kind in ("districts", "areas"):
        if kind in given and not len(layers[kind].frame):
            raise InputError(f"{given[kind]}: has no rows, so there is nothing to evaluate")
    sources = {str(s) for read in tables.values() for s in read.frame["source"].dropna()}
    sources.update(streets.sources if streets is not None else ())
    warnings = [*mapped, *unchecked, *(line for read in tables.values() for line in read.warnings)]
    for shapes in (streets, walls):
        warnings += shapes.warnings if shapes is not None else ()
    warnings += unanswered_names(frames, keys={name: layer.key for name, layer in LAYERS.items()})
    districts = frames["districts"]
    data = PlanningData(
        districts=_no_districts() if districts is None else districts,
        facilities=frames["facilities"],
        areas=frames["areas"],
        buildings=frames["buildings"],
        parks=frames["parks"],
        indicators=None if figures is None else figures.frame,
        network=None if streets is None else barred(streets, walls, path=files.barriers),
    )
    plain = None if streets is None else streets.network
    return ReadFiles(
        data,
        tuple(sorted(sources)),
        tuple(warnings),
        tuple(line for one in tables.values() for line in one.notes),
        SavedMapping(
            {
                kind: one.mapping(before=options.saved_of(kind))
                for kind, one in tables.items()
                if kind in given
            }
        ),
        plain,
    )


def _read_osm(
    files: Files, progress: Progress
) -> tuple[dict[str, ReadLayer], ReadNetwork | None, list[str]]:
    """Read of the OpenStreetMap file, if there is one, what no other file gives.

    Returns
    -------
    Layers by kind, streets, and what to know of the choice.
    """
    if files.osm is None:
        return {}, None, []
    given = files.given()
    kinds = [kind for kind in OSM_KINDS if kind not in given]
    warnings = []
    if "districts" in given and "buildings" in kinds:
        kinds.remove("buildings")
        warnings.append(
            f"{files.osm}: its buildings are not taken, for they name districts of their own, "
            "not those of --districts"
        )
    read = read_osm_layers(files.osm, kinds=kinds, progress=progress)
    layers = {kind: one for kind, one in read.items() if isinstance(one, ReadLayer)}
    streets = next((one for one in read.values() if isinstance(one, ReadNetwork)), None)
    return layers, streets, warnings


def _sloped(
    streets: ReadNetwork | None, elevation: Path | None, progress: Progress
) -> ReadNetwork | None:
    if streets is None or elevation is None:
        return streets
    # Reading rasters takes a third of a second to load, and most calls have none.
    from service.imports.elevation import add_slope  # noqa: PLC0415

    with progress.stage("read elevation", f"reading {elevation}"):
        return add_slope(streets, elevation)


def _no_districts() -> GeoDataFrame:
    """Return districts for an evaluation of areas alone."""
    return validate(pd.DataFrame(columns=list(DISTRICTS.names)), DISTRICTS, source="districts")
