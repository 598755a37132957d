#include "launcher/commands/command.h"

namespace understudy {

CLI::App* add_command(CLI::App& parent,
                      const std::string& name,
                      const std::string& description,
                      const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  return command;
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
  add_doctor_command(app, chosen);
  add_config_reference_command(app, chosen);
}

}  // namespace understudy
