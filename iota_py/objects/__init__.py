"""Objects: segments of pixels that are classified as a whole, and what is known of each."""
