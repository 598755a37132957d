#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "common/exit_codes.h"

namespace understudy {

/// What the chosen sub-command will do once the command line has been read.
using RunCommand = std::function<ExitCode()>;

/// Adds `name` with a help text that ends in an example. @returns the sub-command, to which the caller adds its options
CLI::App* add_command(CLI::App& parent,
                      const std::string& name,
                      const std::string& description,
                      const std::string& example);

/// Where a run goes that was given no --run: runs/<name of the configuration>.
std::filesystem::path default_run_directory(const std::filesystem::path& config);

/// Each adds one sub-command and, when that one is chosen, sets `chosen`.
void add_train_command(CLI::App& app, RunCommand& chosen);
void add_validate_command(CLI::App& app, RunCommand& chosen);
void add_evaluate_command(CLI::App& app, RunCommand& chosen);
void add_synthesize_command(CLI::App& app, RunCommand& chosen);
void add_pack_command(CLI::App& app, RunCommand& chosen);
void add_annotate_command(CLI::App& app, RunCommand& chosen);
void add_shard_command(CLI::App& app, RunCommand& chosen);
void add_export_command(CLI::App& app, RunCommand& chosen);
void add_reenact_command(CLI::App& app, RunCommand& chosen);
void add_replay_command(CLI::App& app, RunCommand& chosen);
void add_checkpoint_command(CLI::App& app, RunCommand& chosen);
void add_launch_command(CLI::App& app, RunCommand& chosen);
void add_submit_command(CLI::App& app, RunCommand& chosen);
void add_doctor_command(CLI::App& app, RunCommand& chosen);
void add_config_reference_command(CLI::App& app, RunCommand& chosen);

}  // namespace understudy
