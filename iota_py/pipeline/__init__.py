"""Where the stages meet: what is planned, how it runs and resumes."""
