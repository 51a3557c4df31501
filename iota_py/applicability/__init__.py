"""Where a model applies: dissimilarity of pixels from what it learnt, its threshold, and how far pixels are from samples."""
