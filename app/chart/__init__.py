"""A patient's chart as it came: FHIR resources, typed, only the elements that are read."""
