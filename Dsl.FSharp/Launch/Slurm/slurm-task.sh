#!/bin/sh
# One task of a job array: makes the run that stands at place SLURM_ARRAY_TASK_ID of the index file, and goes back into the queue when it was
# stopped before its end. Arguments: dotnet, Research.Dsl.dll, the index file, and how often a task that crashed may start again.
task=${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}
export RESEARCH_TASK="slurm/$SLURM_CLUSTER_NAME/$task"
# A step of its own: Slurm sends its signals (time limit, preemption) to steps, not to the batch script.
srun --ntasks=1 --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}" --mpi=none "$1" "$2" slurm-task "$3"
code=$?
case $code in
0 | 1 | 2 | 76) exit $code ;; # done, failed, wrong configuration, run by another process
75) ;;                        # stopped on request, with a checkpoint
*) [ "${SLURM_RESTART_COUNT:-0}" -lt "$4" ] || exit $code ;;
esac
# A task that a user cancels stops in the same way, but is not running any more.
[ "$(squeue --noheader --jobs "$task" --format %T)" = RUNNING ] && exec scontrol requeue "$task"
exit $code
