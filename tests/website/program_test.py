#!/usr/bin/env python3
"""The website program as its operator and its clients see it.

  program_test.py WEBSITE_PROGRAM DECK_FOLDER [TEST...]
"""
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

from website_process import Website

END_SECONDS_MAX = 30


class ProgramTest(unittest.TestCase):
    program = None
    deck = None
    poller = "--poller=auto"

    def start(self, *arguments):
        site = Website(self.program, self.poller, *arguments)
        self.addCleanup(site.stop)
        return site

    def request(self, site, path, method="GET", **fields):
        address = urllib.parse.urlsplit(site.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=END_SECONDS_MAX)
        self.addCleanup(connection.close)
        connection.request(method, path, headers={name.replace("_", "-"): value
                                                  for name, value in fields.items()})
        answer = connection.getresponse()
        answer.body = answer.read()
        return answer

    def run_to_end(self, *arguments):
        return subprocess.run([self.program, self.poller, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=END_SECONDS_MAX)

    def test_every_file_of_the_deck_is_served_unchanged_with_its_type(self):
        site = self.start()
        types = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
                 ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
        files = [path for path in self.deck.rglob("*") if path.is_file()]
        self.assertGreaterEqual(len(files), 3)
        for path in files:
            answer = self.request(site, "/" + path.relative_to(self.deck).as_posix())
            self.assertEqual(answer.status, 200, path)
            self.assertEqual(answer.body, path.read_bytes())
            self.assertTrue(answer.getheader("Content-Type").startswith(types[path.suffix]), path)

    def test_the_root_is_the_index_page(self):
        answer = self.request(self.start(), "/")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.body, (self.deck / "index.html").read_bytes())

    def test_a_page_that_the_client_has_is_not_sent_again(self):
        site = self.start()
        first = self.request(site, "/style.css")
        again = self.request(site, "/style.css", If_None_Match=first.getheader("ETag"))
        self.assertEqual((again.status, again.body), (304, b""))
        since = self.request(site, "/style.css", If_Modified_Since=first.getheader("Last-Modified"))
        self.assertEqual((since.status, since.body), (304, b""))

    def test_head_gives_the_length_and_no_body(self):
        site = self.start()
        answer = self.request(site, "/style.css", method="HEAD")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(int(answer.getheader("Content-Length")), (self.deck / "style.css").stat().st_size)

    def test_what_is_not_there_is_not_found(self):
        site = self.start()
        self.assertEqual(self.request(site, "/no-such-page").status, 404)
        self.assertIn(self.request(site, "/style.css", method="DELETE").status, (405, 501))

    def test_no_path_leads_out_of_the_folder(self):
        with tempfile.TemporaryDirectory() as outer:
            root = pathlib.Path(outer, "root")
            root.mkdir()
            pathlib.Path(outer, "secret").write_text("secret")
            (root / "link").symlink_to(pathlib.Path(outer, "secret"))
            for arguments in ([], [f"--root={root}"]):
                site = self.start(*arguments)
                for path in ("/../secret", "/%2e%2e/secret", "/..%2fsecret", "/a/../../secret", "/link",
                             "//secret", "/./secret", "/root/../../secret"):
                    answer = self.request(site, path)
                    self.assertIn(answer.status, (400, 403, 404), path)
                    self.assertNotIn(b"secret", answer.body.replace(path.encode(), b""))

    def test_root_serves_a_folder_instead_of_the_files_compiled_in(self):
        with tempfile.TemporaryDirectory() as root:
            page = pathlib.Path(root, "index.html")
            page.write_text("first")
            site = self.start(f"--root={root}")
            first = self.request(site, "/")
            self.assertEqual((first.status, first.body), (200, b"first"))
            self.assertEqual(self.request(site, "/style.css").status, 404)
            while first.getheader("ETag") is None:  # not before the file has been left alone for a while
                time.sleep(0.1)
                first = self.request(site, "/")
            page.write_text("and then the second")  # read again for each request: no restart needed
            second = self.request(site, "/", If_None_Match=first.getheader("ETag"))
            self.assertEqual((second.status, second.body), (200, b"and then the second"))

    def test_a_root_that_is_no_folder_is_a_clear_error(self):
        ended = self.run_to_end("--root=/no/such/folder", "--port=0")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("/no/such/folder", ended.stderr)

    def test_help_lists_the_parameters(self):
        ended = self.run_to_end("--help")
        self.assertEqual(ended.returncode, 0)
        for name in ("--port", "--address", "--root"):
            self.assertIn(name, ended.stdout)

    def test_an_unknown_or_malformed_parameter_is_a_clear_error(self):
        for argument, named in (("--colour=red", "--colour"), ("--port=eighty", "eighty"),
                                ("--port=65536", "65536"), ("--address=nowhere", "nowhere")):
            ended = self.run_to_end(argument)
            self.assertNotEqual(ended.returncode, 0, argument)
            self.assertIn(named, ended.stderr)

    def test_a_port_that_is_taken_is_a_clear_error(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            ended = self.run_to_end(f"--port={port}", "--address=127.0.0.1")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn(str(port), ended.stderr)

    def test_sigterm_and_sigint_stop_it_with_success(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            site = Website(self.program, self.poller)
            self.assertEqual(self.request(site, "/").status, 200)
            self.assertEqual(site.stop(number), 0)

    def test_a_stop_finishes_the_answer_that_is_under_way(self):
        # A file larger than the sockets' buffers, so that the server is still writing when it is told to stop.
        with tempfile.TemporaryDirectory() as root:
            contents = os.urandom(1 << 20) * 32
            pathlib.Path(root, "large").write_bytes(contents)
            site = Website(self.program, self.poller, f"--root={root}")
            address = urllib.parse.urlsplit(site.url)
            with socket.create_connection((address.hostname, address.port)) as client:
                client.settimeout(END_SECONDS_MAX)
                client.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                received = bytearray(client.recv(1000))
                site.process.send_signal(signal.SIGTERM)
                while part := client.recv(1 << 16):
                    received += part
            self.assertEqual(bytes(received).partition(b"\r\n\r\n")[2], contents)
            self.assertEqual(site.stop(), 0)


class ProgramOnEpollTest(ProgramTest):
    poller = "--poller=epoll"


if __name__ == "__main__":
    ProgramTest.program = sys.argv.pop(1)
    ProgramTest.deck = pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=2)
