"""Files of others: they are saved by the browser, never shown as a page of this site."""

from urllib.parse import quote

from starlette.responses import Response


def download(content: bytes, name: str, media_type: str = "application/octet-stream") -> Response:
    """A file to be saved under this name. No browser takes it for a page (RFC 6266; ``nosniff`` is on each answer)."""
    last = name.replace("\\", "/").rpartition("/")[2] or "file"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(last, safe='')}",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)
