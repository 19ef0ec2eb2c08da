"""Recognises the application server that runs us.

Theory of operation
-------------------

A server is recognised by the objects it hands to the application, because no client can make those: first the code
behind ``start_response`` or ``send`` (``gateway``), looked up in the table of servers we know (``table``); then objects
of certain types in the WSGI environ; then what the lifespan call of the same process showed; then the call stack
(``stack``). A server that is not in the table is named by the distribution that its gateway object comes from.
``SERVER_SOFTWARE`` is last, since servers leave it to their front ends and their operators. ``recognise`` has that
order; ``versions`` finds the version once the vendor is known. If nothing of this speaks, the answer is nothing: what
happens to be imported or installed names no server.

No header is read, no key that starts with ``HTTP_``, and no text under a key that a front end may set. Attributes are
read of plain functions, methods, builtins and partials; of everything else the type is looked at, and nothing more.

``find`` is fast enough for a request. What it returns may need a look into the installed distributions, which is not:
``Sighting.complete`` says so, and then ``identify`` belongs into another thread.
"""

from engine_telemetry.application_server.recognise import Call, find
from engine_telemetry.application_server.server import ApplicationServer
from engine_telemetry.application_server.sighting import Sighting, identify

__all__ = ["ApplicationServer", "Call", "Sighting", "find", "identify"]
