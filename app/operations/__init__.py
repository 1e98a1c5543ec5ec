"""What operators ask of a running service: metrics, feedback, switches, reload, audit."""
