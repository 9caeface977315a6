"""Answers that are files: written whole to a temporary file, then streamed from it.

A fault on the way is so answered as every other one, and nobody is left with half a file that
looks whole. The file has no name any more while it is sent; it is gone with the last byte, or
with the connection.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, BinaryIO, Final
from urllib.parse import quote

from fastapi import Depends, Query
from fastapi import Path as PathParameter
from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from service.core.errors.limits import TooManyRowsError
from service.core.errors.request import InvalidParameterError
from service.core.geojson import MEDIA_TYPE as GEOJSON
from service.core.language import Language, language_headers
from service.core.openapi import problems
from service.core.resources import Resources
from service.core.text_formats import COORDINATE_SYSTEM, of_format
from service.exports.formats import TABLE_FORMATS, Format, refuse_system
from service.exports.package import Package
from service.exports.systems import OutputSystem, output_system
from spatial.errors import InputError

NOTICES_HEADER: Final = "Yike-Notices"
_PIECE_BYTES: Final = 2**18
_BYTES: Final = {"type": "string", "format": "binary"}
_OBJECT: Final = {"type": "object"}


def read_format(
    format: Annotated[  # noqa: A002  the parameter's name in the address
        str,
        PathParameter(
            description="Suffix of the file format",
            json_schema_extra={"enum": list(TABLE_FORMATS)},
            examples=["gpkg"],
        ),
    ],
) -> Format:
    """Return the format asked for.

    Raises
    ------
    InvalidParameterError
        If there is no such format; lists those there are.
    """
    known = TABLE_FORMATS.get(format.lower())
    if known is None:
        raise InvalidParameterError.of(
            "format", f"no format of this service; there are {', '.join(TABLE_FORMATS)}"
        )
    return known


def read_system(
    format_: Annotated[Format, Depends(read_format)],
    crs: Annotated[
        str | None,
        Query(
            description="System of the coordinates, easting or longitude first; default EPSG:4326. "
            "GeoJSON is always in longitude and latitude.",
            examples=["EPSG:4547"],
            json_schema_extra=of_format(COORDINATE_SYSTEM),
        ),
    ] = None,
) -> OutputSystem:
    """Return the system of coordinates asked for.

    Raises
    ------
    InvalidParameterError
        If there is no such system, or the format allows longitude and latitude alone.
    """
    try:
        system = output_system(crs, option="crs")
        refuse_system(format_, system, named="crs")
    except InputError as error:
        raise InvalidParameterError.of("crs", str(error).removeprefix("crs: ")) from None
    return system


ExportFormat = Annotated[Format, Depends(read_format)]
SystemParameter = Annotated[OutputSystem, Depends(read_system)]


def file_answer(
    resources: Resources,
    build: Callable[[Connection], Package],
    *,
    format_: Format,
    name: str,
    language: Language,
) -> Response:
    """Write a package of one snapshot of the data and return it as an attachment.

    Parameters
    ----------
    build
        Makes the package.
    name
        Of the file, without its suffix.

    Raises
    ------
    TooManyRowsError
        If there are more rows than the setting ``export.max_rows``.
    """
    with resources.reading() as connection:
        return package_answer(
            build(connection),
            format_=format_,
            name=name,
            language=language,
            max_rows=resources.settings.export.max_rows,
        )


def package_answer(
    package: Package,
    *,
    format_: Format,
    name: str,
    language: Language,
    max_rows: int,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Write a package, all of which is read before this returns, and return it as an attachment.

    Parameters
    ----------
    name
        Of the file, without its suffix.
    max_rows
        Most rows of the file.
    headers
        Further ones.

    Raises
    ------
    TooManyRowsError
        If there are more rows.
    """
    with tempfile.TemporaryDirectory(prefix="yike-export-") as folder:
        path = Path(folder) / f"{name}{format_.suffix}"
        limit = _Limit(max_rows)
        limit.add(package.rows or 0)
        limit.rows = 0
        format_.write(path, package.watched(limit.add))
        # The open file outlives its name.
        file = path.open("rb")
    title = package.main.title.zh if language == "zh" else name
    described = {
        "Content-Disposition": disposition(name, title, format_.suffix),
        "Content-Length": str(os.fstat(file.fileno()).st_size),
        **language_headers(language),
        **(headers or {}),
    }
    if package.notices:
        described[NOTICES_HEADER] = notices_header(package.notices)
    return StreamingResponse(_pieces(file), media_type=format_.media_type, headers=described)


def notices_header(notices: Sequence[str]) -> str:
    """Return notices as the header `NOTICES_HEADER` carries them, percent-encoded."""
    return quote("\n".join(notices), safe=" ,.;:()/")


def file_responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Return the ``responses`` of a route that answers with a file."""
    described: dict[str, object] = {
        "description": "The file, as an attachment",
        "content": {
            one.media_type.partition(";")[0]: {
                "schema": _OBJECT if one.media_type == GEOJSON else _BYTES
            }
            for one in TABLE_FORMATS.values()
        },
        "headers": {
            "Content-Disposition": {
                "description": "attachment with a file name (RFC 6266)",
                "schema": {"type": "string"},
            },
            NOTICES_HEADER: {
                "description": "What must be said of the data wherever they go, percent-encoded",
                "schema": {"type": "string"},
            },
        },
    }
    return {200: described, **problems(400, 401, *statuses)}


class _Limit:
    """Counts rows, and ends the writing where there are too many."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.rows = 0

    def add(self, rows: int) -> None:
        self.rows += rows
        if self.rows > self.most:
            raise TooManyRowsError(
                f"There are more than the {self.most:,} rows of one answer; ask for an area or a "
                "box, or use the command line: yike export"
            )


def disposition(name: str, title: str, suffix: str) -> str:
    """Return the header (RFC 6266): an ASCII name for all, the words of the reader for most.

    Parameters
    ----------
    name
        ASCII without quotes.
    title
        In the words of the reader.
    suffix
        With its dot.
    """
    day = date.today().isoformat()  # noqa: DTZ011  the day where the service stands
    full = quote(f"{title}-{day}{suffix}", safe="")
    return f"attachment; filename=\"{name}-{day}{suffix}\"; filename*=UTF-8''{full}"


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
