#pragma once

#include <string>

#include <sys/types.h>

namespace understudy {

/// Lets a process look at the stacks of all threads of a process that it forked, with no debugger: a signal makes each
/// thread write its return addresses into shared memory. A thread that is stopped, or waits in the kernel and cannot be
/// interrupted, does not answer.
class StackRecorder {
 public:
  /// @throws ClusterError  when the system gives no shared memory
  StackRecorder();
  ~StackRecorder();
  StackRecorder(const StackRecorder&) = delete;
  StackRecorder& operator=(const StackRecorder&) = delete;

  /// In the process that is looked at, once.
  void answer_in_this_process();
  /// In its parent: asks all threads of `process` and names the functions on their stacks, the innermost first. Takes
  /// up to half a second for threads that do not answer.
  std::string stacks_of(pid_t process);

 private:
  struct Page;
  static void write_own_stack(int);
  void wait_for_answers(std::size_t threads) const;

  Page* page_;
};

}  // namespace understudy
