"""The demo city: the real streets of Wuhan, everything else synthetic (see `city`)."""
