"""Whether a registered EHR gives what a call will need: its keys, its FHIR server, each query. Before going live."""
