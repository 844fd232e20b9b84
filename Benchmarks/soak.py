"""Two gateways over one PostgreSQL under mixed load, while PostgreSQL and one of the gateways are killed at seeded moments; called by scripts/soak.

What callers were told is held against what is there at the end: no acknowledged write lost, no idempotent write done twice, the log verifies, and the
gateway that lived through all of it holds no more descriptors and no more memory than at first.
"""

import argparse, glob, http.client, json, os, pwd, random, re, shutil, signal, subprocess, sys, tempfile, threading, time, uuid

parser = argparse.ArgumentParser()
parser.add_argument("--root", required=True)
parser.add_argument("--seconds", type=int, default=600)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--callers", type=int, default=8)
options = parser.parse_args()

GATEHOUSE = os.path.join(options.root, ".build", "release", "gatehouse")
PROGRAMS = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
dice = random.Random(options.seed)


class Database:
    """A cluster of its own below a folder, on a Unix socket."""

    def __init__(self, folder):
        self.data, self.sockets = os.path.join(folder, "data"), os.path.join(folder, "run")
        self.account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        for path in (self.data, self.sockets):
            os.mkdir(path, 0o700)
            if self.account:
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        subprocess.run([f"{PROGRAMS}/initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8"],
                       check=True, capture_output=True, **self.owner())
        self.process = None
        self.start()
        self.sql("create role gatehouse login", "postgres")
        for name in ("gatehouse", "vault"):
            self.sql(f"create database {name} owner gatehouse", "postgres")

    def owner(self):
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": [], "cwd": "/"} if self.account else {}

    def start(self):
        self.process = subprocess.Popen([f"{PROGRAMS}/postgres", "-D", self.data, "-c", "listen_addresses=", "-c", f"unix_socket_directories={self.sockets}"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.owner())
        while subprocess.run([f"{PROGRAMS}/pg_isready", "-q", "-h", self.sockets]).returncode != 0:
            if self.process.poll() is not None:
                # The shared memory of one that was killed may still be held by its children.
                time.sleep(0.2)
                return self.start()
            time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)

    def url(self, name):
        return f"postgresql://gatehouse@/{name}?host={self.sockets}"

    def sql(self, statement, database="gatehouse"):
        return subprocess.run(["psql", "-h", self.sockets, "-U", "postgres", "-d", database, "-Atc", statement],
                              check=True, capture_output=True, text=True).stdout.strip()


class Gateway:
    def __init__(self, state, environment):
        self.state, self.environment, self.process, self.port = state, environment, None, None

    def start(self):
        while True:
            self.process = subprocess.Popen([GATEHOUSE, "serve", "--state", self.state, "--port", "0"], env=self.environment,
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for line in self.process.stdout:
                if line.startswith("ready "):
                    self.port = int(line.rsplit(":", 1)[1])
                    return
            # PostgreSQL may be away just now.
            self.process.wait()
            time.sleep(0.2)

    def end(self, how):
        self.port = None
        self.process.send_signal(how)
        self.process.wait(120)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident(self):
        return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read()).group(1)) / 1024


