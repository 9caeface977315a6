"""The process `warm_process` forks commands from: a line of JSON in, two lines of JSON out."""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import sys
import traceback
from importlib import import_module

import service.cli
import service.commands


def fork_commands() -> None:
    """Fork a process for each line read; return in those, leave the parent at the end of lines."""
    while line := sys.stdin.readline():
        question = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(question)
            return
        _answer(pid=pid)
        _, status = os.waitpid(pid, 0)
        _answer(code=os.waitstatus_to_exitcode(status))
    os._exit(0)


def _answer(**values: int) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def _become(question: dict[str, object]) -> None:
    """Take the arguments, folder, environment and streams of the call."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, opened in enumerate(
        (nothing, os.open(str(question["out"]), flags), os.open(str(question["err"]), flags))
    ):
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(str(question["cwd"]))
    os.environ.clear()
    os.environ.update(question["environment"])  # type: ignore[call-overload]  # of JSON
    sys.argv = ["yike", *question["arguments"]]  # type: ignore[misc]  # likewise


def _run() -> int:
    """Run the command, and give the code it leaves with as the interpreter would."""
    try:
        service.cli.main()
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return leaving.code or 0
        sys.stderr.write(f"{leaving.code}\n")
        return 1
    except BaseException:  # noqa: BLE001 - what is not caught is printed, as the interpreter does
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    """Import the program, and be each of the commands asked for."""
    for module in pkgutil.iter_modules(service.commands.__path__, "service.commands."):
        import_module(module.name)
    gc.freeze()  # so that a collection in a fork does not copy all that was imported
    fork_commands()
    code = _run()
    atexit._run_exitfuncs()  # noqa: SLF001 - the interpreter's own last step
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # taking all modules apart takes half a second, and nothing hangs on it


if __name__ == "__main__":
    main()
