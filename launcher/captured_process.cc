#include "launcher/captured_process.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/errors.h"

namespace understudy {
namespace {

/// A nameless file instead of a pipe: no one waits for the other side to read.
class ScratchFile {
 public:
  ScratchFile() : file_(std::tmpfile(), &std::fclose) {
    if (!file_) throw ClusterError(fmt::format("cannot make a temporary file: {}", strerror(errno)));
  }
  explicit ScratchFile(std::string_view contents) : ScratchFile() {
    const bool written = std::fwrite(contents.data(), 1, contents.size(), file_.get()) == contents.size();
    if (!written || std::fflush(file_.get()) != 0)
      throw ClusterError(fmt::format("cannot write a temporary file: {}", strerror(errno)));
    std::rewind(file_.get());
  }
  int descriptor() const { return fileno(file_.get()); }
  std::string contents() const {
    std::rewind(file_.get());
    std::string text;
    std::array<char, 4096> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file_.get()))
      text.append(buffer.data(), count);
    return text;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw ClusterError(fmt::format("cannot wait for a process: {}", strerror(errno)));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

CapturedProcess run_captured(const std::vector<std::string>& arguments, std::string_view input) {
  const ScratchFile standard_input(input);
  const ScratchFile output;
  const ScratchFile errors;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, standard_input.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.descriptor(), STDERR_FILENO);
  std::vector<std::string> words = arguments;
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  const int failure = posix_spawn(&child, pointers.front(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw ClusterError(fmt::format("cannot start {}: {}", arguments.front(), strerror(failure)));
  const int exit_code = wait_for(child);
  return {exit_code, output.contents(), errors.contents()};
}

std::string answer_of(const std::vector<std::string>& command) {
  const std::filesystem::path program = find_program(command.front());
  if (program.empty()) return "";
  std::vector<std::string> arguments = command;
  arguments.front() = program.string();
  const CapturedProcess process = run_captured(arguments, "");
  return process.output + process.errors;
}

std::filesystem::path find_program(std::string_view name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path candidate = std::filesystem::path(folder) / name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(candidate, ignored) && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

}  // namespace understudy
