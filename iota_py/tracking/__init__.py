"""What a run leaves behind: its record (MLflow or nothing) and its provenance manifest. Importing this package never imports MLflow."""
