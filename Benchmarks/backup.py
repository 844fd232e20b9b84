"""What backup and restore cost, beside the programs that do the same by hand; called by bench.py."""

import json, os, re, resource, shutil, subprocess, tempfile, time


def timed(command, **more):
    """Seconds, and the peak of memory of the command itself in MB."""
    begin = time.time()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    peak = 0
    while process.poll() is None:
        try:
            peak = max(peak, int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{process.pid}/status").read()).group(1)) / 1024)
        except (FileNotFoundError, AttributeError, ProcessLookupError):
            pass
        time.sleep(0.02)
    took = time.time() - begin
    output, errors = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"{command}: {errors}")
    return took, peak, output


def fill(sql, contacts):
    """Rows for a dump: those that there are, over and over, under other ids and with other ciphertext of the same lengths."""
    def listed(table, given):
        names, values = [], []
        for line in sql("select column_name, data_type from information_schema.columns "
                        f"where table_schema = 'public' and table_name = '{table}' order by ordinal_position").splitlines():
            name, kind = line.split("|")
            if name != "external_id":
                names.append(f'"{name}"')
                fresh = f'case when t."{name}" is not null then gen_random_bytes(least(1024, octet_length(t."{name}"))) end'
                values.append(given.get(name) or (fresh if kind == "bytea" else f't."{name}"'))
        return ", ".join(names), ", ".join(values)
    sql("create schema bench; create extension pgcrypto with schema bench; create table bench.fresh as "
        f"select n, gen_random_uuid() id from generate_series(1, {contacts}) n; create index on bench.fresh (n)")
    for table, count, given in (
        ("contact", contacts, {"id": "f.id", "subject_id": "f.id"}),
        ("deal", contacts * 3 // 10, {"id": "gen_random_uuid()", "subject_id": "f.id", "contact_id": "f.id"}),
        ("activity", contacts, {"id": "gen_random_uuid()", "subject_id": "f.id", "contact_id": "f.id", "lead_id": "null::uuid", "deal_id": "null::uuid"}),
    ):
        names, values = listed(table, given)
        sql(f"set search_path = public, bench; create temp table source as select row_number() over () - 1 as number, * from (select * from {table} limit 1000) rows; "
            f"insert into {table} ({names}) select {values} from bench.fresh f join source t on t.number = f.n % (select count(*) from source) where f.n <= {count}")
    sql("drop schema bench cascade; analyze")


def backup(gatehouse, bench, contacts):
    """Create, check and restore, each beside its floor, and a restore that has 10,000 erasures to replay."""
    keys = {}
    for name in ("operations", "recovery"):
        path = os.path.join(bench.folder, name + ".txt")
        subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
        keys[name] = re.search(r"public key: (age1\S+)", open(path).read()).group(1)
    open(os.path.join(bench.state, "keys", "backup-recipients"), "w").write("\n".join(keys.values()) + "\n")
    repository = os.path.join(bench.folder, "repository")
    environment = dict(os.environ, GATEHOUSE_BACKUP_REPOSITORY=repository)
    identity = os.path.join(bench.folder, "operations.txt")
    sockets = bench.state + "/postgres-run"
    fill(bench.sql, contacts)
    size = bench.sql("select pg_size_pretty(pg_database_size('gatehouse'))")

    floor_file = os.path.join(bench.folder, "floor.age")
    recipients = " ".join(f"-r {key}" for key in keys.values())
    floor, _, _ = timed(["bash", "-o", "pipefail", "-c", f"pg_dump -h {sockets} -U postgres -Fc -Z0 gatehouse | zstd -q | age {recipients} > {floor_file}"])
    took, peak, output = timed([gatehouse, "backup", "create", "--state", bench.state, "--json"], env=environment)
    made = json.loads(output)
    print(f"backup of {contacts:,} contacts with deals and activities ({size}, sealed {os.path.getsize(floor_file) / 1e6:,.0f} MB; aims: 1.25 x, 200 MB): "
          f"{took:.1f} s, pg_dump | zstd | age {floor:.1f} s, {took / floor:.2f} x, peak {peak:.0f} MB; with start-up, the vault and sums of every table", flush=True)

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    took, peak, output = timed([gatehouse, "backup", "check", "--state", bench.state, "--json"], env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    megabytes = sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(repository) for name in names) / 1e6
    print(f"check of {megabytes:,.0f} MB (aim: 300 MB a second a core): {took:.1f} s, {megabytes / cpu:,.0f} MB a second of processor time, peak {peak:.0f} MB", flush=True)

    def restore(name):
        """Into a fresh state with this one's keys: seconds, peak, report."""
        state = os.path.join(bench.folder, name)
        os.mkdir(state)
        os.chmod(state, 0o711)
        shutil.copytree(os.path.join(bench.state, "keys"), os.path.join(state, "keys"))
        result = timed([gatehouse, "backup", "restore", made["backup"], "--identity", identity, "--state", state, "--json"], env=environment)
        shutil.rmtree(state, ignore_errors=True)
        return result

    def by_hand():
        subprocess.run(["createdb", "-h", sockets, "-U", "postgres", "-O", "gatehouse", "byhand"], check=True)
        took, _, _ = timed(["bash", "-o", "pipefail", "-c", f"age -d -i {identity} {floor_file} | zstd -dq | pg_restore --no-owner -h {sockets} -U gatehouse -d byhand"])
        subprocess.run(["dropdb", "-h", sockets, "-U", "postgres", "byhand"], check=True)
        return took

    floor = by_hand()
    plain, peak, _ = restore("restored")
    print(f"restore of the same (aims: 1.25 x, 200 MB): {plain:.1f} s, age -d | zstd -d | pg_restore {floor:.1f} s, {plain / floor:.2f} x, peak {peak:.0f} MB", flush=True)
    # A gateway that knows of the repository tells it of erasures.
    bench.restart(environment)
    bench.sql("update contact set lifecycle = 'customer' where lifecycle = 'former'; "
              "update contact set lifecycle = 'former', last_activity_at = '2019-01-01' "
              "where id in (select id from contact where external_id is not null order by id limit 10000)")
    subprocess.run([gatehouse, "retention", "run", "--rule", "contact.former-customers", "--state", bench.state, "--json"], check=True, capture_output=True, env=environment)
    while "all in the repository" not in subprocess.run([gatehouse, "status", "--state", bench.state], check=True, capture_output=True, text=True, env=environment).stdout:
        time.sleep(1)
    replayed, _, output = restore("replayed")
    again = sum(tenant["erased_again"]["people"] for tenant in json.loads(output)["tenants"])
    print(f"restore with {again:,} erasures to replay (aim for 10,000 among a million contacts: under 10 % more than without): {replayed:.1f} s, "
          f"{(replayed / plain - 1) * 100:+.0f} %", flush=True)
