"""Measures Gatehouse against the bare floor in one run; called by scripts/bench, which builds first."""

import argparse, json, os, random, re, shutil, signal, subprocess, sys, tempfile, time, urllib.request

from backup import backup
from edge import edge

parser = argparse.ArgumentParser()
parser.add_argument("--root", required=True)
parser.add_argument("--people", type=int, required=True)
parser.add_argument("--seconds", type=int, required=True)
parser.add_argument("--million", default="no")
parser.add_argument("--log-events", type=int, default=200_000)
parser.add_argument("--backup-contacts", type=int, default=1_000_000)
parser.add_argument("--only", choices=["all", "log", "rights", "backup", "edge"], default="all")
options = parser.parse_args()

BUILD = os.path.join(options.root, ".build", "release")
GATEHOUSE, BENCH = os.path.join(BUILD, "gatehouse"), os.path.join(BUILD, "gatehouse-bench")
POLICIES = os.path.join(options.root, "policies")
TICKS = os.sysconf("SC_CLK_TCK")
children = []


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def start(command, ready, environment=None):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    children.append(process)
    for line in process.stdout:
        if line.startswith(ready):
            return process, line.strip()
    sys.exit(f"{command[0]} did not start")


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        try:
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        except FileNotFoundError:
            pass
    return total / TICKS


def database_pids(state):
    master = int(open(f"{state}/postgres/postmaster.pid").readline())
    found = [master]
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if int(open(f"/proc/{entry}/stat").read().rsplit(")", 1)[1].split()[1]) == master:
                    found.append(int(entry))
            except (FileNotFoundError, ProcessLookupError):
                pass
    return found


def wrk(url, connections, script, server, state, environment):
    pids = [server.pid]
    before = (cpu_seconds(pids), cpu_seconds(database_pids(state)))
    threads = "1" if connections == 1 else "2"
    text = run("wrk", f"-t{threads}", f"-c{connections}", f"-d{options.seconds}s", "--latency", "-s", script, url,
               env={**os.environ, **environment})
    after = (cpu_seconds(pids), cpu_seconds(database_pids(state)))
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    if "Non-2xx" in text:
        sys.exit("answers were not 2xx: " + re.search(r"Non-2xx.*", text).group(0))

    def latency(place):
        value, unit = re.search(place + r"\s+([\d.]+)(us|ms|s)", text).groups()
        return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    return {
        "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), "p50": latency("50%"), "p99": latency("99%"),
        "max": latency(r"Latency\s+\S+\s+\S+"),
        "cpu": (after[0] - before[0]) / requests * 1e6, "db": (after[1] - before[1]) / requests * 1e6,
    }


SCRIPT = """
local function lines(name) local all = {} for line in io.lines(name) do all[#all + 1] = line end return all end
local kind, token, list = os.getenv("KIND"), os.getenv("TOKEN"), lines(os.getenv("LIST"))
local headers = {["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json"}
local counter = 0
function setup(thread) counter = counter + 1; thread:set("number", counter) end
function init() math.randomseed(os.time() * 8 + number) end
function request()
  local item = list[math.random(#list)]
  if kind == "bare" then return wrk.format("GET", "/contacts/" .. item) end
  if kind == "bare-list" then return wrk.format("GET", "/contacts") end
  local fields = "fields=external_id,given_name,family_name,email,phone,job_title,city,mobile,birth_date,country,lifecycle,source," ..
    "owner_id,team_id,account_id,created_at,updated_at"
  if kind == "get" then return wrk.format("GET", "/v1/contacts/" .. item .. "?" .. fields, headers) end
  if kind == "get-all" then return wrk.format("GET", "/v1/contacts/" .. item, headers) end
  if kind == "list" then return wrk.format("GET", "/v1/contacts?limit=50&" .. fields, headers) end
  if kind == "page" then return wrk.format("GET", "/v1/contacts?limit=200&" .. fields, headers) end
  if kind == "list-all" then return wrk.format("GET", "/v1/contacts?limit=50", headers) end
  if kind == "search" then return wrk.format("GET", "/v1/contacts?email=" .. item, headers) end
  if kind == "proof" then return wrk.format("GET", "/v1/audit/events/" .. item .. "/proof", headers) end
  if kind == "words" then return wrk.format("GET", "/v1/contacts?q=" .. item .. "&" .. fields, headers) end
  counter = counter + 1
  local email = "bench." .. number .. "." .. counter .. "." .. math.random(1e9) .. "@example.com"
  return wrk.format("POST", "/v1/contacts", headers,
    '{"given_name":"Bench","family_name":"Mark","email":"' .. email .. '","phone":"+15550100","job_title":"Tester","city":"Nowhere"}')
end
"""


