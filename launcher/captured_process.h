#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

/// How a program ended and what it said.
struct CapturedProcess {
  int exit_code = 0;  ///< 128 + signal when one ended it
  std::string output;
  std::string errors;
};

/// Runs a short program to its end. @param arguments  its path first. @param input  its standard input
/// @throws ClusterError  when it cannot be started
CapturedProcess run_captured(const std::vector<std::string>& arguments, std::string_view input);

/// What a tool of the system answers, its errors included; empty when it is not in PATH. @param command  its name first
std::string answer_of(const std::vector<std::string>& command);

/// Where a program of this name stands in PATH; an empty path when it is not there.
std::filesystem::path find_program(std::string_view name);

}  // namespace understudy
