"""A seeded landscape with known truth that writes native products: the demo, the tests and the benchmarks work on it.

landscape (what is where) → phenology (what it reflects on a day) → scene (pixels) → weather, observation (what a satellite sees)
→ a writer per product family (muscate) and the reference data; demo puts them together.
"""