def token(state, role):
    return json.loads(run(GATEHOUSE, "token", "issue", "--state", state, "--role", role, "--user", "bench", "--json"))["token"]


def fetch(base, path, bearer):
    request = urllib.request.Request(base + path, headers={"Authorization": "Bearer " + bearer})
    return json.load(urllib.request.urlopen(request))


def collect(base, bearer, count):
    """Ids and e-mail addresses of contacts, through the API."""
    ids, emails, cursor = [], [], None
    while len(ids) < count:
        page = fetch(base, "/v1/contacts?limit=200&fields=email" + ("&cursor=" + cursor if cursor else ""), bearer)
        ids += [row["id"] for row in page["data"]]
        emails += [row["email"] for row in page["data"] if row["email"]]
        cursor = page["next"]
        if not cursor:
            break
    return ids, emails


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1)) / 1024


def unlimited(folder):
    """The policies with limits that no measurement comes to: what is counted is counted all the same."""
    policies = os.path.join(folder, "policies")
    shutil.copytree(POLICIES, policies)
    with open(os.path.join(policies, "limits.yaml"), "w") as file:
        file.write("rates:\n  default: { units: 1000000000, seconds: 60 }\npeople:\n  sales-rep: { most: 1000000000 }\n")
    return policies


class Setup:
    def __init__(self, people, imported=0):
        self.folder = tempfile.mkdtemp(prefix="gatehouse-bench-")
        os.chmod(self.folder, 0o711)
        self.state = os.path.join(self.folder, "state")
        self.policies = unlimited(self.folder)
        begin = time.time()
        loaded = json.loads(run(GATEHOUSE, "sample", "--state", self.state, "--people", str(people), "--json"))
        self.sample_rate = loaded["created"] / (time.time() - begin)
        self.server, line = start([GATEHOUSE, "serve", "--state", self.state, "--policies", self.policies, "--port", "0"], "ready ")
        self.base = line.split()[1]
        time.sleep(1)
        self.idle = resident(self.server.pid)
        self.admin, self.rep = token(self.state, "administrator"), token(self.state, "sales-rep")
        if imported:
            people = os.path.join(self.folder, "people.csv")
            write_people(people, imported)
            run(GATEHOUSE, "import", people, "--as", "contacts", "--state", self.state, "--json")
            os.remove(people)
            # From all over the table: the oldest ids alone would sit on a few warm pages.
            share = min(100, 20000 / imported * 100)
            ids = run("psql", "-h", self.state + "/postgres-run", "-U", "postgres", "-d", "gatehouse", "-Atc",
                      f"select id from contact tablesample bernoulli ({share:.3f}) where external_id like 'import-%'").split()
            picked = [random.randrange(imported) for _ in range(20000)]
            emails = [f"person.{number}@import.example" for number in picked]
            names = [(GIVEN[number * 7919 % len(GIVEN)].lower(), FAMILY[number * 104729 % len(FAMILY)].lower()) for number in picked]
            searches = {
                "3 letters": [family[:3] for _, family in names], "4 letters": [family[:4] for _, family in names],
                "a whole name": [family for _, family in names], "two names": [given + "+" + family for given, family in names],
                "two beginnings of 3 letters": [given[:3] + "+" + family[:3] for given, family in names],
            }
        else:
            searches = {}
            ids, emails = collect(self.base, self.admin, 20000)
        self.ids, self.emails, self.script = (os.path.join(self.folder, name) for name in ("ids", "emails", "wrk.lua"))
        open(self.ids, "w").write("\n".join(ids) + "\n")
        open(self.emails, "w").write("\n".join(emails) + "\n")
        open(self.script, "w").write(SCRIPT)
        self.searches = {}
        for number, (name, queries) in enumerate(searches.items()):
            self.searches[name] = os.path.join(self.folder, f"words{number}")
            open(self.searches[name], "w").write("\n".join(queries) + "\n")

    def measure(self, kind, connections, base=None, server=None, listed=None):
        listed = listed or (self.emails if kind == "search" else self.ids)
        bearer = self.admin if kind in ("create", "proof") else self.rep
        return wrk(base or self.base, connections, self.script, server or self.server, self.state,
                   {"KIND": kind, "TOKEN": bearer, "LIST": listed})

    def sql(self, statement):
        return run("psql", "-h", self.state + "/postgres-run", "-U", "postgres", "-d", "gatehouse", "-Atc", statement).strip()

    def restart(self, environment):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(60)
        self.server, line = start([GATEHOUSE, "serve", "--state", self.state, "--policies", self.policies, "--port", "0"], "ready ", environment)
        self.base = line.split()[1]

    def stop(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)


