"""Which tasks a wish of the configuration asks for, and what is wrong with the wish."""
