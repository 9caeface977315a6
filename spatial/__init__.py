"""The analysis: walking, reach and policy verdicts, as a pure library.

No HTTP, no database, no settings, no clock: everything comes in as an argument, and results go
out as data frames, arrays and frozen dataclasses. `service` may import this package, never the
reverse (``tests/unit/test_layering.py``).
"""
