"""Text as TOML writes it."""

import json


def quoted(text: str) -> str:
    """Return text as a TOML string."""
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
