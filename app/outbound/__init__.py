"""The only way out: an HTTP client that reaches nothing but what it may (protocol F4)."""
