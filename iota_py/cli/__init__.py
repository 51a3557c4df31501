"""The command line: one file for each command. Parse, call, exit code."""
