"""Estimators, fitting and safe persistence: from a sample matrix to a model bundle, without a pickle anywhere."""
