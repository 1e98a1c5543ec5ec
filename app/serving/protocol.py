"""The HTTP protocol with this service's time limits, by a name that uvicorn's workers can import."""

from app.security.connection import timed_protocol
from app.settings import Settings

Protocol = timed_protocol(Settings().header_timeout)
