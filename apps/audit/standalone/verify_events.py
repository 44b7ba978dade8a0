"""
Verify an export of the event log, without the portal and with nothing but Python 3.11.

    python verify_events.py events.jsonl --key HEX [--checkpoints checkpoints.jsonl]

`--key` is the portal's public key as you kept it when you first saw it, not as the export says
it. `--checkpoints` is a copy of VAR_DIR/audit/checkpoints.jsonl that was kept elsewhere. Exit code 0: all
holds. 1: something does not, and what. The format is in docs/decisions/0001-sealed-bytes.md,
the signature's arithmetic in RFC 8032, section 5.1.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

GENESIS = "0" * 64
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


class DoesNotHold(Exception):
    """What does not hold, as a sentence."""


@dataclass
class Walk:
    """What was seen so far. `hashes` are those of the events, by number."""

    events: int = 0
    unsealed: int = 0
    gaps: int = 0
    sequence: int = 0
    hash: str = GENESIS
    hashes: dict[int, str] = field(default_factory=dict)
    checkpoints: list[dict[str, Any]] = field(default_factory=list)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify an export of the event log.")
    parser.add_argument("export")
    parser.add_argument("--key", required=True, help="public key, 64 hexadecimal signs")
    parser.add_argument("--checkpoints", help="checkpoints kept elsewhere")
    parser.add_argument("--partial", action="store_true", help="the export is a part of the log: allow gaps")
    given = parser.parse_args()
    try:
        walk = walk_through(given.export, partial=given.partial)
        signed = check_signatures(walk, bytes.fromhex(given.key), given.checkpoints)
    except DoesNotHold as found:
        say(f"DOES NOT HOLD: {found}")
        return 1
    say(f"{walk.events} events hold, {signed} checkpoints are met, the last number is {walk.sequence}.")
    if walk.gaps:
        say(f"{walk.gaps} gaps: between them lie events that are not in this export.")
    if walk.unsealed:
        say(f"{walk.unsealed} events were not sealed yet; nothing is proven of them.")
    return 0


def walk_through(path: str, *, partial: bool) -> Walk:
    walk = Walk()
    for line in lines_of(path):
        if line["kind"] == "checkpoint":
            walk.checkpoints.append(line)
        elif line["kind"] == "event" and line["sequence"] is None:
            walk.unsealed += 1
        elif line["kind"] == "event":
            check_event(line, walk, partial=partial)
    return walk


def lines_of(path: str) -> Iterator[dict[str, Any]]:
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, start=1):
            try:
                yield json.loads(text)
            except json.JSONDecodeError:
                raise DoesNotHold(f"Line {number} is torn.") from None


def check_event(line: dict[str, Any], walk: Walk, *, partial: bool) -> None:
    number, previous = int(line["sequence"]), line["previous"]
    if number <= walk.sequence:
        raise DoesNotHold(f"Number {number} comes after number {walk.sequence}.")
    follows = number == walk.sequence + 1
    if not follows and not partial:
        raise DoesNotHold(f"Number {walk.sequence + 1} is missing.")
    if follows and previous != walk.hash:
        raise DoesNotHold(f"Number {number} does not follow from the one before.")
    if hashlib.sha256(f"{previous}\n{number}\n{line['body']}".encode()).hexdigest() != line["hash"]:
        raise DoesNotHold(f"Number {number} was altered.")
    check_detail(line, number)
    walk.events += 1
    walk.gaps += not follows
    walk.sequence, walk.hash = number, line["hash"]
    walk.hashes[number] = line["hash"]


def check_detail(line: dict[str, Any], number: int) -> None:
    if "detail" not in line:
        return  # Erased, or not shown to who exported: only its hash is in the body.
    said = hashlib.sha256((line["salt"] + line["detail"]).encode()).hexdigest()
    if said != json.loads(line["body"])["detail"]:
        raise DoesNotHold(f"The detail of number {number} was altered.")


def check_signatures(walk: Walk, key: bytes, elsewhere: str | None) -> int:
    """How many checkpoints are met. The last one covers the chain before it, so its signature counts."""
    kept = list(lines_of(elsewhere)) if elsewhere else []
    met = [line for line in [*walk.checkpoints, *kept] if line["sequence"] in walk.hashes]
    for line in met:
        if walk.hashes[line["sequence"]] != line["hash"]:
            raise DoesNotHold(f"The checkpoint at {line['sequence']} says another hash: written anew.")
    if beyond := [line["sequence"] for line in kept if line["sequence"] > walk.sequence]:
        raise DoesNotHold(f"A checkpoint says {max(beyond)}, the export ends at {walk.sequence}: cut.")
    if not met:
        raise DoesNotHold("No checkpoint speaks of these events, so nobody has signed them.")
    for line in {
        line["sequence"]: line for line in sorted(met, key=lambda line: line["sequence"])[-3:]
    }.values():
        said = f"mlops-portal checkpoint 1\n{line['sequence']}\n{line['hash']}\n{line['at']}"
        if not is_signed(key, said.encode(), bytes.fromhex(line["signature"])):
            raise DoesNotHold(f"The checkpoint at {line['sequence']} is not signed with this key.")
    return len(met)


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Ed25519 (RFC 8032, 5.1.7): whether [s]B = R + [h]A."""
    public, point = decoded(key), decoded(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if public is None or point is None or len(signature) != 64 or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return same(times(s, BASE), plus(point, times(h, public)))


def plus(a: Point, b: Point) -> Point:
    x, y = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = y - x, z - t, z + t, y + x
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = plus(result, point)
        point = plus(point, point)
        number >>= 1
    return result


def same(a: Point, b: Point) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def decoded(text: bytes) -> Point | None:
    """The point of 32 bytes (RFC 8032, 5.1.3); None where there is none."""
    number = int.from_bytes(text, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if len(text) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x % 2 != sign else x
    return x, y, 1, x * y % P


_BASE = decoded((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
BASE: Point = _BASE if _BASE is not None else (0, 1, 1, 0)

if __name__ == "__main__":
    sys.exit(main())
