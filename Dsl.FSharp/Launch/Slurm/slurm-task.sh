#!/bin/sh
# One task of a job array: makes the run at place SLURM_ARRAY_TASK_ID of the index file, and goes back into the queue when it was
# stopped before its end. Arguments: the index file, how often a crashed task may be restarted, and the program that makes the run.
index=$1
retries=$2
shift 2
task=${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}
export RESEARCH_TASK="slurm/$SLURM_CLUSTER_NAME/$task"
# A separate step: Slurm sends its signals (time limit, preemption) to steps, not to the batch script.
srun --ntasks=1 --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}" --mpi=none "$@" slurm-task "$index"
code=$?
case $code in
0 | 1 | 2 | 76) exit $code ;; # done, failed, wrong configuration, run by another process
75) ;;                        # stopped on request, with a checkpoint
*) [ "${SLURM_RESTART_COUNT:-0}" -lt "$retries" ] || exit $code ;;
esac
# A task that a user cancels stops in the same way, but its state is no longer RUNNING.
[ "$(squeue --noheader --jobs "$task" --format %T)" = RUNNING ] && exec scontrol requeue "$task"
exit $code
