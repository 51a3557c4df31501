"""Reference polygons become samples: cleaned, split by polygon, selected, extracted, and accounted for."""
