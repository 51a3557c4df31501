"""What is handed over: packages with a name and a version, their metadata and checksums, and the STAC catalogue of them. Values in, texts out."""
