"""The HTTP edge: CDS Hooks requests in, CDS Hooks responses out."""
