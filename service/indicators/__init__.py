"""The register of imported figures."""
