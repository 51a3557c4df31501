"""What a finished run leaves for others: its manifest, and the record of the experiment, subject by subject."""
