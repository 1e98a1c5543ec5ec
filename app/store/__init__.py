"""What outlives a call: issued cards, feedback, used tokens, switches, audit chains. Never patient data."""
