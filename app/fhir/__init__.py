"""Where a chart comes from: what the client sent along, and (not yet) its FHIR server."""
