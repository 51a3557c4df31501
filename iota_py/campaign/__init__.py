"""Campaigns: many runs of one configuration as orders in a database, and the delivery of what passes its gates."""
