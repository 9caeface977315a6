"""An import killed at any moment of its commit is stored as a whole or not at all."""

from __future__ import annotations

import multiprocessing
import random
import time
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

import pytest
import shapely
from committing import EDITOR, commit_and_tell
from killing import kill
from sqlalchemy import Engine, text

from service.core import audit, history
from service.core.geojson import encode_json
from service.core.incoming import ROW_COLUMN
from service.uploads import records, undoing
from service.uploads import service as uploads
from service.uploads.frames import to_stream
from service.uploads.request import ImportRequest
from service.uploads.tables import PREVIEWED
from spatial.fields import FACILITIES

ROWS = 3000
KILLS = 6
REQUEST = ImportRequest("facilities", complete=True)


@pytest.fixture(scope="module")
def processes() -> BaseContext:
    """Processes that start with everything imported, from a server without threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["committing"])
    return context


@pytest.fixture
def stored(engine, make_frame, nursery, origin):
    """A list of facilities, of which the import changes half, lacks some, and adds others."""
    with engine.begin() as connection:
        history.store(connection, FACILITIES, frame_of(make_frame, nursery, 0), origin=origin)
    return engine


def frame_of(make_frame, nursery, shift: int):
    return make_frame(
        FACILITIES,
        *(
            {
                **nursery,
                "id": f"f{number}",
                "places": number + (shift if number % 2 else 0),
                "geometry": shapely.Point(114 + number / 1e5, 30),
                "entrances": None,
            }
            for number in range(shift, ROWS + shift)
        ),
    )


def previewed(engine: Engine, frame) -> str:
    import_id = records.new_id()
    frame[ROW_COLUMN] = range(1, len(frame) + 1)
    told = {"set_aside": {"ids": [], "unnamed": 0}}
    with engine.begin() as connection:
        records.begin(connection, import_id, REQUEST, file="x.csv", actor=EDITOR.id)
        compared, report = uploads.preview(connection, REQUEST, frame, told)
        records.advance(
            connection,
            import_id,
            state=PREVIEWED,
            report=encode_json(report),
            digest=compared.difference.digest,
            accepted=to_stream(frame, FACILITIES),
            origin_crs="EPSG:4326",
        )
    return import_id


def start(
    processes: BaseContext, url: str, import_id: str, *, hold: bool = False
) -> tuple[BaseProcess, Connection]:
    ours, theirs = processes.Pipe()
    process = processes.Process(
        target=commit_and_tell, args=(url, import_id, theirs), kwargs={"hold": hold}
    )
    process.start()
    theirs.close()
    assert ours.recv() == "ready"
    return process, ours


def settled(engine: Engine) -> None:
    """Wait until the server has noticed that the client of a killed commit is gone."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND application_name = 'yike'"
    )
    engine.dispose()
    for _ in range(400):
        with engine.connect() as connection:
            if connection.execute(text(others)).scalar_one() == 0:
                return
        time.sleep(0.05)
    pytest.fail("a session of a killed process is still there")


def everything(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        assert audit.verify(connection) is None
        return [
            tuple(row)
            for row in connection.execute(
                text(
                    "SELECT id, places, closed_on, valid_to, source_file, source_row, "
                    "ST_AsBinary(geometry) FROM facility WHERE superseded_at IS NULL ORDER BY id"
                )
            )
        ]


def state(engine: Engine, import_id: str) -> str:
    with engine.connect() as connection:
        return records.find(connection, import_id, principal=None).state


def test_commits_killed_at_random_leave_all_or_nothing(
    stored, database, make_frame, nursery, processes
):
    before = everything(stored)
    import_id = previewed(stored, frame_of(make_frame, nursery, 100))
    started = time.perf_counter()
    with stored.begin() as connection:
        uploads.commit(connection, import_id, principal=EDITOR)
    usual_s = time.perf_counter() - started
    after = everything(stored)
    assert len(after) == ROWS + 100
    assert sum(row[3] is not None for row in after) == 100
    chance = random.Random(20221208)  # noqa: S311  moments, not secrets
    killed = finished = 0
    while killed < KILLS and finished < 20:
        with stored.begin() as connection:
            undoing.undo(connection, import_id, actor="a test")
        assert everything(stored) == before
        import_id = previewed(stored, frame_of(make_frame, nursery, 100))
        process, pipe = start(processes, database.app_url, import_id)
        time.sleep(chance.uniform(0, usual_s))
        said = kill(process, pipe)
        settled(stored)
        found, now = state(stored, import_id), everything(stored)
        if found == "committed":
            assert now == after
            finished += 1
            continue
        assert found == "previewed"
        assert now == before
        assert said == [], "what was said to be stored is"
        killed += 1
        with stored.begin() as connection:
            uploads.commit(connection, import_id, principal=EDITOR)
        assert everything(stored) == after
    assert killed == KILLS


def test_a_commit_killed_just_before_its_end_leaves_nothing(
    stored, database, make_frame, nursery, processes
):
    before = everything(stored)
    import_id = previewed(stored, frame_of(make_frame, nursery, 100))
    process, pipe = start(processes, database.app_url, import_id, hold=True)
    assert pipe.recv() == "written"
    assert kill(process, pipe) == []
    settled(stored)
    assert state(stored, import_id) == "previewed"
    assert everything(stored) == before
    with stored.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit")).scalar_one() == 0
    with stored.begin() as connection:
        uploads.commit(connection, import_id, principal=EDITOR)
    assert len(everything(stored)) == ROWS + 100
