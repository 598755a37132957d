#pragma once

namespace understudy {

/// Who starts a job of SLURM again that has saved and left.
enum class Requeue {
  kNone,      ///< nobody; the same command is submitted again by hand
  kScontrol,  ///< `launch` calls scontrol requeue as its last action
  kExitCode,  ///< the cluster, because of exit code 75: RequeueExit=75 in its slurm.conf
  kChain,     ///< the next job of a chain that was submitted beforehand goes on
};

}  // namespace understudy
