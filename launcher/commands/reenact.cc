#include "launcher/commands/command.h"

namespace understudy {

void add_reenact_command(CLI::App&, RunCommand&) {}

}  // namespace understudy