def invented(seed, count):
    """Different names of two to four syllables, some beginnings far commoner than others, as in a directory."""
    dice = random.Random(seed)
    heads = ["an", "mar", "jo", "ka", "el", "sa", "be", "ri", "lu", "da", "mi", "ste", "o", "vi", "no", "ha", "ge", "pe", "schu", "wil", "tho", "fri"]
    tails = ["na", "ber", "li", "son", "ta", "mer", "ri", "ko", "den", "ski", "va", "lo", "man", "ti", "es", "ro", "ne", "stein", "do", "li"]
    names = set()
    while len(names) < count:
        head = heads[min(int(dice.expovariate(0.18)), len(heads) - 1)]
        names.add((head + "".join(dice.choice(tails) for _ in range(dice.randint(1, 3)))).capitalize())
    return sorted(names)


GIVEN, FAMILY = invented(1, 977), invented(2, 19997)


def write_people(path, count):
    """A CSV of invented people in the shape that the import benchmark maps."""
    with open(path, "w") as file:
        file.write("external_id,given_name,family_name,email,phone,city,postal_code,job_title,birth_date,lifecycle\n")
        for number in range(count):
            file.write(f"import-{number},{GIVEN[number * 7919 % len(GIVEN)]},{FAMILY[number * 104729 % len(FAMILY)]},person.{number}@import.example,"
                       f"+1555{number:07d},City{number % 311},{number % 99999:05d},Tester,19{number % 60 + 30}-0{number % 9 + 1}-15,prospect\n")


def row(name, connections, result, floor=None):
    ratio = f"{result['rps'] / floor['rps'] * 100:6.0f} %" if floor else "        "
    print(f"| {name} | {connections} | {result['rps']:,.0f} | {result['p50']:.2f} | {result['p99']:.2f} | {result['cpu']:.0f} | "
          f"{result['db']:.0f} | {ratio.strip() or '–'} |", flush=True)


def settle(bench):
    """Waits until every event has its place, but for those of a tenant that nobody sequences. Answers how many were behind."""
    behind = int(bench.sql("select count(*) from audit_inbox"))
    waiting, seconds = behind, 0
    while waiting and seconds < 60:
        time.sleep(0.5)
        seconds += 0.5
        left = int(bench.sql("select count(*) from audit_inbox"))
        if left == waiting:
            bench.sql("delete from audit_inbox")
            break
        waiting = left
    return behind


