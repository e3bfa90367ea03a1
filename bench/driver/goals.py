"""What was to be reached, and whether it was: the report's first table."""
from driver import peers, statistics
from driver.table import quantity, table

URING, LIMIT = "sundog, io_uring", "liburing by hand"


def _median(results, experiment, peer, key):
    values = [record[key] for record in results.of(experiment, peer=peer) if key in record]
    return statistics.median(values) if values else None


def _ratio(results, experiment, peer, base):
    """The median over rounds of requests/s, to another peer in the same round."""
    bases = {record["round"]: record["requests_per_s"]
             for record in results.of(experiment, peer=base) if "requests_per_s" in record}
    values = [record["requests_per_s"] / bases[record["round"]]
              for record in results.of(experiment, peer=peer)
              if "requests_per_s" in record and record["round"] in bases]
    return statistics.median(values) if values else None


def _inside(results, experiment, peer, key):
    for record in results.of(experiment, peer=peer):
        if key in record.get("inside", {}):
            return record["inside"][key]
    return None


def _micro(results, case, peer="sundog", key="ns"):
    values = [record[key] for record in results.of("micro", peer=peer, case=case)
              if record.get(key) is not None]
    return statistics.median(values) if values else None


def _sleepers(results, peer, key):
    values = [record[key] for record in results.of("sleepers", peer=peer, count=1_000_000) if key in record]
    return statistics.median(values) if values else None


def _at_least(words, value, wanted):
    reached = None if value is None or wanted is None else value >= wanted
    return words, quantity(value), "" if wanted is None else f"≥ {quantity(wanted)}", reached


def _at_most(words, value, wanted):
    reached = None if value is None or wanted is None else value <= wanted
    return words, quantity(value), "" if wanted is None else f"≤ {quantity(wanted)}", reached


def _times(value, factor):
    return None if value is None else value * factor


def goals(results):
    baseline = peers.BASELINE
    yield _at_least("echo, 50 connections: requests/s to hand-written epoll",
                    _ratio(results, "echo-50", URING, baseline), 1.05)
    yield _at_least("echo, 50 connections: requests/s to hand-written liburing",
                    _ratio(results, "echo-50", URING, LIMIT), 0.98)
    for count in ("1", "1000"):
        yield _at_least(f"echo, {count} connection(s): requests/s to hand-written epoll",
                        _ratio(results, f"echo-{count}", URING, baseline), 1.0)
    limit = _inside(results, "echo-50", LIMIT, "instructions_per_request")
    yield _at_most("echo: user-space instructions a request",
                   _inside(results, "echo-50", URING, "instructions_per_request"), _times(limit, 2))
    for name, words in (("short", "short connections"), ("udp", "UDP echo")):
        limit = _ratio(results, name, LIMIT, baseline)
        yield _at_least(f"{words}: requests/s to hand-written epoll (1.2, or hand-written liburing's)",
                        _ratio(results, name, URING, baseline), None if limit is None else min(1.2, limit))
    yield _at_least("website: requests/s to nginx", _ratio(results, "website", URING, "nginx"), 1.0)
    yield _at_most("task: create, await, destroy, ns (1.05 of the hand-written floor)",
                   _micro(results, "task"), _times(_micro(results, "floor_task"), 1.05))
    yield _at_most("task: mallocs", _micro(results, "task", key="mallocs"), 0)
    yield _at_most("yield among 1,000 tasks, ns", _micro(results, "yield_1000"), 4)
    yield _at_most("wait and wakeup, ns (half of Lwt's)", _micro(results, "wait_wakeup"),
                   _times(_micro(results, "wait_wakeup", "Lwt"), 0.5))
    yield _at_most("arm and cancel a timeout, ns", _micro(results, "arm_cancel"), 8)
    yield _at_most("cancel through 17 frames, ns", _micro(results, "cancel_17"), 1000)
    yield _at_most("1,000,000 sleepers: bytes a task", _sleepers(results, "sundog", "bytes_per_sleeper"), 160)
    yield _at_most("1,000,000 sleepers: CPU seconds (0.11 of Lwt's)", _sleepers(results, "sundog", "cpu_s"),
                   _times(_sleepers(results, "Lwt", "cpu_s"), 0.11))
    idle = _median(results, "idle", URING, "bytes_per_connection")
    yield _at_most("an idle connection beyond its buffer of 4,096 bytes, bytes",
                   None if idle is None else idle - 4096, 512)


def section(results):
    rows = [[words, value, wanted, "reached" if reached else "**missed**"]
            for words, value, wanted, reached in goals(results) if reached is not None]
    if not rows:
        return []
    return ["## Goals", "", *table(["goal, sundog on io_uring", "measured", "wanted", ""], rows)]
