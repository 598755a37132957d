#include "launcher/job_script.h"

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"
#include "launcher/quoting.h"
#include "launcher/slurm_values.h"

namespace understudy {
namespace {

std::string word_of(Requeue way) {
  switch (way) {
    case Requeue::kScontrol:
      return "scontrol";
    case Requeue::kExitCode:
      return "exit-code";
    case Requeue::kChain:
      return "chain";
    case Requeue::kNone:
      break;
  }
  return "none";
}

bool comes_back_by_requeue(Requeue way) {
  return way == Requeue::kScontrol || way == Requeue::kExitCode;
}

/// Lines of #SBATCH options.
class Header {
 public:
  void flag(std::string_view name) { text_ += fmt::format("#SBATCH --{}\n", name); }
  void verbatim(std::string_view option) { text_ += fmt::format("#SBATCH {}\n", option); }
  void number(std::string_view name, std::int64_t value) { text_ += fmt::format("#SBATCH --{}={}\n", name, value); }
  /// An empty value leaves the option out.
  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) text_ += fmt::format("#SBATCH --{}={}\n", name, quote_for_sbatch(value));
  }
  const std::string& lines() const { return text_; }

 private:
  std::string text_;
};

void add_size(Header& header, const ClusterProfile& profile) {
  header.number("nodes", profile.nodes);
  header.number("ntasks-per-node", profile.tasks_per_node);
  header.number("cpus-per-task", profile.cpus_per_task);
  if (profile.gpus_per_node > 0) header.number("gpus-per-node", profile.gpus_per_node);
  header.text("mem", profile.memory);
  header.text("time", profile.time);
  if (profile.exclusive) header.flag("exclusive");
}

void add_end(Header& header, const ClusterProfile& profile) {
  header.flag(comes_back_by_requeue(profile.requeue) ? "requeue" : "no-requeue");
  if (profile.requeue == Requeue::kChain) header.text("dependency", "singleton");
  // The ranks that are left go on without a lost node, or are started again.
  header.flag("no-kill");
  if (profile.signal_lead_seconds > 0) header.text("signal", fmt::format("B:USR2@{}", profile.signal_lead_seconds));
}

std::string header_of(const JobRequest& request) {
  const ClusterProfile& profile = request.profile;
  Header header;
  header.text("job-name", job_name(request));
  header.text("account", profile.account);
  header.text("partition", profile.partition);
  header.text("qos", profile.qos);
  header.text("constraint", profile.constraint);
  add_size(header, profile);
  add_end(header, profile);
  header.text("chdir", request.working_directory.string());
  header.text("output", log_pattern(request));
  // A requeued job keeps its number and with it its log.
  header.text("open-mode", "append");
  for (const std::string& option : profile.extra) header.verbatim(option);
  return header.lines();
}

std::string preparations_of(const ClusterProfile& profile) {
  std::string text;
  for (const std::string& module : profile.modules)
    text += fmt::format("module load {} || exit 78\n", quote_for_shell(module));
  for (const std::string& item : profile.environment) {
    const auto equals = item.find('=');
    text += fmt::format("export {}={}\n", item.substr(0, equals), quote_for_shell(item.substr(equals + 1)));
  }
  return text;
}

std::vector<std::string> launch_command(const JobRequest& request) {
  const ClusterProfile& profile = request.profile;
  std::vector<std::string> words{request.executable.string(), "launch"};
  const auto option = [&words](const std::string& name, const std::string& value) {
    words.push_back("--" + name);
    words.push_back(value);
  };
  option("ranks", std::to_string(profile.ranks()));
  option("starter", profile.starter == Starter::kSrun ? "srun" : "mpirun");
  option("requeue", word_of(profile.requeue));
  if (profile.min_ranks > 0) option("min-ranks", std::to_string(profile.min_ranks));
  option("max-restarts", std::to_string(profile.max_restarts));
  if (!profile.container.empty()) option("rank-prefix", profile.container);
  words.insert(words.end(), {"--", "train", request.config.string()});
  option("run", request.run_directory.string());
  for (const std::string& setting : request.settings) option("set", setting);
  return words;
}

std::string quoted(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + quote_for_shell(word);
  return line;
}

/// The log's path goes through sbatch's patterns, in which a backslash has a meaning of its own and no escape.
void check_path(std::string_view what, const std::filesystem::path& path) {
  const std::string text = path.string();
  if (fits_on_one_line(text) && text.find('\\') == std::string::npos) return;
  throw ConfigError(fmt::format("{} {} holds a backslash or a control character; sbatch cannot take that", what, text));
}

}  // namespace

std::string job_name(const JobRequest& request) {
  const std::string name = request.run_directory.filename().string();
  if (request.profile.requeue != Requeue::kChain) return name;
  return fmt::format("{}-{}", name, sha256_hex(request.run_directory.string()).substr(0, 8));
}

std::string log_pattern(const JobRequest& request) {
  if (!request.profile.output.empty())
    return (request.working_directory / request.profile.output).lexically_normal().string();
  std::string folder;
  for (const char c : request.run_directory.string()) folder += c == '%' ? "%%" : std::string(1, c);
  return folder + "/slurm-%j.out";
}

std::string log_file(const std::string& pattern, const std::string& job_id) {
  std::string path;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view two = std::string_view(pattern).substr(i, 2);
    if (two == "%j" || two == "%%") {
      path += two == "%j" ? job_id : "%";
      ++i;
    } else {
      path += pattern[i];
    }
  }
  return path;
}

std::string render_job_script(const JobRequest& request) {
  check_path("the run directory", request.run_directory);
  check_path("the working directory", request.working_directory);
  check_path("slurm.output", request.profile.output);
  const std::string preparations = preparations_of(request.profile);
  return fmt::format("#!/bin/bash\n# Written by `understudy submit`.\n{}\n{}{}exec {}\n",
                     header_of(request),
                     preparations,
                     preparations.empty() ? "" : "\n",
                     quoted(launch_command(request)));
}

}  // namespace understudy
