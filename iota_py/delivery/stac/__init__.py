"""The STAC catalogue of what a run hands over."""
