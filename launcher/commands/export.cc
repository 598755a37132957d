#include "launcher/commands/command.h"

namespace understudy {

void add_export_command(CLI::App&, RunCommand&) {}

}  // namespace understudy
