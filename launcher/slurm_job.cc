#include "launcher/slurm_job.h"

#include <cstdlib>
#include <sstream>

#include <spdlog/spdlog.h>

#include "launcher/captured_process.h"

namespace understudy {
namespace {

std::string first_word(const std::string& text) {
  std::istringstream words(text);
  std::string word;
  words >> word;
  return word;
}

/// What a tool of SLURM answers. A controller that is away makes them wait for minutes, which nobody has here.
std::string ask(std::vector<std::string> question) {
  question.insert(question.begin(), {"timeout", "10"});
  return answer_of(question);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::optional<SlurmJob> SlurmJob::current() {
  SlurmJob job;
  job.id_ = variable("SLURM_JOB_ID");
  if (job.id_.empty()) return std::nullopt;
  std::istringstream names(ask({"scontrol", "show", "hostnames", variable("SLURM_JOB_NODELIST")}));
  for (std::string name; names >> name;) job.nodes_.push_back(name);
  job.tasks_ = std::atoi(variable("SLURM_NTASKS").c_str());
  return job;
}

std::optional<std::time_t> SlurmJob::end() const {
  return time_from_slurm(first_word(ask({"squeue", "--noheader", "--job", id_, "--format", "%e"})));
}

std::string SlurmJob::state() const {
  return first_word(ask({"squeue", "--noheader", "--job", id_, "--format", "%T"}));
}

bool SlurmJob::requeue() const {
  const std::string answer = ask({"scontrol", "requeue", id_});
  if (answer.empty()) return true;
  spdlog::error("scontrol requeue {}: {}", id_, answer);
  return false;
}

std::optional<std::time_t> time_from_slurm(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  parts.tm_isdst = -1;
  const std::time_t time = std::mktime(&parts);
  return time == -1 ? std::nullopt : std::optional(time);
}

}  // namespace understudy
