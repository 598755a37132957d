#include "clusters/attendant.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clusters/line_socket.h"
#include "clusters/process_facts.h"
#include "clusters/rank_status.h"
#include "clusters/stack_recorder.h"
#include "common/errors.h"

namespace understudy {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLookEveryMs = 250;
constexpr int kReportEveryLooks = 2;
constexpr int kConnectPatienceMs = 3000;
/// A machine that slept, or an attendant that got no processor, must not take that for a rank that hangs.
constexpr double kLongestLook = 1.0;
/// How long a rank lives on when its supervisor is gone and does not come back.
constexpr auto kLifeWithoutSupervisor = std::chrono::seconds(20);
constexpr std::array kStopSignals{SIGTERM, SIGINT, SIGUSR1, SIGUSR2};

std::string node_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

/// Measures how long a rank has been without a sign of life while it had the means to give one.
class IdleClock {
 public:
  explicit IdleClock(pid_t process) : process_(process), last_look_(Clock::now()) {}

  /// @param waits  for other ranks, which takes no processor: the whole time counts
  double look(std::uint64_t beats, bool waits) {
    const auto now = Clock::now();
    const double passed = std::min(std::chrono::duration<double>(now - last_look_).count(), kLongestLook);
    last_look_ = now;
    if (beats != beats_) {
      beats_ = beats;
      idle_ = 0.0;
      starved_.clear();
      return idle_;
    }
    const double starved = starved_since_last_look(passed);
    idle_ += waits ? passed : passed - starved;
    return idle_;
  }

 private:
  /// The longest time that any one thread waited for a processor: the others may well wait for that thread.
  double starved_since_last_look(double passed) {
    double longest = 0.0;
    std::map<pid_t, double> totals;
    for (const auto& [thread, total] : starved_seconds_of(process_)) {
      totals[thread] = total;
      if (const auto before = starved_.find(thread); before != starved_.end())
        longest = std::max(longest, total - before->second);
    }
    starved_ = std::move(totals);
    return std::min(longest, passed);
  }

  pid_t process_;
  Clock::time_point last_look_;
  std::uint64_t beats_ = 0;
  double idle_ = 0.0;
  std::map<pid_t, double> starved_;
};

/// The parent process of a rank.
class Attendant {
 public:
  Attendant(
      pid_t child, Heartbeat& heartbeat, StackRecorder& stacks, SupervisorAddress address, LineSocket socket, int rank)
      : child_(child),
        heartbeat_(heartbeat),
        stacks_(stacks),
        address_(std::move(address)),
        socket_(std::move(socket)),
        idle_clock_(child),
        out_of_memory_kills_(out_of_memory_kills()) {
    status_.rank = rank;
    status_.node = node_name();
    status_.process = child;
  }

  [[noreturn]] void run(int signals);

 private:
  void handle_signals(int signals);
  void look();
  void keep_connection();
  void obey(const std::string& command);
  [[noreturn]] void end_like_child(int wait_status);

  pid_t child_;
  Heartbeat& heartbeat_;
  StackRecorder& stacks_;
  SupervisorAddress address_;
  LineSocket socket_;
  IdleClock idle_clock_;
  std::int64_t out_of_memory_kills_;
  RankStatus status_;
  Clock::time_point last_contact_ = Clock::now();
};

void Attendant::run(int signals) {
  socket_.send(address_.token);
  for (int looks = 0;; ++looks) {
    std::array<pollfd, 2> events{
        {{signals, POLLIN, 0},
         {socket_.descriptor(), static_cast<short>(socket_.has_unsent() ? POLLIN | POLLOUT : POLLIN), 0}}};
    ::poll(events.data(), socket_.open() ? 2 : 1, kLookEveryMs);
    handle_signals(signals);
    int wait_status = 0;
    if (::waitpid(child_, &wait_status, WNOHANG) == child_) end_like_child(wait_status);
    for (const std::string& command : socket_.receive()) obey(command);
    look();
    if (looks % kReportEveryLooks == 0) socket_.send(to_line(status_));
    socket_.flush();
    keep_connection();
  }
}

void Attendant::handle_signals(int signals) {
  signalfd_siginfo information{};
  while (::read(signals, &information, sizeof information) == sizeof information) {
    const auto number = static_cast<int>(information.ssi_signo);
    if (number == SIGCHLD) continue;
    status_.stop_signal = number;
    heartbeat_.request_stop();
  }
}

void Attendant::look() {
  const HeartbeatReading reading = heartbeat_.read();
  status_.state = process_state(child_);
  status_.iteration = reading.iteration;
  status_.section = reading.section;
  status_.collective = reading.collective;
  status_.gaps = reading.gaps;
  status_.idle_seconds = idle_clock_.look(reading.beats, waits_for_others(status_));
}

/// A connection may break for a moment. Without a supervisor for long, the rank belongs to a start that is over.
void Attendant::keep_connection() {
  if (socket_.open()) {
    last_contact_ = Clock::now();
    return;
  }
  if (auto again = LineSocket::connect(address_.hosts, address_.port, kLookEveryMs)) {
    socket_ = std::move(*again);
    socket_.send(address_.token);
  } else if (Clock::now() - last_contact_ > kLifeWithoutSupervisor) {
    fmt::print(stderr, "rank {}: the supervisor of this start is gone; ending\n", status_.rank);
    ::kill(child_, SIGKILL);
  }
}

void Attendant::obey(const std::string& command) {
  if (command == to_line(AttendantCommand::kStop)) heartbeat_.request_stop();
  if (command == to_line(AttendantCommand::kStacks)) {
    const std::string stacks = stacks_.stacks_of(child_);
    socket_.send(to_line(RankStacks{status_.rank, describe_process(child_) + stacks}));
  }
  if (command == to_line(AttendantCommand::kKill)) {
    ::kill(child_, SIGKILL);
    // A rank that waits for a device cannot be ended. The run goes on without it.
    if (process_state(child_) == 'D') ::_exit(128 + SIGKILL);
  }
}

void Attendant::end_like_child(int wait_status) {
  look();
  RankEnd end;
  if (WIFSIGNALED(wait_status)) end.signal = WTERMSIG(wait_status);
  if (WIFEXITED(wait_status)) end.exit_code = WEXITSTATUS(wait_status);
  end.out_of_memory = end.signal == SIGKILL && out_of_memory_kills() > out_of_memory_kills_;
  status_.end = end;
  socket_.send(to_line(status_));
  socket_.close();
  if (end.signal == 0) ::_exit(end.exit_code);
  // Ends by the same signal, so that mpirun and srun report it; the core, if any, is the child's.
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  sigset_t all;
  sigemptyset(&all);
  ::signal(end.signal, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::raise(end.signal);
  ::_exit(128 + end.signal);
}

sigset_t attended_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kStopSignals) sigaddset(&set, signal);
  sigaddset(&set, SIGCHLD);
  return set;
}

