"""The process that reads an uploaded file: under limits, without the database, for one file.

Started as ``python -I -m service.uploads.child FOLDER``. The folder holds ``task.json``; what was
read is written beside it, and each stage is said in a line on the standard output.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from geopandas import GeoDataFrame

from service.core.geojson import encode_json
from service.imports import phrases
from service.imports.crs_check import UndeclaredCRSError
from service.imports.limits import Limits
from service.imports.worker import allow_time, confine
from service.uploads.frames import from_stream, to_stream
from service.uploads.reading import LISTED, read_file
from service.uploads.request import ImportRequest
from service.uploads.systems import subject_document
from spatial.errors import InputError, InputFaults
from spatial.fields import Layer

TASK: Final = "task.json"
RESULT: Final = "result.json"
ACCEPTED: Final = "accepted.arrow"
# Written by the parent when this process has said that it needs them.
STORED: Final = "stored.arrow"


class StoredWantedError(Exception):
    """The file says nothing of where its rows are: they are joined to what is stored."""


def main() -> None:
    """Read the file of the folder the only argument names."""
    folder = Path(sys.argv[1])
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
    limit(task)
    try:
        result = read(folder, task)
    except StoredWantedError:
        result = {"wants_stored": True}
    except UndeclaredCRSError as error:
        result = {"undeclared": subject_document(error.subject)}
    except InputFaults as error:
        faults = [
            {"row": fault.row, "field": fault.field, "reason": fault.message}
            for fault in error.faults[:LISTED]
        ]
        result = {"refused": str(error.faults[0]), "count": len(error.faults), "faults": faults}
    except InputError as error:
        result = {"refused": str(error), "count": 1, "faults": []}
    text = encode_json(result)
    # Where the file lies is nobody's business; what it is called is.
    here, label = encode_json(str(folder / task["file"])), encode_json(task["label"])
    (folder / RESULT).write_text(text.replace(here[1:-1], label[1:-1]), encoding="utf-8")


def limit(task: Mapping[str, Any]) -> None:
    """Set the limits of this process: memory, processor time, size of what is written."""
    limits = Limits(**task["limits"])
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    written = task["written_bytes"]
    allowed = written if most == resource.RLIM_INFINITY else min(written, most)
    resource.setrlimit(resource.RLIMIT_FSIZE, (allowed, allowed))
    confine(limits.memory_bytes)
    allow_time(limits)


def read(folder: Path, task: Mapping[str, Any]) -> dict[str, Any]:
    """Read the file and write its rows; return what is to be told of it."""
    request = ImportRequest.from_json(task["request"])
    if request.is_network:
        return read_network_file(folder, task, request)
    if request.is_figures:
        return read_figure_file(folder, task, request)
    asked = request.reading
    reading = replace(
        asked,
        how=replace(asked.how, limits=Limits(**task["limits"])),
        stored=partial(_stored, folder, request.layer),
    )
    found = read_file(
        folder / task["file"],
        request.layer,
        reading,
        label=task["label"],
        quarantine=folder,
        tell=_tell,
        wording=partial(phrases.tell, language=task["language"], surface="http"),
    )
    (folder / ACCEPTED).write_bytes(to_stream(found.frame, request.layer))
    return {
        "told": found.told,
        "origin_crs": found.read.origin_crs,
        "transformation": found.read.transformation,
        "subject": subject_document(found.read.subject),
        "quarantine": None if found.quarantine is None else found.quarantine.name,
    }


def read_network_file(
    folder: Path, task: Mapping[str, Any], request: ImportRequest
) -> dict[str, Any]:
    """Read street lines and write their network; return what is to be told of it."""
    # What reads streets takes long to import, and most uploads are of rows.
    from service.uploads.street_reading import read_streets  # noqa: PLC0415
    from service.uploads.street_stream import network_to_stream  # noqa: PLC0415

    how = replace(request.reading.how, limits=Limits(**task["limits"]), work_dir=folder)
    found = read_streets(folder / task["file"], request, how=how, tell=_tell)
    (folder / ACCEPTED).write_bytes(network_to_stream(found.read.network))
    return {
        "told": found.told,
        "origin_crs": found.read.origin_crs,
        "transformation": None,
        "subject": subject_document(found.read.subject),
        "quarantine": None,
    }


def read_figure_file(
    folder: Path, task: Mapping[str, Any], request: ImportRequest
) -> dict[str, Any]:
    """Read a table of figures and write them; return what is to be told of them."""
    from service.uploads.figure_reading import figures_to_stream, read_figures  # noqa: PLC0415

    how = replace(request.reading.how, limits=Limits(**task["limits"]))
    frame, told = read_figures(folder / task["file"], request, how=how, tell=_tell)
    (folder / ACCEPTED).write_bytes(figures_to_stream(frame))
    return {
        "told": told,
        "origin_crs": None,
        "transformation": None,
        "subject": None,
        "quarantine": None,
    }


def _tell(stage: str, rows: int | None) -> None:
    print(stage, "" if rows is None else rows, flush=True)  # noqa: T201  # what the parent reads


def _stored(folder: Path, layer: Layer) -> GeoDataFrame:
    path = folder / STORED
    if not path.is_file():
        raise StoredWantedError
    return from_stream(path.read_bytes(), layer)


if __name__ == "__main__":
    main()
