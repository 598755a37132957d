#pragma once

namespace understudy {

/// Frames per second as a fraction; broadcast rates such as 30000/1001 have no exact decimal.
struct FrameRate {
  int numerator = 25;
  int denominator = 1;
  friend bool operator==(const FrameRate&, const FrameRate&) = default;
};

}  // namespace understudy
