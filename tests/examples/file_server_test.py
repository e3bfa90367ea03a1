"""The file server: the website's service, told by its configuration to serve a folder."""
import pathlib
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

program = sys.argv[1]
described = subprocess.run([program, '--describe'], capture_output=True, text=True, check=True)
assert 'sundog::Folder' in described.stdout or 'Folder' in described.stdout, described.stdout
assert 'Embedded' not in described.stdout, described.stdout

with tempfile.TemporaryDirectory() as folder:
    content = bytes(range(256)) * 300
    pathlib.Path(folder, 'data.bin').write_bytes(content)
    pathlib.Path(folder, 'index.html').write_text('<p>home</p>')
    server = subprocess.Popen([program, '--port=0', '--root=' + folder], stdout=subprocess.PIPE,
                              text=True)
    try:
        url = server.stdout.readline().strip()
        assert url.startswith('http://127.0.0.1:'), url
        assert urllib.request.urlopen(url, timeout=10).read() == b'<p>home</p>'
        assert urllib.request.urlopen(url + 'data.bin', timeout=10).read() == content
        pathlib.Path(folder, 'later.txt').write_text('written while it runs')
        later = urllib.request.urlopen(url + 'later.txt', timeout=10).read()
        assert later == b'written while it runs', later
        try:
            urllib.request.urlopen(url + '../etc/passwd', timeout=10)
            raise AssertionError('a file outside of the folder was served')
        except urllib.error.HTTPError as error:
            assert error.code in (400, 404), error.code
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=10) == 0, server.returncode
    finally:
        server.kill()
        server.wait()
missing = subprocess.run([program, '--root=/no/such/folder'], capture_output=True, text=True)
assert missing.returncode == 1 and '/no/such/folder' in missing.stderr, missing
print('a folder is served')
