"""The OGC API face of the service, one module per building block (design, section 2)."""
