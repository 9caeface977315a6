"""The command line as a whole: help, exit codes, standard output kept for results."""

import json
import os
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli import COMMANDS, build_app

YIKE = Path(sys.executable).parent / "yike"


def run(*arguments, **environment):
    return subprocess.run(
        [YIKE, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_command():
    done = run("--help")
    assert done.returncode == 0
    for entry in COMMANDS:
        assert (entry.group or entry.name) in done.stdout


def test_help_imports_no_command():
    script = (
        "import sys; from service.cli import build_app; build_app(['--help']);"
        "print([name for name in sys.modules if name.split('.')[0] in "
        "('pandas', 'sqlalchemy', 'fastapi') or name.startswith('service.commands.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_loads_and_explains_itself(entry):
    arguments = [word for word in (entry.group, entry.name) if word]
    done = CliRunner().invoke(build_app(arguments), [*arguments, "--help"], prog_name="yike")
    assert done.exit_code == 0
    assert f"Usage: yike {' '.join(arguments)}" in done.stdout


def test_version():
    assert run("--version").stdout == f"{version('yike')}\n"


@pytest.mark.parametrize(
    ("arguments", "environment", "line"),
    [
        (["fly"], {}, "No such command 'fly'"),
        (["up", "--port", "0"], {}, "'--port'"),
        (["up", "--as-of", "soon"], {}, "--as-of"),
        (["up", "--lang", "fr"], {}, "--lang: must be zh or en, not 'fr'"),
        (
            ["migrate"],
            {"YIKE_DATABASE_URL": "postgresql://a@b/c"},
            "YIKE_DATABASE_URL is no setting of Yike; did you mean YIKE_DATABASE__URL?",
        ),
        (
            ["migrate"],
            {"YIKE_DATABASE__URL": "sqlite:///x"},
            "YIKE_DATABASE__URL must be a PostgreSQL address",
        ),
        (["migrate"], {"YIKE_DATABASE__URL": "here"}, "YIKE_DATABASE__URL is no database address"),
        (
            ["migrate"],
            {"YIKE_DATABASE__OWNER_URL": "postgresql://a@b/c"},
            "YIKE_DATABASE__OWNER_URL is set without YIKE_DATABASE__URL",
        ),
        (["serve"], {"YIKE_SERVER__PORT": "many"}, "YIKE_SERVER__PORT: Input should be"),
        (
            ["serve"],
            {"YIKE_DATABASE__URL": "postgresql://yike:hidden@127.0.0.1:1/none"},
            "cannot reach the database postgresql+psycopg://yike:***@127.0.0.1:1/none",
        ),
    ],
)
def test_a_fault_of_the_call_is_said_in_a_line(arguments, environment, line):
    done = run(*arguments, **environment)
    assert done.returncode == 2
    assert line in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr
    assert done.stdout == ""


def test_a_taken_port_is_said_before_any_work():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run("up", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr == (
        f"yike: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "choose another with --port\n"
    )


def test_packs_as_json_are_json_alone():
    done = run("packs", "--json")
    assert done.returncode == 0
    assert done.stderr == ""
    assert json.loads(done.stdout)


def test_a_database_of_ones_own_is_migrated_by_its_owner_and_served_by_the_other(database):
    # Plain addresses, as people write them.
    urls = {
        "YIKE_DATABASE__URL": database.app_url.replace("+psycopg", ""),
        "YIKE_DATABASE__OWNER_URL": database.owner_url.replace("+psycopg", ""),
    }
    done = run("migrate", **urls)
    assert done.returncode == 0
    assert done.stdout.startswith("the database is at revision ")
    assert done.stderr == ""


def test_an_unmigrated_database_of_ones_own_is_refused(database_server):
    name = f"yike_test_{os.getpid()}_empty"
    with database_server.session() as session:
        session.execute(f"CREATE DATABASE {name}")
        try:
            address = database_server.address(name)
            done = run("serve", "--port", "18999", YIKE_DATABASE__URL=address.owner_url)
        finally:
            session.execute(f"DROP DATABASE {name}")
    assert done.returncode == 2
    assert "run: yike migrate" in done.stderr
