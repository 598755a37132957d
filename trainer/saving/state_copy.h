#pragma once

#include <optional>
#include <vector>

#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include "checkpoints/part_plan.h"

namespace understudy {

/// A copy of some of a run's tensors in the host's memory, made once and filled again for every save: all that a step
/// waits for. Of tensors on a GPU the memory is pinned, and a stream of its own copies; the work that is queued on the
/// GPU from then on waits for it there, the host does not.
class StateCopy {
 public:
  /// Takes the memory at once, so that no save waits for it. @param parts  hold the tensors themselves, not copies
  explicit StateCopy(std::vector<TensorPart> parts);

  /// Copies. On return the tensors may be changed by work in the current stream.
  void take();
  /// Until the copy is whole; from another thread than take().
  void wait() const;
  /// The copies, under the names of the parts.
  const std::vector<TensorPart>& parts() const { return copies_; }

 private:
  void copy_all();

  std::vector<TensorPart> sources_;
  std::vector<TensorPart> copies_;
  std::optional<c10::Stream> stream_;  ///< of the GPU
  std::optional<c10::Event> copied_;
};

}  // namespace understudy
