"""Who may call, with which keys, and which FHIR servers may be called for them."""
