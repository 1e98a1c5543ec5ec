"""The yardstick: a FastAPI route that parses the body with orjson, and answers with a constant card."""

from __future__ import annotations

import orjson
from fastapi import FastAPI, Request, Response

_CARD = {"summary": "Weakness", "indicator": "info", "source": {"label": "Yardstick"}}
_ANSWER = orjson.dumps({"cards": [_CARD]})

app = FastAPI()


@app.get("/readyz")
async def ready() -> Response:
    """For whoever waits for the start."""
    return Response(b"{}", media_type="application/json")


@app.post("/cds-services/leg-weakness-workup")
async def call(request: Request) -> Response:
    """What every service that reads a chart has to do at least."""
    orjson.loads(await request.body())
    return Response(_ANSWER, media_type="application/json")
