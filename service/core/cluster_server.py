"""The server of a private cluster: whether it runs, starting, stopping, its superuser's SQL."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.core.cluster_layout import LOOPBACK, Layout
from service.core.postgres import Account, ClusterError, Installation, run

START_ATTEMPTS: Final = 5

# One person's machine: modest memory, no parallel surprises, times in UTC.
SERVER_OPTIONS: Final = {
    "listen_addresses": LOOPBACK,
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
    "log_min_messages": "warning",
    # A log that cannot grow without end: refused statements are the client's to report.
    "log_min_error_statement": "panic",
}
# A test database may be lost with the power; its server then starts anew.
TEST_OPTIONS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "200",
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


@dataclass(frozen=True)
class Postmaster:
    """What ``postmaster.pid`` says of a server, running or not; a missing line is None."""

    pid: int
    port: int | None
    sockets: Path | None
    ready: bool


def postmaster(layout: Layout) -> Postmaster | None:
    """Read ``postmaster.pid``; None where there is none."""
    try:
        lines = (layout.data / "postmaster.pid").read_text().splitlines()
        pid = abs(int(lines[0]))
    except (FileNotFoundError, ValueError, IndexError):
        return None
    # A server still starting has not written every line: process, data folder, start time,
    # port, socket folder, listening address, shared memory, state.
    lines += [""] * 8
    port, sockets, state = lines[3].strip(), lines[4].strip(), lines[7].strip()
    return Postmaster(
        pid=pid,
        port=int(port) if port.isdigit() else None,
        sockets=Path(sockets) if sockets else None,
        ready=state == "ready",
    )


def _is_alive(layout: Layout, pid: int) -> bool:
    """Tell whether a process is this cluster's server: another may have got its number."""
    process = Path("/proc") / str(pid)
    if Path("/proc/self").exists():
        try:
            return (process / "cwd").readlink() == layout.data.resolve()
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def running_port(layout: Layout, *, patience_s: float = 60.0) -> int | None:
    """Tell the port of the running server; None where there is none.

    A server still starting (its starter was killed) is waited for; the note of a dead one is
    removed, since PostgreSQL would take a new process of the same number for the old server.
    """
    deadline = time.monotonic() + patience_s
    while True:
        server = postmaster(layout)
        if server is None:
            return None
        if not _is_alive(layout, server.pid):
            (layout.data / "postmaster.pid").unlink(missing_ok=True)
            _remove_sockets(server)
            return None
        if server.ready and server.port is not None:
            return server.port
        if time.monotonic() > deadline:
            raise ClusterError(f"the database server does not become ready; see {layout.log}")
        time.sleep(0.1)


def _remove_sockets(server: Postmaster) -> None:
    folder = server.sockets
    if folder is not None and folder.name.startswith("yike-"):
        shutil.rmtree(folder, ignore_errors=True)


def start(
    layout: Layout, installation: Installation, account: Account, *, preferred: int | None
) -> int:
    """Start the server on its former port, or another one if that is taken."""
    options = SERVER_OPTIONS | (TEST_OPTIONS if layout.is_for_tests else {})
    port = preferred
    for attempt in range(START_ATTEMPTS):
        if port is None or not _is_free(port):
            port = _free_port()
        # A short path of its own: a socket's path has at most 107 bytes, a clone's any length.
        sockets = Path(tempfile.mkdtemp(prefix="yike-", dir="/tmp"))
        if account.switched:
            os.chown(sockets, account.uid, account.gid)
        settings = {**options, "port": str(port), "unix_socket_directories": str(sockets)}
        done = run(
            [
                installation.program("pg_ctl"),
                "start",
                "--wait",
                "--timeout=120",
                "--silent",
                f"--pgdata={layout.data}",
                f"--log={layout.log}",
                "--options=" + " ".join(f"-c {name}={value}" for name, value in settings.items()),
            ],
            account=account,
        )
        if done.returncode == 0:
            return port
        shutil.rmtree(sockets, ignore_errors=True)
        # A killed run may have been starting it.
        running = running_port(layout)
        if running is not None:
            return running
        # Processes of a killed server need a moment to notice; or the port was taken meanwhile.
        time.sleep(0.5 * (attempt + 1))
        port = None
    raise ClusterError(
        f"the private database server does not start: {_last_line(layout.log)}; see {layout.log}"
    )


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return "no log"
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (fatal or lines or ["empty log"])[-1]


def stop_server(layout: Layout, installation: Installation, account: Account) -> None:
    """Stop the running server and wait for its end; its clients are cut off."""
    server = postmaster(layout)
    run(
        [
            installation.program("pg_ctl"),
            "stop",
            "--mode=fast",
            "--wait",
            "--timeout=120",
            "--silent",
            f"--pgdata={layout.data}",
        ],
        account=account,
        check="the private database server does not stop",
    )
    if server is not None:
        _remove_sockets(server)


def psql(
    layout: Layout, installation: Installation, account: Account, sql: str, *, database: str
) -> str:
    """Run SQL, psql commands included, as the superuser; stops at the first error.

    The superuser has no password: its system account comes in through the socket. Returns what
    psql prints, tuples only, unaligned.
    """
    server = postmaster(layout)
    if server is None or server.sockets is None or server.port is None:
        raise ClusterError("the private database server is not running")
    done = run(
        [
            installation.program("psql"),
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
            f"--host={server.sockets}",
            f"--port={server.port}",
            f"--username={account.name}",
            f"--dbname={database}",
        ],
        account=account,
        text=sql,
        check="cannot prepare the private database",
    )
    return done.stdout
