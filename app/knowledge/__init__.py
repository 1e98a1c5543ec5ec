"""The files under cards/, read once, strictly, into frozen values."""
