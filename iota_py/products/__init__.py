"""What was acquired, when, where, and which pixels are usable: one reader driven by a description per product family."""