def trail(bench):
    """The audit trail: what an event costs a read, how fast events get their places, proofs, exports and their verification."""
    servers = {}
    for number, kind in enumerate(("none", "inbox", "sequenced")):
        port = 18110 + number
        process, _ = start([BENCH, "bare", "--state", bench.state, "--policies", POLICIES, "--port", str(port), "--record", kind], "ready")
        servers[kind] = (f"http://127.0.0.1:{port}", process)
    rounds = []
    for _ in range(5):
        cells = {}
        for kind, (base, process) in servers.items():
            cells[kind] = bench.measure("bare", 32, base, process)
            settle(bench)
        cells["get"] = bench.measure("get", 32)
        settle(bench)
        rounds.append(cells)
    print("| a durable event, 32 connections (aim: adds under 15 % to a GET) | requests/s | p50 ms | p99 ms | server CPU µs | database CPU µs | adds to the bare "
          "route | as a share of Gatehouse's GET |")
    print("|---|---|---|---|---|---|---|---|")
    for kind, name in (("none", "bare route, one row"), ("inbox", "the same, recorded"), ("sequenced", "the same, recorded and sequenced"),
                       ("get", "Gatehouse, GET by id")):
        added = sorted(cells["none"]["rps"] / cells[kind]["rps"] - 1 for cells in rounds)[2]
        share = sorted((1 / cells[kind]["rps"] - 1 / cells["none"]["rps"]) * cells["get"]["rps"] for cells in rounds)[2]
        result = sorted((cells[kind] for cells in rounds), key=lambda cell: cell["rps"])[2]
        shares = f"{added * 100:.0f} % | {share * 100:.0f} %" if kind != "none" else "– | –"
        print(f"| {name} | {result['rps']:,.0f} | {result['p50']:.2f} | {result['p99']:.2f} | {result['cpu']:.0f} | {result['db']:.0f} | {shares} |", flush=True)
    for _, process in servers.values():
        process.terminate()
        process.wait(30)
    print("\naim: 20,000 events a second")
    print(run(BENCH, "sequencing", "--state", bench.state, "--policies", POLICIES), flush=True)
    print("aim: a million entries verified in under 10 s")
    print(run(BENCH, "log-folder", "--policies", POLICIES), flush=True)
    proofs(bench)


def send(bench, method, path, bearer, body=None, content="application/json"):
    data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    request = urllib.request.Request(bench.base + path, method=method, data=data, headers={"Authorization": "Bearer " + bearer})
    if data is not None:
        request.add_header("Content-Type", content)
    answer = urllib.request.urlopen(request).read()
    return json.loads(answer) if answer else {}


def officer(bench, name):
    return json.loads(run(GATEHOUSE, "token", "issue", "--state", bench.state, "--role", "compliance-officer", "--user", name, "--json"))["token"]


def rights(bench):
    """What people's rights cost: an export and an erasure of somebody with 10,000 records, and retention beside reads."""
    first, second = officer(bench, "olga"), officer(bench, "otto")
    person = {"given_name": "Ada", "family_name": "Bench", "email": "ada.bench@example.com"}
    who = send(bench, "POST", "/v1/contacts", bench.admin, person)["id"]
    for begin in range(0, 10_000, 500):
        lines = [json.dumps({"line": n + 1, "members": {"kind": "note", "topic": f"Topic {n}", "body": "What was said. " * 8, "contact_id": who}})
                 for n in range(begin, begin + 500)]
        send(bench, "POST", "/v1/activities/import", bench.admin, "\n".join(lines) + "\n", "application/x-ndjson")
    count = bench.sql(f"select count(*) from activity where subject_id = '{who}'")

    def request(kind):
        opened = send(bench, "POST", "/v1/requests", first, {"kind": kind, "regulation": "ccpa", "person": {"email": person["email"]}})["id"]
        proof = {"points": person, "declaration": "0" * 64} if kind == "access" else {"points": person}
        send(bench, "POST", f"/v1/requests/{opened}/verify", first, proof)
        return opened

    key = re.search(r"public key: (age1\S+)", run("age-keygen")).group(1)
    begin = time.time()
    bench.sql(f"copy (select * from activity where subject_id = '{who}') to stdout")
    floor = time.time() - begin
    wanted = request("access")
    begin = time.time()
    send(bench, "POST", f"/v1/requests/{wanted}/export", first, {"recipient": key})
    took = time.time() - begin
    print(f"export of a person with {count} records, sealed (aim: under 5 s): {took:.2f} s; COPY of the rows as they rest {floor:.2f} s", flush=True)
    unwanted = request("erasure")
    send(bench, "POST", f"/v1/requests/{unwanted}/approve", second)
    begin = time.time()
    bench.sql(f"begin; delete from activity where subject_id = '{who}'; rollback")
    floor = time.time() - begin
    begin = time.time()
    answer = send(bench, "POST", f"/v1/requests/{unwanted}/run", first)
    took = time.time() - begin
    left = bench.sql(f"select count(*) from activity where subject_id = '{who}'")
    print(f"erasure of the same, {answer['state']}, {left} rows left (aim: under 2 s): {took:.2f} s; DELETE of the rows {floor:.2f} s with psql's start", flush=True)
    retention(bench)


