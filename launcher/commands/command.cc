#include "launcher/commands/command.h"

#include <charconv>

#include <fmt/format.h>

namespace understudy {

CLI::App* add_command(CLI::App& parent,
                      const std::string& name,
                      const std::string& description,
                      const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  return command;
}

CLI::Validator at_least(std::int64_t least) {
  const auto refuse = [least](const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && value >= least) return std::string();
    return fmt::format("\"{}\" is not one of the whole numbers from {} on", text, least);
  };
  return CLI::Validator(refuse, fmt::format("from {}", least));
}

std::filesystem::path default_run_directory(const std::filesystem::path& config) {
  return std::filesystem::path("runs") / config.stem();
}

void add_commands(CLI::App& app, RunCommand& chosen) {
  add_synthesize_command(app, chosen);
  add_pack_command(app, chosen);
  add_annotate_command(app, chosen);
  add_shard_command(app, chosen);
  add_train_command(app, chosen);
  add_launch_command(app, chosen);
  add_submit_command(app, chosen);
  add_finetune_command(app, chosen);
  add_validate_command(app, chosen);
  add_evaluate_command(app, chosen);
  add_export_command(app, chosen);
  add_reenact_command(app, chosen);
  add_replay_command(app, chosen);
  add_checkpoint_command(app, chosen);
  add_report_command(app, chosen);
  add_doctor_command(app, chosen);
  add_config_reference_command(app, chosen);
}

}  // namespace understudy
