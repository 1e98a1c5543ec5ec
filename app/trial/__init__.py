"""Trying the service out: fixture patients for a FHIR server of one's own."""
