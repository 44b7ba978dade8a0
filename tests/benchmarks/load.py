"""
A closed-loop load generator over raw sockets: each connection sends, waits, sends again.

One thread and epoll: it does several times what any of the measured servers can answer, so the
server is the bottleneck. `python tests/benchmarks/load.py JOB.json` prints one JSON object.
"""

import json
import select
import socket
import sys
import time
from pathlib import Path


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = 0.0

    def send(self, message):
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(message)

    def is_answered(self):
        self.received += self.socket.recv(65536)
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return False
        position = head.lower().index(b"content-length:") + 15
        return len(body) >= int(head[position:].split(b"\r\n", 1)[0])


def run(port, message, connections, seconds):
    """Requests per second, latencies in ms, and how many answers were not 200."""
    clients = {}
    poll = select.epoll()
    for _ in range(connections):
        client = Connection(port)
        clients[client.socket.fileno()] = client
        poll.register(client.socket, select.EPOLLIN)
        client.send(message)
    latencies, failed = [], 0
    began = time.perf_counter()
    end = began + seconds
    while time.perf_counter() < end:
        for number, _ in poll.poll(1):
            client = clients[number]
            if not client.is_answered():
                continue
            latencies.append(time.perf_counter() - client.sent_at)
            failed += not client.received.startswith(b"HTTP/1.1 200")
            client.send(message)
    took = time.perf_counter() - began
    for client in clients.values():
        client.socket.close()
    latencies.sort()
    return {
        "requests_per_second": len(latencies) / took,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
        "failed": failed,
    }


if __name__ == "__main__":
    job = json.loads(Path(sys.argv[1]).read_text())
    answer = run(job["port"], job["message"].encode(), job["connections"], job["seconds"])
    print(json.dumps(answer))
