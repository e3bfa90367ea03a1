"""http_fetch against servers that are not ours: http_fetch_test.py PROGRAM

Python's server, and raw sockets for what that cannot do.
"""
import http.server
import socket
import subprocess
import sys
import threading
import unittest

program = sys.argv.pop(1)


def fetch(url, *parameters):
    return subprocess.run([program, "--url=" + url, *parameters], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, content, *fields):
        self.send_response(status)
        for name, value in (("Content-Length", str(len(content))), *fields):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_GET(self):
        if self.path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for chunk in (b"hello", b", ", b"world\n"):
                self.wfile.write(b"%x;extension\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.write(b"0\r\nTrailer: x\r\n\r\n")
        elif self.path == "/moved":
            self.answer(301, b"", ("Location", "folder/a/../chunked"))
        elif self.path == "/folder/chunked":
            self.answer(302, b"", ("Location", "/chunked"))
        elif self.path == "/round":
            self.answer(302, b"", ("Location", "/round"))
        elif self.path == "/large":
            self.answer(200, b"0123456789abcdef" * 65536)
        elif self.path == "/page?query":
            self.answer(200, b"a page\n", ("X-Field", "value"))
        else:
            self.answer(404, b"not here\n")

    do_HEAD = do_GET

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, b"got " + content + b"\n")

    def log_message(self, *_):
        pass


def answer_raw(response):
    """A server for one connection that sends these bytes and hangs up; gives its URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener, listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(response)

    threading.Thread(target=serve, daemon=True).start()
    return "http://127.0.0.1:%d/" % listener.getsockname()[1]


class HttpFetch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        cls.url = "http://127.0.0.1:%d" % cls.server.server_port
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def test_it_prints_status_and_content(self):
        result = fetch(self.url + "/page?query#fragment")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, "200 OK\n\na page\n")

    def test_a_name_is_resolved(self):
        by_name = self.url.replace("127.0.0.1", "localhost")
        self.assertEqual(fetch(by_name + "/page?query").stdout, "200 OK\n\na page\n")

    def test_chunked_content_is_decoded(self):
        self.assertEqual(fetch(self.url + "/chunked").stdout, "200 OK\n\nhello, world\n")

    def test_redirects_are_followed(self):
        self.assertEqual(fetch(self.url + "/moved").stdout, "200 OK\n\nhello, world\n")

    def test_large_content_arrives_whole(self):
        content = "0123456789abcdef" * 65536
        self.assertEqual(fetch(self.url + "/large").stdout, "200 OK\n\n" + content)

    def test_an_error_status_is_a_response(self):
        result = fetch(self.url + "/nowhere")
        self.assertEqual((result.returncode, result.stdout), (0, "404 Not Found\n\nnot here\n"))

    def test_the_head_alone(self):
        result = fetch(self.url + "/page?query", "--head")
        self.assertTrue(result.stdout.startswith("200 OK\n"))
        self.assertIn("\nX-Field: value\n", result.stdout)
        self.assertNotIn("a page", result.stdout)

    def test_data_is_posted(self):
        self.assertEqual(fetch(self.url + "/form", "--data=hello").stdout, "200 OK\n\ngot hello\n")

    def test_content_until_the_connection_ends(self):
        url = answer_raw(b"HTTP/1.0 200 Fine\r\n\r\nold\n")
        self.assertEqual(fetch(url).stdout, "200 Fine\n\nold\n")

    def fails(self, sentence, url, *parameters):
        result = fetch(url, *parameters)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn(sentence, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1)

    def test_failures_say_what_failed(self):
        closed = socket.create_server(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        closed.close()
        self.fails("Connection refused", "http://127.0.0.1:%d/" % port)
        self.fails("no-such-host.invalid", "http://no-such-host.invalid/")
        self.fails("https is not supported", "https://localhost/")
        self.fails("the URL does not begin with http://", "localhost")
        self.fails("redirects too often", self.url + "/round")
        self.fails("redirects too often", self.url + "/moved", "--redirects=1")
        self.fails("response is malformed", answer_raw(b"SSH-2.0-Server\r\n\r\n"))
        cut_short = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"
        self.fails("ended before the response", answer_raw(cut_short))
        self.fails("ended before the response", answer_raw(b""))

    def test_a_server_that_says_nothing_is_given_up(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.fails("timed out", "http://127.0.0.1:%d/" % silent.getsockname()[1], "--limit=200ms")


unittest.main()
