"""Works on jobs in a process of its own, to be stopped or killed there."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

# Imported before the process is forked, so that it begins at once.
import service.commands.worker
import service.jobs.catalogue
from service.cli import main

__all__ = ["service", "work"]


def work(settings: Mapping[str, str]) -> None:
    """Run the command, as if called with these settings."""
    os.environ.update(settings)
    sys.argv = ["yike", "worker"]
    main()
