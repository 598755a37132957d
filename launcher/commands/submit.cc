#include <memory>
#include <vector>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/config_reader.h"
#include "common/errors.h"
#include "launcher/cluster_profile.h"
#include "launcher/commands/command.h"
#include "launcher/job_script.h"
#include "launcher/quoting.h"
#include "launcher/sbatch.h"
#include "trainer/recipe_config.h"

namespace understudy {
namespace {

struct SubmitOptions {
  std::string config;
  std::string profile;
  ProfileOverrides profile_overrides;
  std::string run_directory;
  std::vector<std::string> settings;
  bool dry_run = false;
  bool test_only = false;
};

std::filesystem::path whole_path(const std::filesystem::path& path) {
  const std::filesystem::path whole = std::filesystem::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

/// Everything that is wrong and can be known here is said here, and not hours later by a job.
JobRequest checked_request(const SubmitOptions& options) {
  JobRequest request;
  request.profile = read_profile(read_file(options.profile), options.profile, options.profile_overrides);
  std::vector<ConfigOverride> overrides;
  for (const std::string& item : options.settings) overrides.push_back(parse_override(item));
  const RunSettings run = RunSettings::read(read_file(options.config), options.config, overrides);
  check_ranks(request.profile, run.run.batch.micro_batches());
  request.executable = std::filesystem::read_symlink("/proc/self/exe");
  request.config = whole_path(options.config);
  request.run_directory = whole_path(options.run_directory.empty() ? default_run_directory(options.config)
                                                                   : std::filesystem::path(options.run_directory));
  request.working_directory = std::filesystem::current_path();
  request.settings = options.settings;
  return request;
}

std::filesystem::path script_file(const JobRequest& request) {
  return request.run_directory / "job.sh";
}

/// The script alone goes to standard output, so that it can be stored or piped into sbatch.
void show(const JobRequest& request, const std::string& script) {
  fmt::print("{}", script);
  fmt::print(
      stderr,
      "\nNothing was submitted. Without --dry-run the script goes to {} and this runs{}:\n  sbatch --parsable {}\n",
      script_file(request).string(),
      request.profile.chain_length > 1 ? fmt::format(" {} times", request.profile.chain_length) : "",
      quote_for_shell(script_file(request).string()));
}

std::string joined(const std::vector<SubmittedJob>& jobs, std::string_view separator) {
  std::string text;
  for (const SubmittedJob& job : jobs) text += (text.empty() ? "" : std::string(separator)) + job.id;
  return text;
}

void report(const JobRequest& request, const std::vector<SubmittedJob>& jobs) {
  const std::string& first = jobs.front().id;
  const std::string log = log_file(log_pattern(request), first);
  fmt::print("job     {} ({})\n", joined(jobs, ", "), job_name(request));
  fmt::print("ranks   {} ({} a node, {} node{})\n",
             request.profile.ranks(),
             request.profile.tasks_per_node,
             request.profile.nodes,
             request.profile.nodes == 1 ? "" : "s");
  fmt::print("run     {}\nlog     {}\n", request.run_directory.string(), log);
  fmt::print("watch   squeue --jobs={}\n        tail -F {}\n", joined(jobs, ","), quote_for_shell(log));
  const std::vector<SubmittedJob> later(jobs.begin() + 1, jobs.end());
  if (!later.empty()) fmt::print("stop    scancel {}   # the rest of the chain first\n", joined(later, " "));
  fmt::print("{:<8}scancel --batch --signal=INT {}   # saves a checkpoint, ends, is not requeued\n",
             later.empty() ? "stop" : "",
             first);
}

/// Jobs of a chain depend on each other by their name alone, so each is submitted as the first is. When one is refused
/// those before it stay in the queue, and the user must know of them.
std::vector<SubmittedJob> submit_all(const Sbatch& sbatch, const JobRequest& request) {
  std::vector<SubmittedJob> jobs;
  try {
    for (std::int64_t i = 0; i < request.profile.chain_length; ++i) {
      jobs.push_back(sbatch.submit(script_file(request)));
      fmt::print(stderr, "{}", jobs.back().remarks);
    }
  } catch (...) {
    if (!jobs.empty()) {
      fmt::print("{} of {} jobs of the chain were submitted and stay in the queue:\n",
                 jobs.size(),
                 request.profile.chain_length);
      report(request, jobs);
    }
    throw;
  }
  return jobs;
}

/// SLURM ends a job without a word when the folder of its log is not there.
void make_run_directory(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError(fmt::format("cannot make the run directory {}: {}", folder.string(), error.message()));
}

ExitCode submit(const SubmitOptions& options) {
  const JobRequest request = checked_request(options);
  const std::string script = render_job_script(request);
  if (options.dry_run) {
    show(request, script);
    return ExitCode::kDone;
  }
  const Sbatch sbatch;
  if (options.test_only) {
    fmt::print("{}", sbatch.test(script));
    return ExitCode::kDone;
  }
  make_run_directory(request.run_directory);
  write_file_atomically(script_file(request), script);
  report(request, submit_all(sbatch, request));
  return ExitCode::kDone;
}

void add_profile_options(CLI::App& command, SubmitOptions& options) {
  ProfileOverrides& overrides = options.profile_overrides;
  command.add_option("--profile", options.profile, "Profile of the cluster in TOML: section [slurm]")->required();
  command.add_option("--nodes", overrides.nodes, "Number of nodes, instead of the profile's")
      ->check(CLI::Range(1, 100'000));
  command.add_option("--time", overrides.time, "Time limit, instead of the profile's");
  command.add_option("--partition", overrides.partition, "Partition, instead of the profile's");
  command.add_option("--account", overrides.account, "Account, instead of the profile's");
  command.add_option("--qos", overrides.qos, "Quality of service, instead of the profile's");
}

}  // namespace

void add_submit_command(CLI::App& app, RunCommand& chosen) {
  const auto options = std::make_shared<SubmitOptions>();
  CLI::App* command = add_command(app,
                                  "submit",
                                  "Train as a job of a SLURM cluster",
                                  "understudy submit configs/fsrt-vox256.toml --profile configs/slurm-a100.toml --set "
                                  "batch.micro_batch=2 --dry-run");
  command->add_option("config", options->config, "Configuration of the run in TOML")->required();
  add_profile_options(*command, *options);
  command->add_option("--run", options->run_directory, "Run directory; default runs/<name of the configuration>");
  command->add_option("--set", options->settings, "Override a key of the run: SECTION.KEY=VALUE; may be repeated")
      ->allow_extra_args(false);
  CLI::Option* dry_run =
      command->add_flag("--dry-run", options->dry_run, "Print the script and submit nothing; needs no SLURM");
  command->add_flag("--test-only", options->test_only, "Let sbatch judge the script and submit nothing")
      ->excludes(dry_run);
  command->callback([options, &chosen] { chosen.run = [options] { return submit(*options); }; });
}

}  // namespace understudy
