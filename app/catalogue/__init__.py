"""The knowledge as a page to read: every card, what it asks, and where its numbers come from."""
