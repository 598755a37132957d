#include "trainer/report/report.h"

#include <memory>

#include <fmt/format.h>

#include "launcher/commands/command.h"

namespace understudy {
namespace {

struct ReportArguments {
  std::filesystem::path run;
  std::filesystem::path out;
};

}  // namespace

void add_report_command(CLI::App& app, RunCommand& chosen) {
  const auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command = add_command(app,
                                  "report",
                                  "Write a run's curves, validations, samples, time and files as one HTML page",
                                  "understudy report runs/vox256");
  command->add_option("run", arguments->run, "Run directory; the run may be going on")->required();
  command->add_option("--out", arguments->out, "Page to write instead of report.html in the run directory");
  command->callback([arguments, &chosen] {
    chosen.run = [arguments] {
      const std::filesystem::path page = arguments->out.empty() ? arguments->run / "report.html" : arguments->out;
      write_report(arguments->run, page);
      fmt::print("{}\n", page.string());
      return ExitCode::kDone;
    };
  });
}

}  // namespace understudy
