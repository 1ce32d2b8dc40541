"""Medians and ratios of a benchmark's runs, as text."""
import statistics

MIB = 1 << 20


def median(row, what="seconds"):
    return statistics.median(run[what] for run in row["runs"])


def peak(row):
    return max(run["peak_bytes"] for run in row["runs"])


def by_work(one):
    """(work, rows that ran) of a set, in order."""
    for work in dict.fromkeys(row["work"] for row in one["rows"]):
        rows = [row for row in one["rows"] if row["work"] == work and row["runs"] and not row["failed"]]
        if rows:
            yield work, rows


def sides(rows):
    """pgark's row and the fastest peer's that counts; either may be missing."""
    own = next((row for row in rows if row["pgark"]), None)
    peers = [row for row in rows if not row["pgark"] and row["judged"]]
    return own, min(peers, key=median, default=None)


def ratios(one):
    """What is held against the targets: each work that has a peer, the size of the archive, the memory of the dump."""
    found = []

    def add(work, own, own_row, peer, peer_row, ratio):
        found.append({"set": one["name"], "work": work, "pgark": own_row["name"], "pgark_value": own,
                      "peer": peer_row["name"], "peer_value": peer, "ratio": round(ratio, 3)})

    for work, rows in by_work(one):
        own, best = sides(rows)
        if own and best:
            add(work, median(own), own, median(best), best, median(best) / median(own))
        reference = next((row for row in rows if row["reference"] and not row["pgark"]), None)
        if own and reference:
            add("size", own["bytes"], own, reference["bytes"], reference, own["bytes"] / reference["bytes"])
            add("memory", peak(own), own, peak(reference), reference, peak(own) / peak(reference))
    return found


def table(one):
    """Everything that was measured on one set."""
    lines = [f"== {one['name']} {one['number']}: {one['database_bytes'] / MIB:.0f} MiB",
             f"{'':8} {'':26} {'median':>9} {'least':>9} {'cpu':>9} {'peak':>9} {'archive':>11}   ratio"]
    for work, rows in by_work(one):
        own, best = sides(rows)
        for row in rows:
            size = f"{row['bytes'] / MIB:.2f} MiB" if row["bytes"] else ""
            note = ""
            if own and not row["pgark"]:
                note = f"{median(row) / median(own):6.2f}x{' *' if row is best else ''}"
            elif work == "verify":
                note = f"{one['archive_bytes'] / 1e6 / median(row):6.0f} MB/s"
            least = min(run["seconds"] for run in row["runs"])
            lines.append(f"{work:8} {row['name']:26} {median(row):7.2f} s {least:7.2f} s {median(row, 'cpu_seconds'):7.2f} s"
                         f" {peak(row) / MIB:5.0f} MiB {size:>11} {note}")
    lines += [f"{row['work']:8} {row['name']:26} failed" for row in one["rows"] if row["failed"]]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def summary(results):
    """pgark against the best peer."""
    lines = [f"pgark against the best peer, medians of {results['runs']}, {results['cores']} cores, -j{results['jobs']}:",
             *(f"  {name}: {version}" for name, version in results["versions"].items()),
             f"{'set':14} {'work':8} {'pgark':>11} {'peer':>11}   ratio"]
    for line in results["ratios"]:
        own, peer = line["pgark_value"], line["peer_value"]
        in_bytes = line["work"] in ("size", "memory")
        shown = [f"{value / MIB:.2f} MiB" if in_bytes else f"{value:.2f} s" for value in (own, peer)]
        lines.append(f"{line['set']:14} {line['work']:8} {shown[0]:>11} {shown[1]:>11} {line['ratio']:6.2f}x"
                     f"  {line['peer']}")
    return "\n".join(lines)
