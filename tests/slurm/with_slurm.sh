#!/usr/bin/env bash
# Run a command on a real Slurm cluster of one node, made for it alone: its own keys, ports and scratch directory, no
# systemd, nothing outside the scratch directory, and gone when the command ends, however that is.
# Usage: with_slurm.sh COMMAND [ARGUMENT]...
# The command finds the cluster through SLURM_CONF. Exit code: the command's; 77 (skipped) where Slurm cannot start, but
# 1 if CI is set, since there it must.
set -u
if [ $# -eq 0 ]; then
    echo "usage: $0 COMMAND [ARGUMENT]..." >&2
    exit 2
fi
PATH=$PATH:/usr/sbin:/sbin
unset "${!SLURM_@}" "${!SBATCH_@}" # of a cluster that this may itself be running on
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pursuit-slurm.XXXXXX") || exit 1
daemons=()
command_pid=

cannot() {
    if [ -n "${CI-}" ]; then
        echo "FAILED: no Slurm: $1" >&2
        exit 1
    fi
    echo "skipped: no Slurm: $1"
    exit 77
}

# Daemons leave job steps behind. Theirs, and whatever jobs have started, are known by the cluster's configuration in
# their environment.
left_behind() {
    local environment pid
    for environment in /proc/[0-9]*/environ; do
        pid=${environment//[!0-9]/}
        if [ "$pid" != $$ ] && grep -qzFx "SLURM_CONF=$scratch/slurm.conf" "$environment" 2>/dev/null; then
            echo "$pid"
        fi
    done
}

# Asked first, since the controller then ends its helper too.
end_daemons() {
    if [ ${#daemons[@]} -eq 0 ]; then return; fi
    {
        kill "${daemons[@]}"
        timeout 5 tail -s 0.1 -f /dev/null "${daemons[@]/#/--pid=}"
        kill -KILL "${daemons[@]}"
        wait "${daemons[@]}"
    } 2>/dev/null
}

stop() {
    trap - EXIT
    trap '' INT TERM HUP
    if [ -n "$command_pid" ]; then kill "$command_pid" 2>/dev/null; fi
    end_daemons
    local pids
    for _ in 1 2 3; do # a process may start another while it is being looked for
        mapfile -t pids < <(left_behind)
        if [ ${#pids[@]} -gt 0 ]; then kill -KILL "${pids[@]}" 2>/dev/null; fi
    done
    rm -rf "$scratch"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A daemon in the foreground, as our child, that also dies should this script be killed outright.
daemon() {
    local name=$1
    shift
    setpriv --pdeathsig KILL "$@" >"$scratch/$name.out" 2>&1 &
    daemons+=($!)
}

# until_true SECONDS COMMAND...: poll it.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then return 1; fi
        sleep 0.1
    done
}

for program in munged munge slurmctld slurmd sbatch scontrol sinfo setpriv; do
    command -v $program >/dev/null || cannot "no $program (install slurmctld slurmd slurm-client munge)"
done
# Keys and sockets are refused where others could have put them.
chmod 755 "$scratch"

start_munge() {
    head -c 1024 /dev/urandom >"$scratch/munge.key"
    chmod 600 "$scratch/munge.key"
    daemon munged munged --foreground --key-file="$scratch/munge.key" --socket="$scratch/munge.socket" \
        --pid-file="$scratch/munge.pid" --log-file="$scratch/munge.log" --seed-file="$scratch/munge.seed"
    until_true 10 munge --no-input --socket="$scratch/munge.socket" ||
        cannot "munged does not answer: $(tail -n 1 "$scratch/munged.out" "$scratch/munge.log" 2>/dev/null)"
}

# Ports nobody listens on now.
spare_ports() {
    python3 -c '
import socket
held = [socket.socket() for _ in range(2)]
for s in held:
    s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in held])'
}

# Slurm knows hosts by their short name. Four processors and memory whatever there are, so that tasks run side by side
# anywhere.
configure() { # CONTROL_PORT NODE_PORT
    local host user
    host=$(hostname -s)
    user=$(id -un)
    mkdir -p "$scratch/state" "$scratch/spool"
    cat >"$scratch/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$1
SlurmdPort=$2
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$scratch/munge.socket
CredType=cred/munge
StateSaveLocation=$scratch/state
SlurmdSpoolDir=$scratch/spool
SlurmctldPidFile=$scratch/slurmctld.pid
SlurmdPidFile=$scratch/slurmd.pid
SlurmctldLogFile=$scratch/slurmctld.log
SlurmdLogFile=$scratch/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
# Times are a test's: look for work often, requeue at once.
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=10
MinJobAge=3600
JobRequeue=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 RealMemory=64000 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE OverSubscribe=FORCE:2 State=UP
CONF
    export SLURM_CONF=$scratch/slurm.conf
}

node_is_idle() { sinfo --noheader --format=%T | grep -q '^idle'; }

start_slurm() {
    local ports
    read -ra ports < <(spare_ports)
    configure "${ports[@]}"
    daemon slurmctld slurmctld -D -i
    daemon slurmd slurmd -D -N "$(hostname -s)"
    until_true 20 node_is_idle
}

start_munge
if ! start_slurm; then
    cat "$scratch"/slurm{ctld,d}.log "$scratch"/slurm{ctld,d}.out >&2 2>/dev/null
    cannot "the node did not come up in 20 s"
fi

"$@" &
command_pid=$!
wait $command_pid
code=$?
command_pid=
exit $code
