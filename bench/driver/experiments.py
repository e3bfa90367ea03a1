"""Everything that can be measured, in the report's order."""
import dataclasses
import pathlib

from driver import features, services, small


@dataclasses.dataclass
class Settings:
    root: pathlib.Path
    build: pathlib.Path
    rounds: int = 5
    seconds: float = 1.0
    quick: bool = False  # one short round, nothing looked inside: shows that it all still works
    website_options: tuple = ("--port={port}", "--root={page}/www", "--log=error")


ALL = [*services.ALL, *features.ALL, *small.ALL]
