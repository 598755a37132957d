#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <sys/statvfs.h>

#include "common/atomic_file.h"
#include "common/version.h"
#include "launcher/commands/command.h"
#include "launcher/run_check_report.h"
#include "trainer/gpu_driver.h"
#include "trainer/machine.h"

namespace understudy {
namespace {

void line(std::string_view name, std::string_view value) {
  fmt::print("{:<14} {}\n", name, value);
}

/// First line that a program prints, or "not found".
std::string first_line_of(const char* command) {
  std::array<char, 256> buffer{};
  FILE* pipe = ::popen(fmt::format("{} 2>/dev/null", command).c_str(), "r");
  if (pipe == nullptr) return "not found";
  const bool found = std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr;
  ::pclose(pipe);
  if (!found) return "not found";
  std::string text = buffer.data();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string text; std::getline(info, text);) {
    if (text.rfind("model name", 0) == 0) return text.substr(text.find(':') + 2);
  }
  return "unknown";
}

std::string memory() {
  return fmt::format("{:.1f} GiB", static_cast<double>(memory_of_machine()) / 0x1p30);
}

std::string free_disk() {
  struct statvfs status {};
  if (::statvfs(".", &status) != 0) return "unknown";
  return fmt::format("{:.1f} GiB free in {}",
                     static_cast<double>(status.f_bavail) * static_cast<double>(status.f_frsize) / 0x1p30,
                     std::filesystem::current_path().string());
}

ExitCode examine() {
  line("understudy", version());
  line("torch", torch_version());
  line("CPU",
       fmt::format("{}, {} cores, {}", cpu_model(), std::thread::hardware_concurrency(), torch_cpu_capability()));
  line("memory", memory());
  line("GPU", gpu_summary());
  line("GPU driver", explain_driver(gpu_software()));
  line("MPI", first_line_of("mpirun --version"));
  line("SLURM", first_line_of("sinfo --version"));
  line("disk", free_disk());
  return ExitCode::kDone;
}

struct DoctorOptions {
  std::string config;
  std::string run_directory;
  std::vector<std::string> overrides;
  std::string init_from;
  bool accept_change = false;
  std::int64_t nodes = 1;
  std::int64_t gpus_per_node = 0;   ///< 0: not given
  std::int64_t ranks_per_node = 0;  ///< 0: one a GPU, or one
  double step_seconds = 0.0;        ///< 0: not given
  double job_hours = 0.0;           ///< 0: not given
};

std::optional<double> if_given(double value) {
  return value > 0 ? std::optional(value) : std::nullopt;
}

RunCheckRequest request_from(const DoctorOptions& options) {
  RunCheckRequest request;
  request.train.config_text = read_file(options.config);
  request.train.config_name = options.config;
  for (const std::string& item : options.overrides) request.train.overrides.push_back(parse_override(item));
  request.train.run_directory = options.run_directory;
  if (!options.init_from.empty()) request.train.init_from = options.init_from;
  request.train.accept_change = options.accept_change;
  request.layout.nodes = options.nodes;
  request.layout.on_gpus = options.gpus_per_node > 0;
  request.layout.ranks_per_node =
      options.ranks_per_node > 0 ? options.ranks_per_node : std::max<std::int64_t>(options.gpus_per_node, 1);
  request.machine = {.cores = std::max<std::int64_t>(std::thread::hardware_concurrency(), 1),
                     .memory_bytes = memory_of_machine(),
                     .build_has_cuda = torch_has_cuda()};
  request.step_seconds = if_given(options.step_seconds);
  return request;
}

ExitCode examine_run(const DoctorOptions& options) {
  const RunCheckRequest request = request_from(options);
  const RunCheck check = check_run(request);
  fmt::print("{}", report_run_check(request, check, if_given(options.job_hours)));
  return check.findings.problems.empty() ? ExitCode::kDone : ExitCode::kUsage;
}

}  // namespace

void add_doctor_command(CLI::App& app, RunCommand& chosen) {
  const auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      add_command(app,
                  "doctor",
                  "Say what this machine has, or with --run what a run will take and what is wrong with it",
                  "understudy doctor --run configs/fsrt-vox256.toml --nodes 3 --step-seconds 0.6 --job-hours 24");
  CLI::Option* run = command->add_option("--run", options->config, "Configuration in TOML of a run to look at");
  const auto about_run = [&](CLI::Option* option) { option->needs(run); };
  about_run(command->add_option(
      "--directory", options->run_directory, "Run directory; default runs/<name of the configuration>"));
  about_run(command->add_option("--set", options->overrides, "Override a key: SECTION.KEY=VALUE; may be repeated")
                ->allow_extra_args(false));
  about_run(command->add_option("--init-from", options->init_from, "Weights to start from, as for train"));
  about_run(
      command->add_flag("--accept-change", options->accept_change, "Changed method keys are warnings, as for train"));
  about_run(command->add_option("--nodes", options->nodes, "Nodes that the ranks are on")->check(at_least(1)));
  about_run(command->add_option("--gpus-per-node", options->gpus_per_node, "GPUs of a node, one rank on each")
                ->check(at_least(1)));
  about_run(
      command->add_option("--ranks-per-node", options->ranks_per_node, "Ranks of a node, default one a GPU, else 1")
          ->check(at_least(1)));
  about_run(
      command->add_option("--step-seconds", options->step_seconds, "Seconds of an iteration, to tell the run's length")
          ->check(CLI::PositiveNumber));
  about_run(command->add_option("--job-hours", options->job_hours, "Length of a job, to tell how many the run takes")
                ->check(CLI::PositiveNumber));
  command->callback([options, &chosen] {
    if (options->config.empty()) {
      chosen.run = examine;
      return;
    }
    if (options->run_directory.empty()) options->run_directory = default_run_directory(options->config).string();
    chosen.run = [options] { return examine_run(*options); };
  });
}

}  // namespace understudy
