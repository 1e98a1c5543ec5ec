"""Facts and knowledge become assessments: what fired, what did not, what could not be decided."""
