"""From files to features: the one path that samples and maps share."""
