"""Who a command acts for, in the record of what was done."""

from __future__ import annotations

import getpass


def command_actor() -> str:
    """Return ``command line`` with the name of the user of this machine, if it has one."""
    try:
        return f"command line ({getpass.getuser()})"
    except (KeyError, OSError):
        # A container may run as a user without a name.
        return "command line"
