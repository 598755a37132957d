#include "clusters/process_facts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

namespace understudy {
namespace {

namespace fs = std::filesystem;

/// Text of a file of /proc or /sys; empty when it cannot be read.
std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

double seconds_from_ns(const std::string& word) {
  return std::strtod(word.c_str(), nullptr) * 1e-9;
}

/// What follows the name in parentheses, which may itself hold spaces and parentheses.
std::vector<std::string> stat_fields(const std::string& stat) {
  const std::size_t end = stat.rfind(')');
  return end == std::string::npos ? std::vector<std::string>{} : words_of(stat.substr(end + 1));
}

std::vector<pid_t> thread_ids(pid_t process) {
  std::vector<pid_t> ids;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/task", process), error)) {
    const std::string name = entry.path().filename().string();
    pid_t id = 0;
    std::from_chars(name.data(), name.data() + name.size(), id);
    ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  const auto main = std::find(ids.begin(), ids.end(), process);
  if (main != ids.end()) std::rotate(ids.begin(), main, main + 1);
  return ids;
}

ThreadFacts thread_facts(pid_t process, pid_t thread) {
  const fs::path folder = fmt::format("/proc/{}/task/{}", process, thread);
  ThreadFacts facts{.id = thread};
  facts.name = text_of(folder / "comm");
  if (!facts.name.empty()) facts.name.pop_back();
  if (const auto fields = stat_fields(text_of(folder / "stat")); !fields.empty()) facts.state = fields.front().front();
  facts.wait_channel = text_of(folder / "wchan");
  if (facts.wait_channel == "0") facts.wait_channel.clear();
  if (const auto times = words_of(text_of(folder / "schedstat")); times.size() >= 2) {
    facts.cpu_seconds = seconds_from_ns(times[0]);
    facts.starved_seconds = seconds_from_ns(times[1]);
  }
  return facts;
}

std::string_view words_for_state(char state) {
  switch (state) {
    case 'R':
      return "running or ready to run";
    case 'S':
      return "sleeping";
    case 'D':
      return "waiting for a device or file system, cannot be interrupted";
    case 'T':
      return "stopped by a signal";
    case 't':
      return "stopped by a debugger";
    case 'Z':
    case 'X':
      return "ended";
    default:
      return "in a state unknown to this program";
  }
}

/// Lines of a file of /proc that pass, each indented.
template <class Passes>
std::string indented_lines(const std::string& text, std::string_view indent, const Passes& passes) {
  std::istringstream lines(text);
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    if (passes(line)) found += fmt::format("{}{}\n", indent, line);
  }
  return found;
}

std::string kernel_stack_of(pid_t process, pid_t thread) {
  const std::string stack = text_of(fmt::format("/proc/{}/task/{}/stack", process, thread));
  return indented_lines(stack, "      ", [](const std::string&) { return true; });
}

std::string memory_of(pid_t process) {
  return indented_lines(text_of(fmt::format("/proc/{}/status", process)), "  ", [](const std::string& line) {
    return line.starts_with("VmRSS") || line.starts_with("VmHWM");
  });
}

/// The value after `key` in a file of "key value" lines; 0 when there is none.
std::int64_t value_in(const fs::path& file, std::string_view key) {
  const std::vector<std::string> words = words_of(text_of(file));
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == key) return std::strtoll(words[i + 1].c_str(), nullptr, 10);
  }
  return 0;
}

}  // namespace

std::optional<std::vector<ThreadFacts>> threads_of(pid_t process) {
  std::vector<ThreadFacts> threads;
  for (const pid_t id : thread_ids(process)) threads.push_back(thread_facts(process, id));
  if (threads.empty()) return std::nullopt;
  return threads;
}

char process_state(pid_t process) {
  const auto fields = stat_fields(text_of(fmt::format("/proc/{}/stat", process)));
  return fields.empty() ? 'X' : fields.front().front();
}

std::vector<std::pair<pid_t, double>> starved_seconds_of(pid_t process) {
  std::vector<std::pair<pid_t, double>> starved;
  for (const pid_t id : thread_ids(process)) {
    const auto times = words_of(text_of(fmt::format("/proc/{}/task/{}/schedstat", process, id)));
    if (times.size() >= 2) starved.emplace_back(id, seconds_from_ns(times[1]));
  }
  return starved;
}

std::string describe_process(pid_t process) {
  const auto threads = threads_of(process);
  if (!threads) return fmt::format("process {} has ended\n", process);
  std::string text = fmt::format("process {}: {}\n", process, words_for_state(threads->front().state));
  text += memory_of(process);
  for (const ThreadFacts& thread : *threads) {
    text += fmt::format("  thread {} \"{}\" {} ({}){}{}, {:.1f} s of processor time\n",
                        thread.id,
                        thread.name,
                        thread.state,
                        words_for_state(thread.state),
                        thread.wait_channel.empty() ? "" : " in the kernel's ",
                        thread.wait_channel,
                        thread.cpu_seconds);
    if (thread.state == 'D') text += kernel_stack_of(process, thread.id);
  }
  return text;
}

std::int64_t out_of_memory_kills() {
  std::int64_t kills = value_in("/proc/vmstat", "oom_kill");
  // A container sees only its own group, under the second or the first version of control groups.
  kills += value_in("/sys/fs/cgroup/memory.events", "oom_kill");
  kills += value_in("/sys/fs/cgroup/memory/memory.oom_control", "oom_kill");
  return kills;
}

}  // namespace understudy
