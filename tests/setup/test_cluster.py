"""The private cluster: made, started, shared, stopped, and found again after any interruption."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from service.core.cluster import running_cluster, stop
from service.core.cluster_layout import ROOT_HOME, layout_of
from service.core.cluster_server import postmaster, running_port
from service.core.postgres import ClusterError, choose_installation, find_installations

PURPOSE = "postgres-test"
USER = (
    "import sys, time; from pathlib import Path; "
    "from service.core.cluster import running_cluster\n"
    f"with running_cluster(Path(sys.argv[1]), purpose='{PURPOSE}'):\n"
    "    print('running', flush=True); time.sleep(600)"
)


@pytest.fixture
def state(tmp_path):
    # Longer than the 107 bytes a socket's path may have.
    state = tmp_path / ("long-name-" * 12) / ".yike"
    yield state
    for purpose in (PURPOSE, "postgres"):
        layout = layout_of(state, purpose=purpose)
        if layout.data.exists() and layout.state.exists():
            stop(layout)
    if layout.home.parent.exists() and layout.home.is_relative_to(ROOT_HOME):
        shutil.rmtree(layout.home.parent)


def query(url: str, statement: str) -> object:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as session:
        cursor = session.execute(statement.encode())
        return None if cursor.description is None else cursor.fetchone()


def run_user(state: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", USER, str(state)], stdout=-1, text=True)


def wait_until(condition, *, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_data_and_passwords_outlast_a_restart(state):
    layout = layout_of(state, purpose=PURPOSE)
    with running_cluster(state, purpose=PURPOSE) as first:
        query(first.owner_url, "CREATE TABLE kept AS SELECT 7 AS number")
        assert query(first.app_url, "SELECT current_user") == ("yike_app",)
        assert postmaster(layout).sockets.exists()
    assert running_port(layout) is None
    with running_cluster(state, purpose=PURPOSE) as second:
        assert query(second.owner_url, "SELECT number FROM kept") == (7,)
    assert (second.owner_password, second.app_password) == (
        first.owner_password,
        first.app_password,
    )


def test_the_server_is_private(state):
    layout = layout_of(state, purpose=PURPOSE)
    with running_cluster(state, purpose=PURPOSE) as address:
        server = postmaster(layout)
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0
        assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700
        assert len(str(server.sockets)) < 60
        assert query(address.owner_url, "SHOW listen_addresses") == ("127.0.0.1",)
        assert query(address.owner_url, "SELECT rolsuper FROM pg_roles WHERE rolname = user") == (
            False,
        )
        scram = "SELECT bool_and(rolpassword LIKE 'SCRAM-SHA-256$%') FROM pg_authid"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            query(address.owner_url, scram)
        # Nobody but the two roles comes in over TCP, the superuser included.
        url = make_url(address.app_url).set(username="postgres", password=None)
        with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
            query(url.render_as_string(hide_password=False), "SELECT 1")
    assert stat.S_IMODE(layout.address.stat().st_mode) == 0o600
    assert stat.S_IMODE(layout.home.stat().st_mode) == 0o700
    assert not server.sockets.exists()


def test_the_last_user_stops_the_server(state):
    layout = layout_of(state, purpose=PURPOSE)
    with running_cluster(state, purpose=PURPOSE):
        with running_cluster(state, purpose=PURPOSE):
            pass
        assert running_port(layout) is not None
    assert running_port(layout) is None


def test_a_failing_user_stops_the_server_too(state):
    with pytest.raises(ZeroDivisionError), running_cluster(state, purpose=PURPOSE):
        raise ZeroDivisionError
    assert running_port(layout_of(state, purpose=PURPOSE)) is None


def test_a_killed_user_leaves_a_server_the_next_one_uses_and_stops(state):
    layout = layout_of(state, purpose=PURPOSE)
    user = run_user(state)
    assert user.stdout.readline() == "running\n"
    user.send_signal(signal.SIGKILL)
    user.communicate()
    left = postmaster(layout).pid
    with running_cluster(state, purpose=PURPOSE):
        assert postmaster(layout).pid == left
    assert running_port(layout) is None


def test_an_interrupted_initdb_is_begun_anew(state):
    layout = layout_of(state, purpose=PURPOSE)
    user = run_user(state)
    wait_until(lambda: any(layout.home.glob("data.new-*")))
    user.send_signal(signal.SIGKILL)
    user.communicate()
    assert not layout.data.exists()
    with running_cluster(state, purpose=PURPOSE) as address:
        assert query(address.app_url, "SELECT 1") == (1,)
    # The orphaned initdb may have gone on a while: what it leaves is removed the next time.
    time.sleep(3)
    with running_cluster(state, purpose=PURPOSE):
        assert sorted(path.name for path in layout.home.iterdir()) == ["data", "server.log"]


@pytest.mark.parametrize("delay", [0.1, 0.4, 0.7, 1.0])
def test_a_user_killed_at_any_moment_of_the_making_does_no_harm(state, delay):
    user = run_user(state)
    time.sleep(0.4 + delay)
    user.send_signal(signal.SIGKILL)
    user.communicate()
    with running_cluster(state, purpose=PURPOSE) as address:
        assert query(address.app_url, "SELECT ST_SRID(ST_Point(114, 30, 4326))") == (4326,)


def test_a_killed_server_loses_nothing_and_starts_again(state):
    layout = layout_of(state)  # the suite's own cluster is not protected like this
    with running_cluster(state) as address:
        query(address.owner_url, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(postmaster(layout).pid, signal.SIGKILL)
        wait_until(lambda: running_port(layout) is None)
    with running_cluster(state) as address:
        assert query(address.owner_url, "SELECT number FROM kept") == (7,)


def test_a_note_of_a_server_whose_number_another_process_got_is_stale(state):
    layout = layout_of(state, purpose=PURPOSE)
    with running_cluster(state, purpose=PURPOSE):
        lines = (layout.data / "postmaster.pid").read_text().splitlines()
    lines[0] = str(os.getpid())
    (layout.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    assert running_port(layout) is None
    with running_cluster(state, purpose=PURPOSE) as address:
        assert query(address.app_url, "SELECT 1") == (1,)


@pytest.mark.parametrize("content", [None, "", '{"port": 5', "[]"])
def test_a_lost_address_file_is_made_again(state, content):
    layout = layout_of(state, purpose=PURPOSE)
    with running_cluster(state, purpose=PURPOSE) as first:
        query(first.owner_url, "CREATE TABLE kept AS SELECT 7 AS number")
    if content is None:
        layout.address.unlink()
    else:
        layout.address.write_text(content)
    with running_cluster(state, purpose=PURPOSE) as second:
        assert query(second.owner_url, "SELECT number FROM kept") == (7,)
    assert second.owner_password != first.owner_password
    assert json.loads(layout.address.read_text())["port"] == second.port


def test_a_taken_port_is_given_up(state):
    with running_cluster(state, purpose=PURPOSE) as first:
        pass
    with socket.socket() as other:
        other.bind(("127.0.0.1", first.port))
        other.listen()
        with running_cluster(state, purpose=PURPOSE) as second:
            assert second.port != first.port
            assert query(second.app_url, "SELECT 1") == (1,)


def test_a_cluster_of_another_major_version_is_refused(state):
    layout = layout_of(state, purpose=PURPOSE)
    layout.data.mkdir(parents=True)
    (layout.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(ClusterError) as fault, running_cluster(state, purpose=PURPOSE):
        pass
    text = str(fault.value)
    assert "\n" not in text
    assert str(layout.data) in text
    assert "made by PostgreSQL 12" in text
    assert "install postgresql-12 and postgresql-12-postgis-3, or move that folder away" in text
    assert sorted(path.name for path in layout.data.iterdir()) == ["PG_VERSION"]


def test_without_postgresql_the_fault_says_what_to_do(tmp_path):
    with pytest.raises(ClusterError, match=r"PostGIS is not installed; run \./yike up"):
        choose_installation((), data_major=None, data=tmp_path)


def test_the_newest_installation_is_chosen_unless_the_data_are_older(tmp_path):
    installed = find_installations()
    assert installed
    assert all(found.major >= 15 for found in installed)
    newest = choose_installation(installed, data_major=None, data=tmp_path)
    assert newest.major == max(found.major for found in installed)
    same = choose_installation(installed, data_major=installed[-1].major, data=tmp_path)
    assert same == installed[-1]


def test_an_installation_without_postgis_does_not_count(tmp_path):
    programs = tmp_path / "99" / "bin"
    programs.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres", "psql"):
        script = programs / name
        script.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 99.1'\n")
        script.chmod(0o755)
    assert 99 not in {found.major for found in find_installations(tmp_path)}


def test_the_cluster_of_an_ordinary_user_lies_in_the_clone(tmp_path):
    layout = layout_of(tmp_path / ".yike", as_root=False)
    assert layout.data == tmp_path / ".yike" / "postgres" / "data"
    assert layout.address == tmp_path / ".yike" / "postgres.json"


def test_the_cluster_of_root_lies_outside_the_clone_one_for_each_clone(tmp_path):
    one = layout_of(tmp_path / "one" / ".yike", as_root=True)
    two = layout_of(tmp_path / "two" / ".yike", as_root=True)
    assert one.home.is_relative_to(ROOT_HOME)
    assert one.home != two.home
    assert one.address == tmp_path / "one" / ".yike" / "postgres.json"


def test_state_folders_of_an_installed_yike_side_by_side_have_clusters_of_their_own(tmp_path):
    one, two = (layout_of(tmp_path / name, as_root=True) for name in ("one", "two"))
    assert one.home != two.home
    assert one.owner == tmp_path / "one"
    assert layout_of(tmp_path / ".yike", as_root=True).owner == tmp_path


def test_a_state_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ClusterError, match="cannot write to"),
        running_cluster(tmp_path / "file" / ".yike", purpose=PURPOSE),
    ):
        pass
