"""OpenStreetMap files: telling them by name, and reading them in one stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import osmium

from service.imports.formats import check_file
from spatial.errors import InputError

# As osmium tells the formats apart: by the end of the name.
SUFFIXES: Final = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")
_SHOWN: Final = 120


def is_osm(path: Path) -> bool:
    """Tell whether a file is OpenStreetMap's by its name."""
    return path.name.lower().endswith(SUFFIXES)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Read a file within; what is wrong with it is told in one line.

    Raises
    ------
    InputError
        When there is no such file, it is of another format, or it ends too early.
    """
    check_file(path)
    if not is_osm(path):
        known = ", ".join(SUFFIXES)
        raise InputError(f"{path}: is no OpenStreetMap file by its name; known are {known}")
    try:
        yield
    except InputError:
        raise
    except (RuntimeError, ValueError, OSError, MemoryError, osmium.InvalidLocationError) as error:
        # osmium reports the faults of a file as these; identifiers beyond reason as want of memory.
        said = " ".join(str(error).split())[:_SHOWN]
        raise InputError(
            f"{path}: is damaged, cut short or no OpenStreetMap file ({said})"
        ) from None
