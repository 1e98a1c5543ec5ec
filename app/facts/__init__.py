"""Resources and vocabulary become facts about one patient, each with where it came from."""
