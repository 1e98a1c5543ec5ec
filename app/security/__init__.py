"""Who is calling, and how much one caller may ask of the service."""
