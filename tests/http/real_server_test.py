"""The HTTP server on real sockets, asked by curl, by wrk and over raw sockets: real_server_test.py WEBSITE_PROGRAM"""
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "website"))
from website_process import Website  # noqa: E402

program = sys.argv.pop(1)
GET = b"GET /%s HTTP/1.1\r\nHost: h\r\n%s\r\n"
LAST = b"Connection: close\r\n"


class RealServer(unittest.TestCase):
    poller = "--poller=auto"

    @classmethod
    def setUpClass(cls):
        cls.site = Website(program, cls.poller)
        host, port = re.match(r"http://([^:/]+):(\d+)/", cls.site.url).groups()
        cls.address = (host, int(port))

    @classmethod
    def tearDownClass(cls):
        assert cls.site.stop() == 0

    def connect(self):
        connection = socket.create_connection(self.address, timeout=30)
        self.addCleanup(connection.close)
        return connection

    def read_all(self, connection):
        received = b""
        while part := connection.recv(65536):
            received += part
        return received

    def ask(self, request):
        connection = self.connect()
        connection.sendall(request)
        return self.read_all(connection)

    def status_of(self, request):
        return int(self.ask(request)[9:12])

    def test_pipelined_requests_are_answered_in_order(self):
        answers = self.ask(GET % (b"no-1", b"") + GET % (b"style.css", b"Range: bytes=0-3\r\n") +
                           GET % (b"no-2", LAST))
        self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+)", answers), [b"404", b"206", b"404"])

    def test_a_request_may_come_byte_by_byte(self):
        connection = self.connect()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in GET % (b"style.css", LAST):
            connection.sendall(bytes([byte]))
        self.assertTrue(self.read_all(connection).startswith(b"HTTP/1.1 200 OK\r\n"))

    def test_a_client_that_has_finished_sending_is_answered(self):
        connection = self.connect()
        connection.sendall(GET % (b"style.css", b""))
        connection.shutdown(socket.SHUT_WR)
        self.assertTrue(self.read_all(connection).startswith(b"HTTP/1.1 200 OK\r\n"))

    def test_requests_that_two_readers_could_read_differently_are_refused(self):
        chunked = b"Transfer-Encoding: chunked\r\n"
        for fields in (chunked + b"Content-Length: 3\r\n", b"Content-Length: 3\r\n" * 2,
                       chunked * 2, b"Transfer-Encoding: chunked, x\r\n", b"Content-Length : 3\r\n",
                       b"A: b\r\n Content-Length: 3\r\n", b"A: b\nContent-Length: 3\r\n"):
            with self.subTest(fields):
                answers = self.ask(b"POST / HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\n" +
                                   GET % (b"smuggled", b""))
                self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+)", answers), [b"400"])

    def test_no_path_leads_out(self):
        for path in (b"../etc/passwd", b"..%2fetc/passwd", b"%2e%2e/etc/passwd", b"..%5cx", b"%00",
                     b"/etc/passwd"):
            self.assertIn(self.status_of(GET % (path, LAST)), (400, 404))

    def test_a_refusal_reaches_a_client_that_goes_on_sending(self):
        connection = self.connect()
        connection.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n" +
                           b"x" * 200_000)
        self.assertTrue(self.read_all(connection).startswith(b"HTTP/1.1 413 "))

    def test_a_client_that_resets_harms_nobody(self):
        for _ in range(20):
            with socket.create_connection(self.address, timeout=30) as connection:
                connection.sendall((GET % (b"", b"")) * 50)
                connection.recv(1000)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.assertEqual(self.status_of(GET % (b"style.css", LAST)), 200)

    def test_idle_connections_do_not_hinder_others(self):
        idle = [self.connect() for _ in range(200)]
        self.assertEqual(self.status_of(GET % (b"style.css", LAST)), 200)
        idle[0].sendall(GET % (b"style.css", LAST))
        self.assertTrue(self.read_all(idle[0]).startswith(b"HTTP/1.1 200 OK\r\n"))

    def curl(self, path, *arguments):
        """The statuses of all requests that curl made, and what it printed."""
        command = ["curl", "-sS", "--path-as-is", "-w", "\n%{stderr}%{http_code} ", *arguments,
                   self.site.url + path]
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [int(code) for code in result.stderr.split()], result.stdout[:-1]

    @unittest.skipUnless(shutil.which("curl"), "there is no curl")
    def test_curl_is_content(self):
        statuses, whole = self.curl("style.css")
        self.assertEqual(statuses, [200])
        self.assertEqual(self.curl("style.css", "--http1.0"), ([200], whole))
        self.assertEqual(self.curl("style.css", "-r", "5-9"), ([206], whole[5:10]))
        self.assertEqual(self.curl("style.css", "-r", "-5"), ([206], whole[-5:]))
        self.assertEqual(self.curl("style.css", "-r", "9999999-")[0], [416])
        self.assertEqual(self.curl("style.css", "-z", "1 Jan 2037 00:00:00 GMT")[0], [304])
        self.assertEqual(self.curl("style.css", "-I")[0], [200])
        self.assertEqual(self.curl("style.css", "-d", "data")[0], [405])
        self.assertEqual(self.curl("style.css", "-X", "POST")[0], [405])
        self.assertEqual(self.curl("style.css", "-X", "BREW")[0], [501])

    @unittest.skipUnless(shutil.which("curl"), "there is no curl")
    def test_curl_keeps_its_connection(self):
        statuses, _ = self.curl("style.css", "-w", "\n%{stderr}%{num_connects} ",
                                self.site.url + "style.css", self.site.url + "no-such-page")
        self.assertEqual(statuses, [1, 0, 0])

    @unittest.skipUnless(shutil.which("curl"), "there is no curl")
    def test_curl_uploads_and_is_told_what_to_do(self):
        with tempfile.NamedTemporaryFile() as large:
            large.write(b"x" * 20_000_000)
            large.flush()
            self.assertEqual(self.curl("a", "-T", large.name)[0], [413])
            large.truncate(2_000_000)
            self.assertEqual(self.curl("a", "-T", large.name)[0], [405])
            chunked = ("-T", large.name, "-H", "Transfer-Encoding: chunked")
            self.assertEqual(self.curl("a", *chunked)[0], [405])

    @unittest.skipUnless(shutil.which("wrk"), "there is no wrk")
    def test_wrk_finds_no_error(self):
        result = subprocess.run(["wrk", "-t1", "-c50", "-d1s", self.site.url + "style.css"],
                                capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("Socket errors", result.stdout)
        self.assertNotIn("Non-2xx", result.stdout)
        self.assertRegex(result.stdout, r"[1-9]\d* requests in")


class OnEpoll(RealServer):
    poller = "--poller=epoll"


unittest.main()
