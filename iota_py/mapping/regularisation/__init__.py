"""The regular map: small components merged, by windows, as in one pass over the whole."""
