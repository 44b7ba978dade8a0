"""The limit: the same HTTP server reading the body and giving a fixed answer."""

import asyncio
import sys

from granian.constants import Interfaces
from granian.server.embed import Server

ANSWER = (
    b'{"predictions":["yes"],"probabilities":[{"no":0.25,"yes":0.75}],'
    b'"id":"01a20a97-b39f-7b45-a2e4-fe157ffe5ff4","model_version":"3"}'
)


async def application(scope, transport):
    await transport()
    transport.response_bytes(200, [("content-type", "application/json")], ANSWER)


async def serve(port):
    server = Server(
        application,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.RSGI,
        websockets=False,
        backlog=1024,
        log_enabled=False,
    )
    await server.serve()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
