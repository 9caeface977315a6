"""Reading uploads beside the requests: a thread each, which watches the process that reads.

There is no queue: when as many files are read as may be, the next one is refused for the moment.
The session that holds an import's lock lives in the thread; when the service dies the lock is
gone, and whoever looks sees that nobody reads the file any more.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from structlog.typing import FilteringBoundLogger

from service.core import history, scope
from service.core.errors.server import UnavailableError
from service.core.fault_table import as_problem
from service.core.geojson import encode_json
from service.core.incoming import ROW_COLUMN
from service.core.keys import Principal
from service.core.work_settings import UploadSettings
from service.imports.crs_check import UndeclaredCRSError
from service.imports.limits import Limits
from service.imports.phrases import Language
from service.uploads import records
from service.uploads.frames import to_stream
from service.uploads.previewing import compared_values
from service.uploads.request import ImportRequest
from service.uploads.sandbox import ReaderError, read_in_child
from service.uploads.systems import check_uploaded
from service.uploads.tables import FAILED, PREVIEWED, REFUSED
from spatial.fields import AREAS, Layer

_RETRY_S: Final = "10"


@dataclass
class Place:
    """One of the places for reading a file; not frozen, for it tells whether a thread has it."""

    taken: bool = False


@dataclass(frozen=True)
class Upload:
    """A file that has arrived.

    Parameters
    ----------
    folder
        A folder of this upload alone; it is removed when the file is read.
    file
        Name of the file in it, chosen by the service.
    label
        What the client called it.
    place
        Where it is to be read.
    """

    folder: Path
    file: str
    label: str
    place: Place = field(default_factory=Place)


class ImportRunner:
    """Reads uploads, so many at once.

    Parameters
    ----------
    engine
        Gives each upload a session of its own while it is read.
    limits
        Of what is taken, how many are read at once, and how long they are kept.
    reading
        What reading one file may cost.
    cache_dir
        Folder of cached street networks.
    """

    def __init__(
        self,
        engine: Engine,
        limits: UploadSettings,
        logger: FilteringBoundLogger,
        *,
        reading: Limits,
        cache_dir: Path,
    ) -> None:
        self._engine = engine
        self._limits = limits
        self._logger = logger
        self._reading = replace(reading, rows=min(reading.rows, limits.max_rows))
        self._cache_dir = cache_dir
        self._slots = threading.BoundedSemaphore(limits.at_once)
        self._stopped = threading.Event()
        self._threads: set[threading.Thread] = set()

    @property
    def limits(self) -> UploadSettings:
        """The limits of one file."""
        return self._limits

    def expire(self) -> None:
        """Forget uploads that nobody stored in time, as the service starts and with each upload.

        The service starts without its database too; then the next upload does it.
        """
        try:
            with self._engine.begin() as connection:
                records.expire(connection, hours=self._limits.keep_hours)
        except DBAPIError as error:
            self._logger.warning("uploads not looked through", reason=type(error).__name__)

    @contextmanager
    def place(self) -> Iterator[Place]:
        """Take one of the places for reading a file; it is given back unless `start` took it.

        Raises
        ------
        UnavailableError
            When all are taken.
        """
        if self._stopped.is_set() or not self._slots.acquire(blocking=False):
            raise UnavailableError(
                f"{self._limits.at_once} files are being read already; try again later.",
                headers={"Retry-After": _RETRY_S},
            )

        place = Place()
        try:
            yield place
        finally:
            if not place.taken:
                self._slots.release()

    def start(
        self, upload: Upload, request: ImportRequest, principal: Principal, *, language: Language
    ) -> str:
        """Begin to read an upload, in the place it has; return the import's identifier.

        Parameters
        ----------
        language
            Of the reasons in the file of rows set aside.
        """
        import_id = records.new_id()
        connection = self._engine.connect()
        try:
            records.claim(connection, import_id)
            records.expire(connection, hours=self._limits.keep_hours)
            records.begin(connection, import_id, request, file=upload.label, actor=principal.id)
            connection.commit()
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        thread = threading.Thread(
            target=self._read,
            args=(connection, import_id, upload, request, principal, language),
            name=f"import {import_id}",
            daemon=True,
        )
        self._threads.add(thread)
        thread.start()
        upload.place.taken = True
        thread.join(self._limits.wait_seconds)
        return import_id

    def stop(self) -> None:
        """End all reading and wait for it."""
        self._stopped.set()
        for thread in list(self._threads):
            thread.join()

    def _read(
        self,
        connection: Connection,
        import_id: str,
        upload: Upload,
        request: ImportRequest,
        principal: Principal,
        language: Language,
    ) -> None:
        try:
            try:
                values = self._outcome(connection, import_id, upload, request, principal, language)
            except ReaderError as error:
                values = _failed(str(error))
            except Exception as error:
                connection.rollback()
                problem = as_problem(error)
                if problem.status < 500:  # noqa: PLR2004  # a fault of the request, not a defect
                    values = _refused({"refused": problem.detail, "count": 1, "faults": []})
                else:
                    self._logger.exception("import failed", import_id=import_id)
                    values = _failed("the service could not read the file; its log says why")
            records.advance(connection, import_id, **values)
            connection.commit()
        except Exception:
            # Without a session nothing can be recorded; the lock goes with it, and tells.
            self._logger.exception("import lost", import_id=import_id)
        finally:
            # The lock belongs to the session, which must not go back into the pool with it.
            connection.invalidate()
            connection.close()
            shutil.rmtree(upload.folder, ignore_errors=True)
            self._slots.release()
            self._threads.discard(threading.current_thread())

    def _outcome(
        self,
        connection: Connection,
        import_id: str,
        upload: Upload,
        request: ImportRequest,
        principal: Principal,
        language: Language,
    ) -> dict[str, Any]:
        # The child's lines come in another thread, and a session is of one thread at a time: here
        # it is, for this one only waits for the child.
        def tell(stage: str, rows: int | None) -> None:
            records.advance(connection, import_id, stage=stage, rows_done=rows)
            connection.commit()

        result = read_in_child(
            upload.folder,
            upload.file,
            request,
            label=upload.label,
            language=language,
            limits=self._reading,
            tell=tell,
            stopped=self._stopped,
            stored=lambda: _stored(connection, request.layer, principal),
        )
        if result.refused is not None:
            return _refused(result.refused)
        told, transformation = dict(result.told), result.transformation
        # Areas are what others are checked against, and may lie where no others are yet.
        if result.subject is not None and request.kind != AREAS.name:
            tell("checking", None)
            checked = check_uploaded(
                connection,
                result.subject,
                as_declared=request.reading.crs_as_declared,
                cache_dir=self._cache_dir,
            )
            told["crs"] = {**told["crs"], "evidence": checked["evidence"]}
            told["warnings"] = [*told["warnings"], *checked["warnings"]]
            said = (transformation, checked["overruled"])
            transformation = "; ".join(one for one in said if one is not None) or None
        elif result.subject is not None and result.subject.system is None:
            raise UndeclaredCRSError(result.subject)
        values = compared_values(
            connection, result, request, told, label=upload.label, principal=principal, tell=tell
        )
        return {
            "state": PREVIEWED,
            "stage": "done",
            "origin_crs": result.origin_crs,
            "transformation": transformation,
            "accepted": result.accepted,
            **values,
        }


def _stored(connection: Connection, layer: Layer, principal: Principal) -> bytes:
    """Return what the rows of a table can be joined to: the features the key may see."""
    conditions = scope.conditions(connection, principal, layer)
    frame = history.current(connection, layer, *conditions)
    frame[ROW_COLUMN] = range(len(frame))
    return to_stream(frame, layer)


def _refused(told: Any) -> dict[str, Any]:  # noqa: ANN401  # a part of a report
    return {"state": REFUSED, "stage": "done", "report": encode_json(told)}


def _failed(why: str) -> dict[str, Any]:
    return {"state": FAILED, "stage": "done", "report": encode_json({"failed": why})}
