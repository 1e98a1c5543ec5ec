"""What operators see of the service: logs, metrics, traces, and the audit trail. Never patient data."""