class Caller(threading.Thread):
    """Somebody who writes until it is acknowledged, and remembers what was."""

    def __init__(self, number, gateways, token, over):
        super().__init__(daemon=True)
        self.dice = random.Random(options.seed * 1000 + number)
        self.number, self.gateways, self.token, self.over = number, gateways, token, over
        # What was acknowledged: the id of each contact, and the value it was last given.
        self.contacts, self.calls, self.retries, self.faults = {}, 0, 0, []
        self.connections = {}

    def call(self, method, path, body=None, headers=None, gateway=None):
        """One try: (status, answer, headers), or None when nobody can say what happened."""
        gateway = gateway or self.dice.choice(self.gateways)
        port = gateway.port
        if port is None:
            return None
        kept = self.connections.get(port)
        connection = kept or http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            sent = {"Authorization": "Bearer " + self.token, **(headers or {})}
            data = None
            if body is not None:
                data = json.dumps(body).encode()
                sent["Content-Type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
            connection.request(method, path, data, sent)
            response = connection.getresponse()
            answer = response.read()
            self.connections[port] = connection
            self.calls += 1
            return response.status, json.loads(answer) if answer else None, response.headers
        except (OSError, http.client.HTTPException):
            connection.close()
            self.connections.pop(port, None)
            return None

    def insist(self, method, path, body, headers=None):
        """The same write under the same key, by whichever gateway, until one acknowledges it."""
        headers = {"Idempotency-Key": f'"{uuid.UUID(int=self.dice.getrandbits(128))}"', **(headers or {})}
        while True:
            outcome = self.call(method, path, body, headers)
            if outcome and 200 <= outcome[0] < 300:
                return outcome
            # 409: the first try still runs somewhere, or its gateway was killed in it; 429: slower, please.
            if outcome and outcome[0] not in (409, 429, 500, 502, 503, 504):
                self.faults.append(f"{method} {path} was refused: {outcome[0]} {(outcome[1] or {}).get('code')}")
                return None
            self.retries += 1
            time.sleep(0.05)

    def run(self):
        step = 0
        while not self.over.is_set():
            step += 1
            what = self.dice.random()
            if what < 0.15 or not self.contacts:
                value = f"soak-{self.number}-{step}"
                outcome = self.insist("POST", "/v1/contacts", {"given_name": "Soak", "family_name": f"Caller{self.number}", "job_title": value})
                if outcome:
                    self.contacts[outcome[1]["id"]] = value
            elif what < 0.35:
                contact = self.dice.choice(list(self.contacts))
                value = f"soak-{self.number}-{step}"
                if self.insist("PATCH", f"/v1/contacts/{contact}", {"job_title": value}, {"If-Match": "*"}):
                    self.contacts[contact] = value
            elif what < 0.9:
                contact = self.dice.choice(list(self.contacts))
                self.check(contact, self.call("GET", f"/v1/contacts/{contact}"))
            else:
                self.call("GET", "/v1/contacts?limit=20")
        for connection in self.connections.values():
            connection.close()

    def check(self, contact, outcome):
        """An answer has to say what was acknowledged last; no answer, or a refusal for now, says nothing."""
        if outcome is None or outcome[0] in (429, 500, 502, 503, 504):
            return False
        if outcome[0] != 200:
            self.faults.append(f"contact {contact} answers {outcome[0]}")
        elif outcome[1].get("job_title") != self.contacts[contact]:
            self.faults.append(f"contact {contact} has lost an acknowledged write")
        return True


def main():
    folder = tempfile.mkdtemp(prefix="gatehouse-soak-")
    os.chmod(folder, 0o711)
    database = Database(folder)
    state = os.path.join(folder, "state")
    environment = dict(os.environ, DATABASE_URL=database.url("gatehouse"), VAULT_URL=database.url("vault"))
    subprocess.run([GATEHOUSE, "schema", "apply", "--state", state], check=True, capture_output=True, env=environment)
    steady, killed = Gateway(state, environment), Gateway(state, environment)
    faults = []
    try:
        steady.start()
        killed.start()
        token = open(os.path.join(state, "keys", "administrator.token")).read().strip()
        over = threading.Event()
        callers = [Caller(number, [steady, killed], token, over) for number in range(options.callers)]
        for caller in callers:
            caller.start()
        begin, kills, samples, told = time.time(), {"PostgreSQL": 0, "gateway": 0, "gateway, politely": 0}, [], 0
        due = begin + dice.uniform(5, 10)
        while time.time() - begin < options.seconds:
            time.sleep(1)
            samples.append((time.time() - begin, steady.descriptors(), steady.resident()))
            if time.time() - told > 30:
                told = time.time()
                print(f"{told - begin:4.0f} s: {sum(caller.calls for caller in callers):,} answers, {sum(len(caller.contacts) for caller in callers):,} contacts, "
                      f"{sum(kills.values())} kills, {samples[-1][1]} descriptors, {samples[-1][2]:.0f} MB", file=sys.stderr, flush=True)
            if time.time() < due:
                continue
            what = dice.choice(["PostgreSQL", "gateway", "gateway", "gateway, politely"])
            kills[what] += 1
            if what == "PostgreSQL":
                database.kill()
                time.sleep(dice.uniform(0, 2))
                database.start()
            else:
                killed.end(signal.SIGKILL if what == "gateway" else signal.SIGTERM)
                time.sleep(dice.uniform(0, 2))
                killed.start()
            due = time.time() + dice.uniform(5, 15)
        over.set()
        for caller in callers:
            caller.join(120)
            if caller.is_alive():
                faults.append(f"caller {caller.number} still waits for an answer")

        # Everything that was acknowledged, read once more by the gateway that lived.
        for caller in callers:
            for contact in caller.contacts:
                while not caller.check(contact, caller.call("GET", f"/v1/contacts/{contact}", gateway=steady)):
                    time.sleep(0.1)
            for connection in caller.connections.values():
                connection.close()
            faults += caller.faults
        acknowledged, kept = sum(len(caller.contacts) for caller in callers), int(database.sql("select count(*) from contact"))
        if kept != acknowledged:
            faults.append(f"{acknowledged} contacts were acknowledged, {kept} are there")
        if steady.process.poll() is not None:
            faults.append("the gateway that nobody killed has ended")
        else:
            early = [sample for sample in samples if options.seconds * 0.2 <= sample[0] <= options.seconds * 0.4]
            late = [sample for sample in samples if sample[0] >= options.seconds * 0.8]
            opened = (max(sample[1] for sample in early), max(sample[1] for sample in late))
            memory = (max(sample[2] for sample in early), max(sample[2] for sample in late))
            # As many callers all the time: what is not closed shows as more at the end.
            if opened[1] > opened[0] + options.callers:
                faults.append(f"descriptors have grown from {opened[0]} to {opened[1]}")
            if memory[1] > memory[0] * 1.2 + 10:
                faults.append(f"memory has grown from {memory[0]:.0f} to {memory[1]:.0f} MB")
            print(f"descriptors {opened[0]} early, {opened[1]} late; memory {memory[0]:.0f} MB early, {memory[1]:.0f} MB late")
        # The log of what happened, as it is at the end.
        verified = subprocess.run([GATEHOUSE, "audit", "verify", "--state", state], capture_output=True, text=True, env=environment)
        if verified.returncode != 0:
            faults.append("the audit log does not verify: " + (verified.stdout + verified.stderr).strip()[:300])
        print(f"{sum(caller.calls for caller in callers):,} answers, {acknowledged:,} contacts acknowledged, {sum(caller.retries for caller in callers):,} tries again; "
              + ", ".join(f"{what} killed {times} times" for what, times in kills.items()) + f"; seed {options.seed}")
    finally:
        for gateway in (steady, killed):
            if gateway.process and gateway.process.poll() is None:
                gateway.end(signal.SIGTERM)
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for fault in faults[:20]:
        print("FAULT: " + fault)
    print("nothing is wrong" if not faults else f"{len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
