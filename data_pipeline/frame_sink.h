#pragma once

#include "data_pipeline/picture.h"

namespace understudy {

/// What `VideoWriter` writes to: a kind of output that takes frames of one size in order.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  /// @throws FileError
  virtual void write(const Picture& frame) = 0;
  /// Publishes the result; nothing of an unfinished one stays behind. @throws FileError
  virtual void finish() = 0;
};

}  // namespace understudy
