"""The comparison of the variants of an experiment: paired differences, what each choice changes, and the page that shows them."""