/// The child leaves all requests to end to its attendant, whoever else they are sent to, and ends with it.
void become_rank(const sigset_t& former_mask, pid_t attendant, StackRecorder& stacks) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != attendant) ::_exit(1);
  for (const int signal : kStopSignals) ::signal(signal, SIG_IGN);
  ::sigprocmask(SIG_SETMASK, &former_mask, nullptr);
  stacks.answer_in_this_process();
}

}  // namespace

std::string to_text(const SupervisorAddress& address) {
  return fmt::format("{},{},{}", address.token, address.port, fmt::join(address.hosts, ","));
}

std::optional<SupervisorAddress> supervisor_address_from(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  SupervisorAddress address;
  if (parts.size() < 3 || parts[0].empty()) return std::nullopt;
  const auto [end, error] = std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), address.port);
  if (error != std::errc() || end != parts[1].data() + parts[1].size() || address.port == 0) return std::nullopt;
  address.token = parts[0];
  address.hosts.assign(parts.begin() + 2, parts.end());
  return address;
}

std::optional<SupervisorAddress> supervisor_of_this_process() {
  const char* text = std::getenv(kSupervisorVariable);
  return text == nullptr ? std::nullopt : supervisor_address_from(text);
}

std::string_view to_line(AttendantCommand command) {
  switch (command) {
    case AttendantCommand::kStop:
      return "stop";
    case AttendantCommand::kStacks:
      return "stacks";
    case AttendantCommand::kKill:
      return "kill";
  }
  return "";
}

void attend_to_this_rank(Heartbeat& heartbeat, const SupervisorAddress& supervisor, int rank) {
  auto socket = LineSocket::connect(supervisor.hosts, supervisor.port, kConnectPatienceMs);
  if (!socket) {
    throw ClusterError(
        fmt::format("rank {} on {} cannot reach `understudy launch` at {} port {}; the nodes of a run must be able to "
                    "open connections to the node where launch runs",
                    rank,
                    node_name(),
                    fmt::join(supervisor.hosts, ", "),
                    supervisor.port));
  }
  StackRecorder* stacks = new StackRecorder;  // lives as long as either process
  const sigset_t attended = attended_signals();
  sigset_t former_mask;
  ::sigprocmask(SIG_BLOCK, &attended, &former_mask);
  const pid_t attendant_process = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw ClusterError(fmt::format("cannot start a process: {}", std::strerror(errno)));
  if (child == 0) {
    socket->close();
    become_rank(former_mask, attendant_process, *stacks);
    return;
  }
  const int signals = ::signalfd(-1, &attended, SFD_NONBLOCK | SFD_CLOEXEC);
  Attendant(child, heartbeat, *stacks, supervisor, std::move(*socket), rank).run(signals);
}

std::optional<int> rank_in_environment() {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID"}) {
    const char* text = std::getenv(name);
    if (text != nullptr && *text != '\0') return std::atoi(text);
  }
  return std::nullopt;
}

}  // namespace understudy
