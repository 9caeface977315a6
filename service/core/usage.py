"""What a person running Yike can put right.

UsageFault
├── MissingLibraryFault                  the system lacks a library that this needs
└── service.core.postgres.ClusterError   the private database cannot be made, started or used
"""

from __future__ import annotations


class UsageFault(Exception):  # noqa: N818 - not a bug in Yike, hence no Error in its name
    """Something about the call or the machine keeps a command from running.

    The text is what the user reads: one clear line, or several, naming what to do.
    """


class MissingLibraryFault(UsageFault):
    """The system lacks a library; the text names the package to install."""
