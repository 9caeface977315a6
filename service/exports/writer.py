"""The file formats Yike writes: one entry in `WRITERS` each."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

from geopandas import GeoDataFrame

from service.exports.content import Content, Language, collect
from service.exports.geojson import write_geojson
from service.exports.geopackage import write_geopackage
from service.exports.geoparquet import write_geoparquet
from service.exports.picture import write_map
from service.exports.workbook import write_workbook
from spatial.errors import InputError
from spatial.network import Network
from spatial.policy.evaluation import Evaluation
from spatial.policy.pack import Pack

PICTURE: Final = ".png"
WRITERS: Final[MappingProxyType[str, Callable[[Path, Content], None]]] = MappingProxyType(
    {
        ".geojson": write_geojson,
        ".gpkg": write_geopackage,
        ".parquet": write_geoparquet,
        ".xlsx": write_workbook,
        PICTURE: write_map,
    }
)


def check_output(path: Path) -> None:
    """Refuse a path nothing can be written to, before hours are spent on what goes there.

    Raises
    ------
    InputError
        When the suffix is none of the known ones, or the folder cannot be written.
    """
    if path.suffix.lower() not in WRITERS:
        raise InputError(
            f"{path}: unknown output format '{path.suffix}'; known are {', '.join(WRITERS)}"
        )
    if path.is_dir():
        raise InputError(f"{path}: is a folder, not a file")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: the folder {path.parent} cannot be written")


def write_evaluation(
    path: Path,
    evaluation: Evaluation,
    *,
    packs: Sequence[Pack],
    lang: Language,
    notices: Sequence[str],
    facilities: GeoDataFrame | None = None,
    network: Network | None = None,
) -> None:
    """Write an evaluation in the format of the suffix; a file there before is replaced.

    Parameters
    ----------
    path
        ``.geojson``, ``.gpkg``, ``.parquet``, ``.xlsx`` or ``.png``.
    packs
        Those evaluated, for clauses and quotes.
    lang
        Language of texts and headings.
    notices
        What must be said of the data wherever they are shown.
    facilities, network
        What was evaluated, shown on a map.

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
    write_content(path, content)


def write_content(path: Path, content: Content) -> None:
    """Write what `collect` put together; see `write_evaluation`."""
    check_output(path)
    with replacing(path) as temporary:
        WRITERS[path.suffix.lower()](temporary, content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to that becomes `path` at once, or never.

    Raises
    ------
    InputError
        When the disk is full, or whatever else the system says.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".yike-") as folder:
            temporary = Path(folder) / path.name
            yield temporary
            temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
