"""The command line as processes of their own, without importing everything for each.

A parent process imports the program once; each call is a fork of it with the arguments, folder,
environment and streams of the call. What a user starts differs by the imports alone, which take
1.5 s of a call that computes for 0.1 s; the tests of the entry script start it as a user does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BASE_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    # The code beside these tests, whatever is installed.
    "PYTHONPATH": str(ROOT),
}


class WarmCommandLine:
    """A parent process with the program imported; see the module."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parent = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("warm_parent.py"))],
            env=BASE_ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        arguments: Sequence[object],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        timeout_seconds: float,
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end, and give what it wrote.

        Raises
        ------
        subprocess.TimeoutExpired
            The command took longer; it is killed.
        """
        words = [str(argument) for argument in arguments]
        with self._lock, tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            self._ask(
                arguments=words,
                cwd=str(cwd),
                environment={**BASE_ENVIRONMENT, **environment},
                out=str(out),
                err=str(err),
            )
            late = threading.Timer(timeout_seconds, os.kill, (self._answer()["pid"], 9))
            late.start()
            code = self._answer()["code"]
            in_time = late.is_alive()
            late.cancel()
            if not in_time:
                raise subprocess.TimeoutExpired(words, timeout_seconds)
            return subprocess.CompletedProcess(
                words, code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
            )

    def close(self) -> None:
        """End the parent."""
        self._parent.communicate()

    def _ask(self, **question: Any) -> None:
        assert self._parent.stdin is not None
        self._parent.stdin.write(json.dumps(question) + "\n")
        self._parent.stdin.flush()

    def _answer(self) -> Any:
        assert self._parent.stdout is not None
        line = self._parent.stdout.readline()
        assert line, "the parent process of the commands has ended"
        return json.loads(line)
