"""A plan is carried out: which task comes when, what is not needed any more, and how busy the workers were."""
