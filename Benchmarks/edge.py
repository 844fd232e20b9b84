"""What TLS and many connections cost; called by bench.py."""

import os, resource, signal, socket, ssl, subprocess, time


def edge(gatehouse, bench, start, resident):
    folder = bench.folder
    # As autovacuum does it within a minute: without statistics the planner takes ways that no gateway has for long.
    bench.sql("analyze")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=bench",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/tls.key", "-out", f"{folder}/tls.pem"], check=True, capture_output=True)
    os.chmod(f"{folder}/tls.key", 0o600)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = {"GATEHOUSE_TLS_CERTIFICATE_FILE": f"{folder}/tls.pem", "GATEHOUSE_TLS_KEY_FILE": f"{folder}/tls.key"}
    command = [gatehouse, "serve", "--state", bench.state, "--port", "0"]
    servers = {}
    for name, environment in (("plain", {}), ("TLS 1.3", files)):
        process, line = start(command, "ready ", {**os.environ, **environment})
        servers[name] = (process, line.split()[1])
    rounds = [{name: bench.measure("get", 32, base, process) for name, (process, base) in servers.items()} for _ in range(3)]
    rates = {name: sorted(cells[name]["rps"] for cells in rounds)[1] for name in servers}
    share = sorted(cells["TLS 1.3"]["rps"] / cells["plain"]["rps"] for cells in rounds)[1]
    print(f"GET by id over keep-alive, 32 connections: plain {rates['plain']:,.0f}/s, TLS 1.3 {rates['TLS 1.3']:,.0f}/s: {share * 100:.0f} % (aim: 85 %)",
          flush=True)
    for name, (process, base) in servers.items():
        bench.measure("page", 8, base, process)
        result = bench.measure("page", 8, base, process)
        print(f"a page of 200 with masks, 8 connections, {name}: p50 {result['p50']:.1f} ms, p99 {result['p99']:.1f} ms (aim: p99 15 ms)", flush=True)
    for name, (process, base) in servers.items():
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    for name, environment in (("plain", {}), ("TLS 1.3", files)):
        process, line = start(command, "ready ", {**os.environ, **environment})
        idle(name, process, int(line.rsplit(":", 1)[1]), bool(environment), resident, min(10_000, hard - 200))
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def idle(name, process, port, is_tls, resident, count):
    """Opens connections that were answered once and then say nothing."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    before, held, begin = resident(process.pid), [], time.time()
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if is_tls:
            connection = context.wrap_socket(connection)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        # Whoever asks so often without a credential is told to wait, which is an answer, too.
        if not connection.recv(4096).startswith((b"HTTP/1.1 200", b"HTTP/1.1 429")):
            raise SystemExit("a connection was not answered")
        held.append(connection)
    after = resident(process.pid)
    print(f"{count:,} idle connections, {name}: {after:.0f} MB resident, {after - before:.0f} more than none (aim: under 400); opened in "
          f"{time.time() - begin:.1f} s", flush=True)
    for connection in held:
        connection.close()
