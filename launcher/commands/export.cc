#include "trainer/exporting/export.h"

#include <memory>

#include <fmt/format.h>

#include "clusters/stop_request.h"
#include "common/log.h"
#include "launcher/commands/command.h"

namespace understudy {
namespace {

struct ExportArguments {
  ExportRequest request;
  std::string formats = "safetensors,pt,torchscript";
};

ExitCode run(ExportArguments arguments) {
  arguments.request.formats = parse_export_formats(arguments.formats);
  const StopRequest stop;
  arguments.request.stop_requested = [&stop] { return stop.requested(); };
  try {
    for (const ExportedFile& file : export_run(arguments.request)) {
      fmt::print("{:<20} {:>12} bytes  {}\n", file.name, file.size, file.what);
    }
  } catch (const ExportStopped&) {
    spdlog::info("stopped on request; nothing was written");
    return ExitCode::kRunAgain;
  }
  fmt::print("export in {}\n", arguments.request.out.string());
  return ExitCode::kDone;
}

}  // namespace

void add_export_command(CLI::App& app, RunCommand& chosen) {
  const auto arguments = std::make_shared<ExportArguments>();
  CLI::App* command =
      add_command(app,
                  "export",
                  "Write a checkpoint's networks for use outside: safetensors, official .pt, TorchScript",
                  "understudy export --run runs/vox256 --checkpoint best --out vox256-export");
  ExportRequest& request = arguments->request;
  command->add_option("--run", request.run, "Run directory")->required();
  command->add_option("--checkpoint", request.checkpoint, "best, newest or an iteration")->capture_default_str();
  command->add_option("--out", request.out, "Folder to write; must not exist")->required();
  command->add_option("--formats", arguments->formats, "Any of safetensors, pt, torchscript, with commas between them")
      ->capture_default_str();
  command->callback([arguments, &chosen] { chosen.run = [arguments] { return run(*arguments); }; });
}

}  // namespace understudy
