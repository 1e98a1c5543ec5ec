"""Legwork: a CDS Hooks service for leg weakness. How it is laid out: docs/architecture.md."""
