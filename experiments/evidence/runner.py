"""Running the program: arms, whose finished files are kept and used again, and comparisons."""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time


class Failure(Exception):
    """Something that ends the work, in a sentence for the user."""


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Runner:
    """Keeps results in `folder`: NAME.h5, and NAME.json with what made it and how long it took."""

    def __init__(self, program, folder, any_build=False):
        self.program, self.folder, self.any_build = program, folder, any_build
        self.version = self.output("version").strip()
        self.build = digest(program)
        self.records = {}  # by arm's name
        self.reused = 0
        folder.mkdir(parents=True, exist_ok=True)

    def output(self, *arguments):
        """What the program prints."""
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, check=False)
        # A warning is of runs that must not be compared.
        if done.returncode or done.stderr:
            raise Failure(f"pursuit {shlex.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def require_agents(self, names):
        listed = {agent["name"] for agent in json.loads(self.output("agents", "--json"))}
        missing = sorted(names - listed)
        if missing:
            raise Failure(f"{self.program} has no agent {', '.join(missing)}; the plan needs it")

    def path(self, arm):
        return self.folder / (re.sub(r"[^a-z0-9.]+", "-", arm.name.lower()) + ".h5")

    def run_plan(self, plan):
        for number, arm in enumerate(plan.arms.values(), 1):
            self.run(arm, f"{number}/{len(plan.arms)}")

    def run(self, arm, progress):
        """Run an arm, unless its file is there and was made by the same program from the same input."""
        path, note = self.path(arm), self.path(arm).with_suffix(".json")
        wanted = {"scenario": digest(arm.file), "arguments": arm.arguments(), "threads": arm.threads,
                  "build": self.build}
        record = json.loads(note.read_text()) if path.exists() and note.exists() else {}
        ignored = {"build"} if self.any_build else set()
        if all(record.get(key) == value for key, value in wanted.items() if key not in ignored):
            self.reused += 1
        else:
            note.unlink(missing_ok=True)
            record = dict(wanted, **self._timed(arm, path))
            note.write_text(json.dumps(record, indent=1) + "\n")
            print(f"{progress} {arm.name}: {record['wall']:.1f} s", file=sys.stderr, flush=True)
        self.records[arm.name] = dict(record, arm=arm)

    def _timed(self, arm, path):
        command = [self.program, "run", arm.file, "-o", path, "--force", "--quiet", *arm.arguments()]
        if arm.threads:
            command += ["--threads", str(arm.threads)]
        # Threads that wait must not count as work.
        environment = dict(os.environ, OMP_WAIT_POLICY="passive")
        start = time.monotonic()
        with subprocess.Popen(command, env=environment) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise Failure(f"{arm.name}: {shlex.join(map(str, command))} ended with {process.returncode}")
        return {"wall": time.monotonic() - start, "cpu": usage.ru_utime + usage.ru_stime,
                "version": self.version}

    def compare(self, base, other):
        """`pursuit compare --json` of two arms, of their trials in common; with the arms' names."""
        paths = [self.path(self.records[name]["arm"]) for name in (base, other)]
        result = json.loads(self.output("compare", *map(str, paths), "--json"))
        return dict(result, base_arm=base, other_arm=other)