def retention(bench):
    """A run over people who are due, while a sales rep reads others; then a plan over a million."""
    people = int(bench.sql("select count(*) from contact"))
    due = people // 2
    bench.sql("update contact set lifecycle = 'customer'")
    bench.sql(f"update contact set lifecycle = 'former', last_activity_at = '2019-01-01' where id in (select id from contact order by id desc limit {due})")
    kept = bench.sql("select id from contact where lifecycle = 'customer' and owner_id is not null limit 5000").split()
    open(bench.ids, "w").write("\n".join(kept) + "\n")
    alone = sorted(bench.measure("get", 32)["rps"] for _ in range(3))[1]
    begin = time.time()
    job = subprocess.Popen([GATEHOUSE, "retention", "run", "--rule", "contact.former-customers", "--rate", "5000", "--state", bench.state, "--json"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    meanwhile = []
    while job.poll() is None:
        result = bench.measure("get", 32)
        if job.poll() is None:
            meanwhile.append(result["rps"])
    took = time.time() - begin
    left = bench.sql("select count(*) from contact where lifecycle = 'former'")
    share = sum(meanwhile) / len(meanwhile) / alone * 100 if meanwhile else float("nan")
    print(f"retention run over {due:,} people, {left} left, --rate 5000 (aims: 5,000 a second, reads keep 70 %): {due / took:,.0f} a second with "
          f"start-up, GET by id at 32 connections keeps {share:.0f} % of {alone:,.0f}", flush=True)
    # Rows are all that a plan looks at: copies under other ids will do.
    columns = [name for name in bench.sql("select string_agg(column_name, ',') from information_schema.columns where table_name = 'contact'").split(",")
               if name not in ("id", "subject_id", "external_id")]
    listed = ", ".join('"%s"' % name for name in columns)
    bench.sql(f"insert into contact (id, subject_id, {listed}) select fresh, fresh, {listed} from (select gen_random_uuid() as fresh, c.* from "
              f"(select {listed} from contact order by id limit 1000) c, generate_series(1, 1000)) copies")
    bench.sql("update contact set lifecycle = (array['prospect','customer','former'])[1 + (random() * 2.99)::int % 3], "
              "last_activity_at = now() - random() * interval '6 years', updated_at = now() - random() * interval '5 years'")
    bench.sql("analyze contact")
    count = int(bench.sql("select count(*) from contact"))
    floor = time.time()
    bench.sql("select count(*) from contact where lifecycle = 'former' and last_activity_at < now() - interval '3 years'")
    floor = time.time() - floor
    begin = time.time()
    run(GATEHOUSE, "retention", "plan", "--state", bench.state, "--json")
    print(f"retention plan over {count:,} contacts, all rules (aim: under 10 s): {time.time() - begin:.1f} s with start-up; counting one rule in SQL "
          f"{floor:.1f} s", flush=True)


def proofs(bench):
    ids = os.path.join(bench.folder, "events")
    print(run(BENCH, "fill-log", "--state", bench.state, "--policies", POLICIES, "--events", str(options.log_events), "--ids", ids).strip(), flush=True)
    # The gateway takes the log up anew, and signs it.
    fetch(bench.base, "/v1/audit/log", bench.admin)
    time.sleep(3)
    size = fetch(bench.base, "/v1/audit/log", bench.admin)["size"]
    for connections in (1, 8):
        result = bench.measure("proof", connections, listed=ids)
        print(f"proof of a random event among {size:,}, {connections} connections (aim: under 20 ms): p50 {result['p50']:.2f} ms, p99 {result['p99']:.2f} ms, "
              f"max {result['max']:.2f} ms, {result['rps']:,.0f} a second", flush=True)
    settle(bench)
    proof, key, log = (os.path.join(bench.folder, name) for name in ("proof", "log.pub", "log"))
    open(key, "w").write(run(GATEHOUSE, "audit", "key", "--state", bench.state))
    open(proof, "w").write(run(GATEHOUSE, "audit", "prove", random.choice(open(ids).read().split()), "--state", bench.state))
    print(run(GATEHOUSE, "audit", "verify", "--proof", proof, "--key", key).splitlines()[0])
    for name, command in (("exported", ["export", log, "--state", bench.state]), ("verified the export of", ["verify", log, "--key", key])):
        begin = time.time()
        run(GATEHOUSE, "audit", *command, "--quiet")
        took = time.time() - begin
        print(f"{name} {size:,} entries in {took:.1f} s with start-up: {size / took:,.0f} a second", flush=True)
    shutil.rmtree(log)


def main():
    bench = Setup(options.people)
    if options.only != "all":
        parts = {"log": trail, "rights": rights, "backup": lambda bench: backup(GATEHOUSE, bench, options.backup_contacts), "edge": lambda bench: edge(GATEHOUSE, bench, start, resident)}
        parts[options.only](bench)
        bench.stop()
        return
    bare, _ = start([BENCH, "bare", "--state", bench.state, "--policies", POLICIES, "--port", "18098"], "ready")
    bare_base = "http://127.0.0.1:18098"
    print(f"{options.people:,} contacts, {options.seconds} s a cell, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}\n")
    pgbench = next((p for p in sorted((f"/usr/lib/postgresql/{v}/bin/pgbench" for v in os.listdir("/usr/lib/postgresql")), reverse=True)
                    if os.path.exists(p)), None)
    print("| what | connections | requests/s | p50 ms | p99 ms | gateway CPU µs | database CPU µs | to bare |")
    print("|---|---|---|---|---|---|---|---|")
    if pgbench:
        script = os.path.join(bench.folder, "select.sql")
        tenant = run("psql", "-h", bench.state + "/postgres-run", "-U", "postgres", "-d", "gatehouse", "-Atc",
                     "select id from tenant where name = 'default'").strip()
        sample = open(bench.ids).readline().strip()
        open(script, "w").write(f"SELECT * FROM contact WHERE tenant_id = '{tenant}' AND id = '{sample}';\n")
        for clients in (1, 32, 64):
            # As the superuser: a client of pgbench has no transaction to set the tenant in.
            text = run(pgbench, "-n", "-h", bench.state + "/postgres-run", "-U", "postgres", "-M", "prepared", "-f", script, "-c", str(clients // 2 or 1),
                       "-j", "2" if clients > 1 else "1", "-T", str(options.seconds), "gatehouse")
            rate = float(re.search(r"tps = ([\d.]+)", text).group(1))
            print(f"| pgbench, the same row ({clients // 2 or 1} clients) | {clients} | {rate:,.0f} | – | – | – | – | – |", flush=True)
    floors = {}
    for connections in (1, 32, 64):
        bench.measure("bare", connections, bare_base, bare) if connections == 1 else None
        rounds = [(bench.measure("bare", connections, bare_base, bare), bench.measure("get", connections)) for _ in range(3)]
        rounds.sort(key=lambda pair: pair[1]["rps"] / pair[0]["rps"])
        floors[connections], result = rounds[1]
        row("bare route, one row", connections, floors[connections])
        row("GET by id, sales rep: 6 sealed fields, 2 masked", connections, result, floors[connections])
        row("GET by id, sales rep: every field", connections, bench.measure("get-all", connections), floors[connections])
    for kind, name, floor_kind in (("list", "list of 50: 6 sealed fields, 2 masked", "bare-list"), ("list-all", "list of 50: every field", "bare-list"), ("search", "search by e-mail", None), ("create", "create", None)):
        for connections in (1, 32, 64):
            floor = floors[connections]
            if floor_kind:
                floor = bench.measure(floor_kind, connections, bare_base, bare)
                row("bare route, 50 rows", connections, floor)
            row(name, connections, bench.measure(kind, connections), floor)
    print()
    print(run(BENCH, "stages", "--state", bench.state, "--policies", POLICIES))
    print(run(BENCH, "sealing"))
    print(run(BENCH, "policies", "--policies", POLICIES))
    trail(bench)
    rights(bench)
    people = os.path.join(bench.folder, "people.csv")
    write_people(people, 10000)
    begin = time.time()
    peak = None
    process = subprocess.Popen([GATEHOUSE, "import", people, "--as", "contacts", "--state", bench.state, "--json"], stdout=subprocess.PIPE, text=True)
    while process.poll() is None:
        try:
            peak = max(peak or 0, resident(process.pid))
        except (FileNotFoundError, AttributeError):
            pass
        time.sleep(0.05)
    took = time.time() - begin
    print(f"import of 10,000 people: {10000 / took:,.0f} rows/s ({took:.1f} s with start-up), {process.stdout.read().strip()}, peak {peak:.0f} MB")
    print(f"sample data: {bench.sample_rate:,.0f} records/s; idle gateway: {bench.idle:.0f} MB resident, after the runs {resident(bench.server.pid):.0f} MB")
    bare.terminate()
    backup(GATEHOUSE, bench, options.backup_contacts)
    bench.stop()
    if options.million == "yes":
        latencies = {}
        for count in (10_000, 1_000_000):
            print(f"\nimporting {count:,} contacts", flush=True)
            setup = Setup(10, imported=count)
            for kind in ("get", "search"):
                setup.measure(kind, 1)
                latencies[count, kind] = sorted(setup.measure(kind, 1)["p50"] for _ in range(3))[1]
                factor = latencies[count, kind] / latencies[10_000, kind]
                print(f"{kind}, 1 connection, {count:,} contacts: p50 {latencies[count, kind]:.2f} ms, {factor:.2f} x that of 10,000", flush=True)
            print(f"search by e-mail to GET by id, {count:,} contacts: {latencies[count, 'search'] / latencies[count, 'get']:.2f}", flush=True)
            for name, listed in setup.searches.items():
                setup.measure("words", 1, listed=listed)
                result = setup.measure("words", 1, listed=listed)
                print(f"q, {name}, 1 connection, {count:,} contacts: p50 {result['p50']:.2f} ms, p99 {result['p99']:.2f} ms", flush=True)
            begin = time.time()
            run(GATEHOUSE, "search", "report", "--state", setup.state, "--json")
            print(f"search report, {count:,} contacts: {time.time() - begin:.1f} s", flush=True)
            if count == 1_000_000:
                end_epochs(setup, count)
            setup.stop()


def end_epochs(setup, count):
    """Ends the epoch of a million people while a sales rep reads: how long it takes, and what is left of the reads' speed."""
    for rate in ("50000", "0"):
        alone = sorted(setup.measure("get", 32)["rps"] for _ in range(3))[1]
        begin = time.time()
        rotation = subprocess.Popen([GATEHOUSE, "key", "rotate", "epoch", "--state", setup.state, "--rate", rate, "--json"],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        meanwhile = []
        while rotation.poll() is None:
            result = setup.measure("get", 32)
            if rotation.poll() is None:
                meanwhile.append(result["rps"])
        took = time.time() - begin
        job = json.loads(rotation.stdout.read())
        moments = [time.mktime(time.strptime(job[name][:19], "%Y-%m-%dT%H:%M:%S")) for name in ("started_at", "finished_at")]
        share = sum(meanwhile) / len(meanwhile) / alone * 100 if meanwhile else float("nan")
        print(f"ending an epoch of {job['done']:,} keys, --rate {rate}: {moments[1] - moments[0]:.0f} s, GET by id at 32 connections keeps "
              f"{share:.0f} % of {alone:,.0f} a second meanwhile", flush=True)


try:
    main()
finally:
    for child in children:
        if child.poll() is None:
            child.terminate()
