"""From filled series to the columns of the feature matrix: spectral indices, names, layout."""
