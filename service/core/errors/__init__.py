"""The faults the service answers with, a module a family; `catalogue` lists them all."""
