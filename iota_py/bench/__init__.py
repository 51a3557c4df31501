"""The benchmark that every user can run: how many times sooner than the libraries, and are the answers the same.

scale (how much is measured) → workload, models, tile (what is measured on) → prediction, filling, reading, chain (the rows)
→ timing (interleaved rounds) → suite (the table) → stored (the last result).
"""
