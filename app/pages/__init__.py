"""Pages that people read: every card, and why it says what it says."""
