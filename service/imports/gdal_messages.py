"""What GDAL says as it reads, in lines of ours."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from spatial.errors import InputError


def told(said: list[str], source: str) -> tuple[str, ...]:
    """Return what GDAL warned of, each line once."""
    return tuple(dict.fromkeys(f"{source}: {message}" for message in said))


@contextmanager
def one_line(source: str) -> Iterator[list[str]]:
    """Turn what GDAL raises into one line naming the file, and collect what it warns of."""
    said: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield said
        except (
            DataSourceError,
            DataLayerError,
            FeatureError,
            UnicodeDecodeError,
            pa.ArrowException,
            OSError,
        ) as error:
            reason = " ".join(str(error).split()) or "GDAL says no more"
            raise InputError(f"{source}: cannot be read: {reason.removeprefix(source)}") from None
    said.extend(" ".join(str(warning.message).split()) for warning in caught)
