#pragma once

namespace understudy {

/// Annotations without which a frame is of no use to a run.
struct SetRequirements {
  bool landmarks = false;
  bool masks = false;
};

}  // namespace understudy
