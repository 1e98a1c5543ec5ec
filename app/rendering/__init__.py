"""Assessments become the cards of CDS Hooks."""
