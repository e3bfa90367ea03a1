#!/usr/bin/env python3
"""io/embed.py as a tool of the build. What it makes is compiled and looked into by embedded_files_test.cpp.

  embed_test.py EMBED_PY
"""
import os
import re
import pathlib
import subprocess
import sys
import tempfile
import unittest


class EmbedTest(unittest.TestCase):
    tool = None

    def setUp(self):
        outer = tempfile.TemporaryDirectory()
        self.addCleanup(outer.cleanup)
        self.outer = pathlib.Path(outer.name)
        self.folder = self.outer / "pages"
        (self.folder / "below").mkdir(parents=True)
        (self.folder / "b.txt").write_text("b")
        (self.folder / "below" / "a.txt").write_text("a")

    def embed(self, **environment):
        return subprocess.run(
            [sys.executable, self.tool, self.folder, "pages", self.outer / "pages.hpp",
             self.outer / "pages.cpp", self.outer / "pages.d"],
            env={**os.environ, **environment}, capture_output=True, text=True)

    def source(self):
        return (self.outer / "pages.cpp").read_text()

    def test_the_same_folder_gives_the_same_source_whatever_the_order_and_the_time(self):
        self.assertEqual(self.embed(SOURCE_DATE_EPOCH="1700000000").returncode, 0)
        first = self.source()
        contents = (self.folder / "b.txt").read_bytes()
        (self.folder / "b.txt").unlink()
        (self.folder / "b.txt").write_bytes(contents)
        os.utime(self.folder / "b.txt", (1, 1))
        self.assertEqual(self.embed(SOURCE_DATE_EPOCH="1700000000").returncode, 0)
        self.assertEqual(self.source(), first)
        self.assertLess(first.index('"b.txt"'), first.index('"below/a.txt"'))

    def test_a_file_keeps_its_time_in_whole_seconds(self):
        os.utime(self.folder / "b.txt", (1234567890.75, 1234567890.75))
        self.assertEqual(self.embed().returncode, 0)
        self.assertIn(", 1234567890}", self.source())

    def test_another_content_has_another_digest(self):
        self.embed(SOURCE_DATE_EPOCH="1")
        first = self.source()
        (self.folder / "b.txt").write_text("c")
        self.embed(SOURCE_DATE_EPOCH="1")
        digests = [re.search(r'"b\.txt".*?from_hex\("([0-9a-f]+)"\)', source, re.DOTALL).group(1)
                   for source in (first, self.source())]
        self.assertNotEqual(*digests)

    def test_the_build_is_told_of_every_file_and_folder(self):
        self.embed()
        made, read = (self.outer / "pages.d").read_text().split(":", 1)
        self.assertEqual(made.split(), [str(self.outer / "pages.hpp"), str(self.outer / "pages.cpp")])
        self.assertEqual(set(read.split()), {str(self.folder), str(self.folder / "below"),
                                             str(self.folder / "b.txt"),
                                             str(self.folder / "below" / "a.txt")})

    def test_what_is_neither_file_nor_folder_is_refused_by_name(self):
        (self.folder / "link").symlink_to("b.txt")
        ended = self.embed()
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("link", ended.stderr)

    def test_a_missing_folder_is_refused_by_name(self):
        self.folder = self.outer / "missing"
        ended = self.embed()
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("missing", ended.stderr)


if __name__ == "__main__":
    EmbedTest.tool = sys.argv.pop(1)
    unittest.main()
