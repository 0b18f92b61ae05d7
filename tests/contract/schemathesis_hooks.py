"""What Schemathesis has to be told before it asks; see tests/contract/schemathesis.rs."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(ctx, value):
    """A body of lines is text that is sent as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def whole(value):
    """`value` with whole numbers written as such. JSON Schema takes 2.0 for an integer; here it is refused, because a
    number with a fraction is mostly one that somebody has rounded."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {name: whole(item) for name, item in value.items()}
    return value


@schemathesis.hook
def map_body(ctx, body):
    return whole(body)
