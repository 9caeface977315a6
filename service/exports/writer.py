"""Writing to files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from geopandas import GeoDataFrame
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError

from service.exports.content import Content, Language, collect
from service.exports.evaluation_tables import content_package
from service.exports.features import FeatureFile
from service.exports.formats import PARTS_FORMATS, format_of, refuse_system
from service.exports.package import Package
from service.exports.systems import LONLAT, OutputSystem
from spatial.errors import InputError
from spatial.network import Network
from spatial.policy.evaluation import Evaluation
from spatial.policy.pack import Pack


def check_output(path: Path, *, system: OutputSystem = LONLAT) -> None:
    """Refuse a path nothing can be written to, before hours are spent on what goes there.

    Raises
    ------
    InputError
        When the suffix is none of the known ones, the format does not allow the system of
        coordinates, or the folder cannot be written.
    """
    refuse_system(format_of(path), system, named=str(path))
    check_target(path)


def check_target(path: Path) -> None:
    """Refuse a path where no file can be put.

    Raises
    ------
    InputError
        When it is a folder, or the folder it lies in is missing or cannot be written.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder, not a file")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: the folder {path.parent} cannot be written")


def write_evaluation(  # by name only
    path: Path,
    evaluation: Evaluation,
    *,
    packs: Sequence[Pack],
    lang: Language,
    notices: Sequence[str],
    facilities: GeoDataFrame | None = None,
    network: Network | None = None,
    system: OutputSystem = LONLAT,
) -> None:
    """Write an evaluation in the format of the suffix; a file there before is replaced.

    Parameters
    ----------
    path
        With a suffix of `service.exports.formats.FORMATS`.
    packs
        Those evaluated, for clauses and quotes.
    lang
        Language of texts and headings.
    notices
        What must be said of the data wherever they are shown.
    facilities, network
        What was evaluated, shown on a map.
    system
        Of the coordinates written.

    Raises
    ------
    InputError
        As `check_output`, or when the file cannot be written.
    """
    check_output(path)
    content = collect(
        evaluation,
        packs=packs,
        lang=lang,
        notices=notices,
        facilities=facilities,
        network=network,
    )
    write_content(path, content, system=system)


def write_content(path: Path, content: Content, *, system: OutputSystem = LONLAT) -> None:
    """Write what `collect` put together; see `write_evaluation`."""
    write_package(path, content_package(content, system=system))


def write_package(path: Path, package: Package) -> None:
    """Write a package in the format of the suffix; a file there before is replaced.

    Raises
    ------
    InputError
        As `check_output`, or when the file cannot be written; a file there before is then as it
        was.
    """
    check_output(path, system=package.system)
    with replacing(path) as temporary:
        format_of(path).write(temporary, package)


def check_parts_output(path: Path) -> None:
    """Refuse a path that nothing can be written to part by part; see `check_output`."""
    if format_of(path).parts is None:
        raise InputError(
            f"{path}: such an answer is not written as {format_of(path).suffix}; "
            f"known are {', '.join(PARTS_FORMATS)}"
        )
    check_output(path)


@contextmanager
def feature_file(path: Path) -> Iterator[FeatureFile]:
    """Open a file for features; it takes the place of one there before at the end, or never.

    Raises
    ------
    InputError
        As `check_parts_output`, or when the file cannot be written.
    """
    check_parts_output(path)
    opened = format_of(path).parts
    if opened is None:
        msg = f"{path} was checked and cannot be opened"
        raise TypeError(msg)
    with replacing(path) as temporary, opened(temporary) as file:
        yield file


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to that becomes `path` at once, or never.

    What is written beside it under other names is moved too, before it.

    Raises
    ------
    InputError
        When the disk is full, or whatever else the system or GDAL says.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".yike-") as folder:
            temporary = Path(folder) / path.name
            yield temporary
            for beside in sorted(Path(folder).iterdir()):
                if beside != temporary:
                    beside.replace(path.parent / beside.name)
            temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
    except (
        DataSourceError,
        DataLayerError,
        FeatureError,
        GeometryError,
        pa.ArrowException,
    ) as error:
        reason = " ".join(str(error).split()) or "GDAL says no more"
        raise InputError(f"{path}: cannot be written: {reason}") from None
