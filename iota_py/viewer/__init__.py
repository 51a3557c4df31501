"""The map of a run in a browser, served on this machine only: `iota-py view`."""
