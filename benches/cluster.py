"""A PostgreSQL 18 for one benchmark: made, filled, removed."""
import os
import pwd
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {
    "fsync": "off", "shared_buffers": "512MB", "max_wal_size": "4GB", "wal_level": "replica", "max_connections": "60",
    "max_locks_per_transaction": "1024", "listen_addresses": "''", "timezone": "UTC",
    # Nothing may happen to a database but what is measured.
    "autovacuum": "off",
}
SOURCE, TARGET, PORT = "bench", "bench_restored", os.environ.get("PGARK_BENCH_PORT", "54099")


def output(*command):
    """What a program that must succeed prints."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"error: {command[0]} failed\ncause: {done.stderr.strip()}")
    return done.stdout.strip()


class Server:
    """A cluster in a folder of its own; the programs are those of `scripts/servers oracle`."""

    def __init__(self, work):
        self.folder = work / "server"
        self.folder.mkdir()
        if subprocess.run([ROOT / "scripts/servers", "oracle", "initdb"], capture_output=True).returncode:
            subprocess.run([ROOT / "scripts/servers", "fetch", "18"], check=True)
        self.bin = Path(output("scripts/servers", "oracle", "initdb")).parent
        # PostgreSQL refuses to run as root.
        self.user = {}
        if os.geteuid() == 0:
            names = [entry.pw_name for entry in pwd.getpwall()]
            entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            self.user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            work.chmod(0o755)

    def run(self, tool, *arguments):
        done = subprocess.run([self.bin / tool, *arguments, "-D", self.folder / "data"], cwd="/", stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **self.user)
        if done.returncode:
            raise SystemExit(f"error: {tool} of the benchmark's server failed\ncause: {done.stderr.strip()}")

    def start(self):
        self.run("initdb", "--no-sync", "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust")
        conf = dict(SETTINGS, port=PORT, unix_socket_directories=f"'{self.folder}'")
        with open(self.folder / "data/postgresql.conf", "a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in conf.items())
        self.run("pg_ctl", "start", "-w", "-s", "-l", self.folder / "log")

    def stop(self):
        if (self.folder / "data/postmaster.pid").exists():
            # Not immediate: that leaves shared memory behind.
            self.run("pg_ctl", "stop", "-w", "-s", "-m", "fast")

    def options(self):
        return ["-h", str(self.folder), "-p", PORT, "-U", "postgres"]

    def conn(self, database):
        return f"host={self.folder} port={PORT} user=postgres dbname={database}"

    def sql(self, database, *statements, file=None, **variables):
        command = [self.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *self.options(), "-d", database]
        command += [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        command += ["-f", file] if file else [word for statement in statements for word in ("-c", statement)]
        return output(*command)

    def fresh(self, database):
        self.sql("postgres", "set client_min_messages = error", f"drop database if exists {database} (force)",
                 f"create database {database} template template0", "checkpoint")

    def make(self, name, number):
        """Fills the source database; returns its size in bytes."""
        self.fresh(SOURCE)
        if name == "giant":
            subprocess.run([self.bin / "pgbench", *self.options(), "-q", "-i", "-s", str(number), SOURCE], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        else:
            self.sql(SOURCE, file=ROOT / f"benches/data/{name}.sql", n=number)
        self.sql(SOURCE, "vacuum (analyze)", "checkpoint")
        return int(self.sql(SOURCE, f"select pg_database_size('{SOURCE}')"))
