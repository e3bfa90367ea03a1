"""Where a peer is better than ours: said plainly, and worked out from the results alone."""
from driver import peers, statistics
from driver.table import quantity, table

OURS = "sundog, io_uring"
# Not peers of ours: the same program again, and ours in another make.
NOT_PEERS = (OURS, "sundog, epoll", peers.AGAIN)

# experiment, key, words; True where more is better
SERVICES = [
    *[(name, "requests_per_s", f"{name}: requests/s", True)
      for name in ("echo-1", "echo-50", "echo-1000", "pipeline", "short", "udp", "website")],
    *[(name, "cpu_ns_per_request", f"{name}: CPU a request", False)
      for name in ("echo-50", "echo-1000", "pipeline", "short", "udp", "website")],
    ("idle", "bytes_per_connection", "memory of an idle connection", False),
]
# the case in ours, in the peer's, words
MICRO = [
    ("task", "floor_task", "floor", "create, await and destroy a task"),
    ("task", "create_await", "Lwt", "create, await and destroy a task (Lwt: a bind that does not wait)"),
    ("yield_1000", "floor_yield_1000", "floor", "yield among 1,000 tasks"),
    ("yield_1000", "yield_1000", "Lwt", "yield among 1,000 tasks"),
    ("wait_wakeup", "wait_wakeup", "Lwt", "wait, bind and wake up"),
    ("arm_cancel", "arm_cancel", "Lwt", "arm and cancel a timeout"),
    *[(f"join/{count}", f"join_{count}", "Lwt", f"join {count:,} tasks, each")
      for count in (10, 1_000, 100_000, 1_000_000)],
    *[(f"create_threads/{count}", f"create_threads_{count}", "Lwt", f"create {count:,} waiting tasks, each")
      for count in (1_000, 10_000, 100_000, 1_000_000)],
]


def _values(records, key):
    return [record[key] for record in records if record.get(key) is not None]


def _noise(results, experiment, key):
    """How far from 1 the second copy of hand-written epoll came; at least a twentieth."""
    once = _values(results.of(experiment, peer=peers.BASELINE), key)
    again = _values(results.of(experiment, peer=peers.AGAIN), key)
    if not once or not again:
        return 0.05
    return max(0.05, abs(statistics.median(again) / statistics.median(once) - 1))


def _row(words, peer, theirs, ours, noise, more_is_better):
    """A row of the table, or nothing if ours is as good within the noise."""
    if not theirs or not ours:
        return []
    their, our = statistics.median(theirs), statistics.median(ours)
    advantage = (their / our if more_is_better else our / their) if their and our else 0
    if their == 0 and our > 0:
        return [[words, peer, quantity(their), quantity(our), ""]]
    return [[words, peer, quantity(their), quantity(our), f"{advantage:.2f}"]] if advantage > 1 + noise else []


def _rows(results):
    for experiment, key, words, more_is_better in SERVICES:
        ours = _values(results.of(experiment, peer=OURS), key)
        names = dict.fromkeys(record["peer"] for record in results.of(experiment))
        for peer in names:
            if peer not in NOT_PEERS:
                yield from _row(words, peer, _values(results.of(experiment, peer=peer), key), ours,
                                _noise(results, experiment, key), more_is_better)
    for our_case, their_case, peer, words in MICRO:
        program = "sundog" if peer == "floor" else peer  # the floor is in our own benchmark program
        yield from _row(words + ", ns", peer, _values(results.of("micro", peer=program, case=their_case), "ns"),
                        _values(results.of("micro", peer="sundog", case=our_case), "ns"), 0.05, False)
    for count in sorted({record["count"] for record in results.of("sleepers") if "count" in record}):
        for key, words in (("cpu_s", "CPU s"), ("bytes_per_sleeper", "bytes each")):
            ours = _values(results.of("sleepers", peer="sundog", count=count), key)
            for peer in ("floor", "Lwt"):
                theirs = _values(results.of("sleepers", peer=peer, count=count), key)
                yield from _row(f"{count:,} sleepers: {words}", peer, theirs, ours, 0.05, False)


def section(results):
    rows = list(_rows(results))
    if not rows:
        return []
    return ["## Where a peer is better", "",
            "By more than the noise: what the A/A row differs by, and at least 5 %. \"liburing by hand\" and the "
            "\"floor\" are limits: the least that can do it, without what a runtime is for.", "",
            *table(["what", "peer", "the peer's", "sundog's", "better by a factor of"], rows)]
