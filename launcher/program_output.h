#pragma once

#include <string>
#include <vector>

namespace understudy {

/// Runs a program to its end and returns what it printed, standard error included; empty when it cannot be started.
/// Meant for short questions to tools of the system (srun, squeue, scontrol).
std::string program_output(const std::vector<std::string>& command);

}  // namespace understudy
