"""Experiments: variants of one configuration, run with what they share made once, then compared on one page."""
