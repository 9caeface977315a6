"""Reading OpenStreetMap files: streets, residential areas, buildings and facilities.

What a tag means stands in two tables beside the modules, ``streets.yaml`` and ``places.yaml``;
``docs/osm.md`` shows them to people. OpenStreetMap data are © OpenStreetMap contributors, under
the Open Database License 1.0.
"""
