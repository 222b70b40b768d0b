"""For schemathesis: a JSON object on one line is JSON Lines too, going in and coming out."""

import json

import schemathesis

schemathesis.serializer.alias("application/x-ndjson", "application/json")


@schemathesis.deserializer("application/x-ndjson")
def _read_row(context, response):
    return json.loads(response.content)
