"""What an upload asks for, and the file it brings: received into a folder of its own."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Literal

from fastapi import Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from service.core import scope
from service.core.errors.request import InvalidBodyError, InvalidParameterError, SlowBodyError
from service.core.json_input import media_type, require_media_type
from service.core.keys import Principal
from service.core.parameters import AsOfDate
from service.core.resources import ResourcesDependency
from service.core.security import EditorDependency
from service.imports.encoding import parse_encoding
from service.imports.formats import FORMATS, LINE_FORMATS
from service.imports.indicators import SUFFIX as FIGURE_SUFFIX
from service.imports.natural_keys import check_key
from service.imports.osm.file import SUFFIXES as OSM_SUFFIXES
from service.imports.raw import Reading
from service.imports.sifting import LayerReading
from service.uploads.arriving import hand_on
from service.uploads.form import FORM_TYPE, main_file, receive_form
from service.uploads.request import ImportRequest
from service.uploads.running import Upload
from service.uploads.streets import require_network_writable
from spatial.errors import InputError
from spatial.fields import LAYERS

Kind = Literal["areas", "districts", "buildings", "facilities", "parks", "network", "indicators"]

SUFFIXES: Final = tuple(suffix for entry in FORMATS for suffix in entry.suffixes)
# What streets come in besides; of OpenStreetMap the longest endings first.
STREET_SUFFIXES: Final = (
    *sorted(OSM_SUFFIXES, key=len, reverse=True),
    *(suffix for entry in LINE_FORMATS for suffix in entry.suffixes),
)
# What a file is where its name does not say.
SUFFIX_OF_TYPE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "application/geo+json": ".geojson",
        "application/json": ".geojson",
        "text/csv": ".csv",
        "application/geopackage+sqlite3": ".gpkg",
        "application/vnd.apache.parquet": ".parquet",
        "application/flatgeobuf": ".fgb",
        "application/vnd.google-earth.kml+xml": ".kml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
        "application/zip": ".zip",
    }
)
UPLOAD_TYPES: Final = (*SUFFIX_OF_TYPE, "application/octet-stream")
_MAX_TEXT: Final = 200
_PAIR: Final = re.compile(r"[^=]+=[^=]+")


def read_request(  # noqa: PLR0913  # the parts of the request, one each
    kind: Annotated[Kind, Query(description="What the rows are")],
    crs: Annotated[
        str | None,
        Query(max_length=_MAX_TEXT, description="System of the coordinates, as EPSG:4547"),
    ] = None,
    encoding: Annotated[
        str | None,
        Query(max_length=_MAX_TEXT, description="Encoding of the text; found out where not given"),
    ] = None,
    heading_row: Annotated[
        int | None, Query(ge=1, description="Row of a workbook's sheet that heads its columns")
    ] = None,
    mapping: Annotated[
        str | None,
        Query(
            max_length=5000, description="column=field;column=field", examples=["户数=households"]
        ),
    ] = None,
    key: Annotated[
        str | None,
        Query(
            max_length=_MAX_TEXT,
            description="Fields rows are known by instead of an identifier, as name,community",
        ),
    ] = None,
    assume_status: Annotated[
        str | None,
        Query(max_length=_MAX_TEXT, description="Status of facilities without one and a date"),
    ] = None,
    *,
    crs_as_declared: Annotated[
        bool, Query(description="Believe what is said of the system whatever the places say")
    ] = False,
    kinds_from_names: Annotated[
        bool, Query(description="Facilities without a type are what their names say")
    ] = False,
    complete: Annotated[
        bool, Query(description="The file lists all there is: close what it does not name")
    ] = False,
    of: Annotated[
        str | None,
        Query(max_length=_MAX_TEXT, description="What it lists all of, as kind=nursery"),
    ] = None,
    closed_on: Annotated[
        AsOfDate | None, Query(description="First day what is gone is not there; default today")
    ] = None,
    name: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=_MAX_TEXT,
            description="What a network shall be called; default the name of its file",
        ),
    ] = None,
    planarize: Annotated[
        bool,
        Query(description="Split street lines where they cross or touch without a common end"),
    ] = False,
) -> ImportRequest:
    """Return what is asked of the import.

    Raises
    ------
    InvalidParameterError
        When a parameter cannot be used.
    """
    if encoding is not None:
        try:
            parse_encoding(encoding)
        except InputError as error:
            raise InvalidParameterError.of("encoding", str(error)) from None
    if assume_status is not None and kind != "facilities":
        raise InvalidParameterError.of("assume_status", "is for facilities")
    if kinds_from_names and kind != "facilities":
        raise InvalidParameterError.of("kinds_from_names", "is for facilities")
    request = ImportRequest(
        kind,
        LayerReading(
            crs=crs,
            columns=_pairs("mapping", mapping),
            assume_status=assume_status,
            key=tuple(part.strip() for part in key.split(",")) if key else (),
            kinds_from_names=kinds_from_names,
            crs_as_declared=crs_as_declared,
            how=Reading(encoding=encoding, heading_row=heading_row),
        ),
        complete=complete,
        of=_pairs("of", of),
        closed_on=closed_on,
        name=name,
        planarize=planarize,
    )
    try:
        request.check()
        if kind in LAYERS:
            check_key(request.reading.key, request.layer)
    except InputError as error:
        name, _, why = str(error).partition(": ")
        raise InvalidParameterError.of(name, why) from None
    return request


def _pairs(parameter: str, text: str | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in (text or "").split(";"):
        if not part.strip():
            continue
        if not _PAIR.fullmatch(part):
            raise InvalidParameterError.of(parameter, f"expected name=value, not {part[:60]!r}")
        name, _, value = part.partition("=")
        if pairs.setdefault(name.strip(), value.strip()) != value.strip():
            raise InvalidParameterError.of(parameter, f"{name.strip()!r} is given twice")
    return pairs


ImportRequestDependency = Annotated[ImportRequest, Depends(read_request)]


async def receive_upload(
    request: Request,
    resources: ResourcesDependency,
    principal: EditorDependency,
    asked: ImportRequestDependency,
    file: Annotated[
        str | None,
        Query(
            max_length=_MAX_TEXT,
            description=f"What the file is called; its ending is its format: {', '.join(SUFFIXES)}",
            examples=["养老设施.csv"],
        ),
    ] = None,
) -> AsyncIterator[Upload]:
    """Receive the body into a file; who asks and what for was settled before.

    A place for reading the file is taken first: nothing is written for who would be sent away.
    The place and what was written are given up after the request, unless they are being read.

    Raises
    ------
    UnavailableError
        When all places are taken.
    SlowBodyError
        When the body takes longer to come than it may: somebody else may need the place.
    UnsupportedMediaTypeError
        When neither the name nor the type of the body says which format it is in.
    InvalidBodyError
        When it is empty, or a form that brings no file, or several.
    """
    _require_writable(principal, asked)
    suffixes = SUFFIXES
    if asked.is_network:
        suffixes = (*STREET_SUFFIXES, *SUFFIXES)
    elif asked.is_figures:
        suffixes = (FIGURE_SUFFIX,)
    require_media_type(request, (*UPLOAD_TYPES, FORM_TYPE))
    most = resources.imports.limits.receive_seconds
    with resources.imports.place() as place:
        folder = Path(tempfile.mkdtemp(prefix="yike-import-"))
        try:
            receive = _from_form if media_type(request) == FORM_TYPE else _from_body
            try:
                async with asyncio.timeout(most):
                    upload = await receive(request, file, folder, suffixes)
            except TimeoutError:
                raise SlowBodyError(
                    f"The file took longer than {most:g} s to arrive; try again, in smaller files."
                ) from None
            yield replace(upload, place=place)
        finally:
            if not place.taken:
                await run_in_threadpool(shutil.rmtree, folder, ignore_errors=True)


def _require_writable(principal: Principal, asked: ImportRequest) -> None:
    if asked.is_network:
        require_network_writable(principal)
    elif not asked.is_figures:
        scope.require_writable(principal, asked.layer)


async def _from_body(
    request: Request, file: str | None, folder: Path, suffixes: Sequence[str]
) -> Upload:
    label, suffix = _named(media_type(request), file, suffixes)
    upload = Upload(folder, f"upload{suffix}", label)
    with (folder / upload.file).open("wb") as out:
        received = await hand_on(request.stream(), out.write)
    if not received:
        raise InvalidBodyError.of("", "the body is empty; a file is expected")
    return upload


async def _from_form(
    request: Request, file: str | None, folder: Path, suffixes: Sequence[str]
) -> Upload:
    files = await receive_form(request.stream(), request.headers["content-type"], folder)
    main, beside = main_file(files)
    label, suffix = _named(main.type, file or main.name, suffixes)
    for one, ending in ((main, suffix), *((other, other.suffix) for other in beside)):
        one.path.rename(folder / f"upload{ending}")
    return Upload(folder, f"upload{suffix}", label)


def _named(kind: str, file: str | None, suffixes: Sequence[str]) -> tuple[str, str]:
    """Return what the file is called and the suffix of its format; no path is made of the name."""
    label = re.split(r"[/\\]", file or "")[-1].strip()
    if not label.isprintable():
        raise InvalidParameterError.of("file", "has characters that cannot be printed")
    suffix = next((one for one in suffixes if label.lower().endswith(one)), None)
    if suffix is None:
        suffix = SUFFIX_OF_TYPE.get(kind)
    if suffix is None:
        raise InvalidParameterError.of(
            "file", f"its ending must say the format: {', '.join(suffixes)}"
        )
    return label[:_MAX_TEXT] or f"upload{suffix}", suffix


UploadDependency = Annotated[Upload, Depends(receive_upload)]
