"""Everything that can be set, by environment variables named LEGWORK_…"""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, HttpUrl
from pydantic_settings import BaseSettings, SettingsConfigDict

CARDS = Path(__file__).resolve().parent.parent / "cards"


class Settings(BaseSettings):
    """Settings of the service. `time_zone` is the hospital's: `today` and `yesterday` are its days."""

    model_config = SettingsConfigDict(env_prefix="LEGWORK_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    cards_dir: Path = CARDS
    public_url: HttpUrl | None = None
    time_zone: ZoneInfo = ZoneInfo("UTC")

    @property
    def base_url(self) -> str:
        """Where clients and clinicians reach this service, without a slash at the end."""
        return str(self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
