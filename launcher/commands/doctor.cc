#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/version.h"
#include "launcher/commands/command.h"
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
  const double pages = static_cast<double>(::sysconf(_SC_PHYS_PAGES));
  return fmt::format("{:.1f} GiB", pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 0x1p30);
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
  line("MPI", first_line_of("mpirun --version"));
  line("SLURM", first_line_of("sinfo --version"));
  line("disk", free_disk());
  return ExitCode::kDone;
}

}  // namespace

void add_doctor_command(CLI::App& app, RunCommand& chosen) {
  add_command(app, "doctor", "Say what this machine has: versions, cores, GPU, MPI, disk", "understudy doctor")
      ->callback([&chosen] { chosen = examine; });
}

}  // namespace understudy
