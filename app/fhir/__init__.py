"""Where a chart comes from: what the client sent along, and its FHIR server for the rest."""
