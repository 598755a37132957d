#include "clusters/stack_recorder.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <new>
#include <thread>

#include <execinfo.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clusters/process_facts.h"
#include "clusters/symbols.h"
#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::size_t kThreads = 256;
constexpr int kFrames = 60;
/// Frames of the handler itself and of the kernel's way into it.
constexpr int kOwnFrames = 2;
constexpr auto kPatience = std::chrono::milliseconds(500);

int stack_signal() {
  return SIGRTMIN + 3;  // MPI and torch take none of the real-time signals, glibc keeps the first two
}

struct Stack {
  std::atomic<std::uint32_t> ready{0};
  pid_t thread = 0;
  int depth = 0;
  std::array<void*, kFrames> frames{};
};

}  // namespace

struct StackRecorder::Page {
  std::atomic<std::uint32_t> taken{0};
  std::array<Stack, kThreads> stacks{};
};

namespace {

// A signal handler gets no argument of ours.
std::atomic<void*> page_of_this_process{nullptr};

}  // namespace

StackRecorder::StackRecorder() {
  void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw ClusterError(fmt::format("no shared memory for stacks: {}", std::strerror(errno)));
  page_ = new (memory) Page;
}

StackRecorder::~StackRecorder() {
  void* own = page_;
  page_of_this_process.compare_exchange_strong(own, nullptr);
  ::munmap(page_, sizeof(Page));
}

void StackRecorder::write_own_stack(int) {
  const int former_errno = errno;
  auto* page = static_cast<Page*>(page_of_this_process.load());
  const std::uint32_t place = page == nullptr ? kThreads : page->taken.fetch_add(1);
  if (place < kThreads) {
    Stack& stack = page->stacks[place];
    stack.thread = static_cast<pid_t>(::syscall(SYS_gettid));
    stack.depth = ::backtrace(stack.frames.data(), kFrames);
    stack.ready.store(1);
  }
  errno = former_errno;
}

void StackRecorder::answer_in_this_process() {
  page_of_this_process.store(page_);
  // The first call loads libgcc, which a signal handler must not do.
  std::array<void*, 2> frames{};
  ::backtrace(frames.data(), static_cast<int>(frames.size()));
  struct sigaction action {};
  action.sa_handler = write_own_stack;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  ::sigaction(stack_signal(), &action, nullptr);
}

std::string StackRecorder::stacks_of(pid_t process) {
  const auto threads = threads_of(process);
  if (!threads) return fmt::format("process {} has ended\n", process);
  page_->taken.store(0);
  for (Stack& stack : page_->stacks) stack.ready.store(0);
  std::size_t asked = 0;
  for (const ThreadFacts& thread : *threads) {
    if (::syscall(SYS_tgkill, process, thread.id, stack_signal()) == 0) ++asked;
  }
  wait_for_answers(asked);
  Symbols symbols(process);
  std::string text;
  for (const ThreadFacts& thread : *threads) {
    text += fmt::format("thread {} \"{}\"\n", thread.id, thread.name);
    const auto stack = std::find_if(page_->stacks.begin(), page_->stacks.end(), [&](const Stack& candidate) {
      return candidate.ready.load() != 0 && candidate.thread == thread.id;
    });
    if (stack == page_->stacks.end()) {
      text += fmt::format("  does not answer (state {})\n", thread.state);
      continue;
    }
    for (int i = std::min(kOwnFrames, stack->depth); i < stack->depth; ++i) {
      // A return address lies behind the call.
      const auto address = reinterpret_cast<std::uint64_t>(stack->frames[static_cast<std::size_t>(i)]);
      text += fmt::format("  {}\n", symbols.describe(i == kOwnFrames ? address : address - 1));
    }
  }
  return text;
}

void StackRecorder::wait_for_answers(std::size_t threads) const {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  const auto answered = [&] {
    return static_cast<std::size_t>(std::count_if(
        page_->stacks.begin(), page_->stacks.end(), [](const Stack& stack) { return stack.ready.load() != 0; }));
  };
  while (answered() < std::min(threads, kThreads) && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace understudy
