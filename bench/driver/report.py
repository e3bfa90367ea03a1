"""The report: one Markdown file with its plots beside it, made from the results alone."""
import datetime

from driver import better, goals, machine, process


def busy_warning(results, experiments):
    busy = [experiment.name for experiment in experiments
            if any(record.get("others_busy", 0) > machine.BUSY_MAX for record in results.of(experiment.name))]
    if not busy:
        return []
    return ["- **the machine was busy with other things**, so these are noise: " + ", ".join(busy)]


def write(folder, results, experiments):
    """Writes report.md into `folder` from what `results` hold; gives its path."""
    origins = sorted({(record["commit"], record["machine"]) for record in results.records})
    lines = [
        "# Sundog against epoll and the peers",
        "",
        *[f"- commit {commit} on {machine}" for commit, machine in origins],
        f"- written {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC by `./sundog bench`",
        *busy_warning(results, experiments),
        "",
        f"Servers are pinned to CPU {process.SERVER_CPU}, the client to CPU {process.CLIENT_CPU}. Each round "
        "runs every peer once, one after the other; a figure is the median of the rounds, [least to greatest]. "
        "A ratio is taken within each round, so that what slows the machine for a while cancels out. "
        "\"epoll again\" is hand-written epoll measured a second time: what its ratio differs from 1 is "
        "noise, and smaller differences mean nothing. All is raw in results.jsonl.",
        "",
    ]
    lines += goals.section(results)
    lines += better.section(results)
    for experiment in experiments:
        lines += experiment.report(results, folder) if results.of(experiment.name) else []
    path = folder / "report.md"
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    return path
