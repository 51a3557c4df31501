"""Map accuracy: what is sampled, the points of it, the answers, and what they say of the map."""
