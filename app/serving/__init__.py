"""What a process serves: built at start, replaced on reload, closed at the end."""
