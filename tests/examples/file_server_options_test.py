"""What operators tell a file server when it starts, and what it tells them: file_server_options_test.py PROGRAM"""
import gzip
import http.client
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = sys.argv.pop()


class Server:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([PROGRAM, '--port=0', *arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.port = int(re.search(r':(\d+)/', self.process.stdout.readline())[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def ask(self, path, method='GET', port=None, **fields):
        connection = http.client.HTTPConnection('127.0.0.1', port or self.port, timeout=30)
        connection.request(method, path, headers={name.replace('_', '-'): value for name, value in fields.items()})
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer


def wait_until(holds):
    end = time.monotonic() + 30
    while not holds():
        if time.monotonic() > end:
            raise AssertionError('it did not come to hold')
        time.sleep(0.01)


class Options(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.root = self.folder / 'root'
        self.root.mkdir()
        (self.root / 'page.txt').write_text('a page')

    def on_each_poller(self, test, *arguments):
        for poller in 'uring', 'epoll':
            with self.subTest(poller), Server(f'--root={self.root}', f'--poller={poller}', *arguments) as server:
                test(server)

    def test_each_request_is_a_line_of_the_access_log(self):
        log = self.folder / 'log'

        def test(server):
            log.unlink(missing_ok=True)
            server.process.send_signal(signal.SIGHUP)
            wait_until(log.exists)
            server.ask('/page.txt', User_Agent='me "too"', Referer='http://r/')
            server.ask('/missing')
            with socket.create_connection(('127.0.0.1', server.port), timeout=30) as client:
                client.sendall(b'nonsense\r\n\r\n')
                client.recv(1000)
            self.assertEqual(server.stop(), 0)
            lines = log.read_text().splitlines()
            date = r'\[\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d \+0000\]'
            self.assertRegex(lines[0], rf'^127\.0\.0\.1 - - {date} "GET /page.txt HTTP/1.1" 200 6 '
                                       r'"http://r/" "me \\x22too\\x22"$')
            self.assertRegex(lines[1], r'"GET /missing HTTP/1.1" 404 \d+ "-" "-"$')
            self.assertRegex(lines[2], r'" 400 \d+ "-" "-"$')
            self.assertEqual(len(lines), 3)

        self.on_each_poller(test, f'--access-log={log}')

    def test_lines_in_json_are_json(self):
        log = self.folder / 'log'

        def test(server):
            server.ask('/page.txt', User_Agent='me "\xe4"\\')
            self.assertEqual(server.stop(), 0)
            line = json.loads(log.read_text().splitlines()[-1])
            self.assertEqual((line['peer'], line['status'], line['bytes'], line['method'], line['target']),
                             ('127.0.0.1', 200, 6, 'GET', '/page.txt'))
            self.assertGreaterEqual(line['duration_us'], 0)
            self.assertEqual(line['agent'], 'me "\ufffd"\\')

        self.on_each_poller(test, f'--access-log={log}', '--access-log-format=json')

    def test_a_log_that_is_moved_aside_is_opened_anew_and_no_line_is_lost(self):
        log, old = self.folder / 'log', self.folder / 'log.1'

        def test(server):
            log.write_text('')
            server.process.send_signal(signal.SIGHUP)
            for i in range(200):
                server.ask(f'/{i}')
                if i == 100:
                    log.rename(old)
                    server.process.send_signal(signal.SIGHUP)
                    wait_until(log.exists)
            self.assertEqual(server.stop(), 0)
            targets = re.findall(r'GET /(\d+) ', old.read_text() + log.read_text())
            self.assertEqual([int(target) for target in targets], list(range(200)))

        self.on_each_poller(test, f'--access-log={log}')

    def test_without_a_log_a_hangup_changes_nothing(self):
        def test(server):
            server.process.send_signal(signal.SIGHUP)
            self.assertEqual(server.ask('/page.txt').status, 200)
            self.assertEqual(server.stop(), 0)

        self.on_each_poller(test)

    def test_a_log_that_cannot_be_opened_is_told_at_the_start(self):
        refused = subprocess.run([PROGRAM, '--port=0', f'--root={self.root}', '--access-log=/no/such/log'],
                                 capture_output=True, text=True, timeout=60)
        self.assertEqual(refused.returncode, 1)
        self.assertIn('/no/such/log', refused.stderr)

    def test_metrics_and_health_have_paths_where_that_is_wanted(self):
        def test(server):
            server.ask('/page.txt')
            figures = server.ask('/m').body.decode()
            self.assertIn('\nhttp_requests_total{code="200",class="2xx"} 1\n', figures)
            self.assertRegex(figures, r'\nprocess_resident_memory_bytes [1-9]\d+\n')
            self.assertRegex(figures, r'\nprocess_open_fds [1-9]\d*\n')
            self.assertRegex(figures, r'\nprocess_cpu_seconds_total 0?\d*\.\d+\n')
            self.assertEqual(server.ask('/h').body, b'ok\n')
            for line in figures.splitlines():
                self.assertRegex(line, r'^# (HELP|TYPE) [a-z_]+ .+$|^[a-z_]+(\{[^{}]*\})? [0-9.]+$')

        self.on_each_poller(test, '--metrics-path=/m', '--health-path=/h')

    def test_metrics_and_health_may_have_a_port_of_their_own(self):
        with socket.create_server(('127.0.0.1', 0)) as free:
            port = free.getsockname()[1]

        def test(server):
            self.assertIn(b'http_connections ', server.ask('/metrics', port=port).body)
            self.assertEqual(server.ask('/health', port=port).body, b'ok\n')
            self.assertEqual(server.ask('/page.txt', port=port).status, 404)
            self.assertEqual(server.ask('/metrics').status, 404)
            self.assertEqual(server.stop(), 0)

        self.on_each_poller(test, f'--metrics-port={port}')

    def test_fields_error_pages_types_codings_and_listings_are_as_told(self):
        (self.root / 'page.txt.gz').write_bytes(b'packed')
        (self.root / 'missing.html').write_text('nothing here')
        (self.root / 'x.odd').write_text('odd')
        (self.root / '<b>').write_text('')

        def test(server):
            packed = server.ask('/page.txt', Accept_Encoding='gzip')
            self.assertEqual((packed.body, packed.getheader('Content-Encoding'), packed.getheader('Vary')),
                             (b'packed', 'gzip', 'Accept-Encoding'))
            self.assertEqual(packed.getheader('Cache-Control'), 'public, max-age=60')
            self.assertEqual(server.ask('/page.txt').body, b'a page')
            missing = server.ask('/nowhere')
            self.assertEqual((missing.status, missing.body), (404, b'nothing here'))
            self.assertEqual(server.ask('/x.odd').getheader('Content-Type'), 'text/odd')
            listing = server.ask('/').body
            self.assertIn(b'<a href="page.txt">page.txt</a> 6 bytes', listing)
            self.assertIn(b'<a href="%3Cb%3E">&lt;b&gt;</a>', listing)

        self.on_each_poller(test, '--fields=*.txt Cache-Control: public, max-age=60', '--types=odd=text/odd',
                            '--error-pages=404=missing.html', '--precompressed', '--listings')

    def test_text_is_compressed_where_that_is_wanted(self):
        text = ''.join(f'line {i * i}\n' for i in range(50_000)).encode()
        (self.root / 'long.txt').write_bytes(text)

        def test(server):
            packed = server.ask('/long.txt', Accept_Encoding='gzip')
            self.assertEqual(packed.getheader('Content-Encoding'), 'gzip')
            self.assertLess(len(packed.body), len(text) / 2)
            self.assertEqual(gzip.decompress(packed.body), text)
            self.assertEqual(server.ask('/long.txt').body, text)

        self.on_each_poller(test, '--compress=2MiB')

    def test_limits_are_as_told(self):
        def test(server):
            idle = socket.create_connection(('127.0.0.1', server.port), timeout=30)
            self.assertEqual(idle.recv(1), b'')  # its time is over
            idle.close()
            self.assertEqual(server.ask('/' + 'x' * 300).status, 414)
            self.assertEqual(server.ask('/', X='y' * 600).status, 431)

        self.on_each_poller(test, '--idle-timeout=100ms', '--request-line=200', '--request-fields=500',
                            '--connections=5')

    def test_help_shows_what_there_is_in_groups(self):
        shown = subprocess.run([PROGRAM, '--help'], capture_output=True, text=True, check=True).stdout
        places = [shown.index(f'{title}:\n') for title in
                  ('Where to listen', 'Connections and requests', 'Pages', 'For operators', 'What to serve')]
        self.assertEqual(places, sorted(places))
        self.assertIn('\n\nPages:\n  --fields', shown)

    def test_what_is_told_wrongly_is_refused_with_what_was_expected(self):
        for wrong, expected in (('--fields=x', 'PATTERN NAME: VALUE'), ('--error-pages=1=x', 'STATUS=PAGE'),
                                ('--types=x', 'EXTENSION=TYPE'), ('--access-log-format=x', 'combined')):
            refused = subprocess.run([PROGRAM, wrong], capture_output=True, text=True, timeout=60)
            self.assertEqual(refused.returncode, 2)
            self.assertIn(expected, refused.stderr)


if __name__ == '__main__':
    unittest.main()
