#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "common/exit_codes.h"

namespace understudy {

/// The chosen sub-command, once the command line has been read.
struct RunCommand {
  std::function<ExitCode()> run;
  std::filesystem::path outcome_folder;  ///< where ranks of it leave their outcome; empty: it does not run on ranks
  bool outcome_is_kept = true;           ///< false: that folder goes when the command has ended in good order
};

/// Adds `name` with a help text that ends in an example. @returns the sub-command, to which the caller adds its options
CLI::App* add_command(CLI::App& parent,
                      const std::string& name,
                      const std::string& description,
                      const std::string& example);

/// Takes whole numbers from `least` on.
CLI::Validator at_least(std::int64_t least);

/// Where a run goes that was given no --run: runs/<name of the configuration>.
std::filesystem::path default_run_directory(const std::filesystem::path& config);

/// Adds them all to the program.
void add_commands(CLI::App& app, RunCommand& chosen);

/// Each adds one sub-command and, when that one is chosen, sets `chosen`.
void add_train_command(CLI::App& app, RunCommand& chosen);
void add_finetune_command(CLI::App& app, RunCommand& chosen);
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
void add_report_command(CLI::App& app, RunCommand& chosen);
void add_launch_command(CLI::App& app, RunCommand& chosen);
void add_submit_command(CLI::App& app, RunCommand& chosen);
void add_doctor_command(CLI::App& app, RunCommand& chosen);
void add_config_reference_command(CLI::App& app, RunCommand& chosen);

}  // namespace understudy
