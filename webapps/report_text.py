"""A report as a page shows it: its very text, in elements that the style sheet lays out in lines.

What is between the tags is the report, byte for byte; nothing is added, left out or moved. So what people read, what
they copy, and what is sent are the same.
"""

import re

from markupsafe import Markup, escape

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{},:]|[^"{},:]+')
_PUNCTUATION = {
    ",": Markup(',</span><span class="member">'),
    "}": Markup("</span></span>}"),
    ":": Markup('<span class="colon">:</span>'),
}


def report_text(body: bytes) -> Markup:
    """The text of a report, marked up; of what is not JSON, just the text."""
    text = body.decode(errors="replace")
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        return escape(text)
    return Markup().join(_marked(tokens, index) for index in range(len(tokens)))


def _marked(tokens: list[str], index: int) -> Markup:
    part = tokens[index]
    if part == "{":
        short = " short" if _holds_no_object(tokens, index) else ""
        return Markup('{{<span class="members{}"><span class="member">').format(short)
    if part in _PUNCTUATION:
        return _PUNCTUATION[part]
    is_name = tokens[index + 1 : index + 2] == [":"]
    return Markup('<span class="name">{}</span>').format(part) if is_name else escape(part)


def _holds_no_object(tokens: list[str], index: int) -> bool:
    return next((token for token in tokens[index + 1 :] if token in {"{", "}"}), "}") == "}"
