"""Models of a run: what they learn from, what corrects and joins them, and how pixels are handed to them."""
