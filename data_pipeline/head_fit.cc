#include "data_pipeline/head_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <vector>

#include <fmt/format.h>

#include "common/errors.h"
#include "data_pipeline/resize.h"
#include "data_pipeline/synthetic_motion.h"

namespace understudy {
namespace {

// Sides of the pictures that are compared, and steps in radians.
constexpr int kGridSide = 16;
constexpr int kMiddleSide = 32;
constexpr int kFinestSide = 64;
constexpr double kFirstStep = 0.08;
constexpr double kMiddleStep = 0.02;
constexpr double kLastStep = 0.001;
constexpr std::size_t kStarts = 3;  ///< points of the grid to go on from: small pictures may mislead

using Angles = std::array<double, 3>;  ///< yaw, pitch, roll

/// A picture that shows no head could be followed without end.
bool is_plausible(const Angles& angles) {
  constexpr double kBeyond = 1.5;
  return std::abs(angles[0]) <= kBeyond * kLargestPose.yaw && std::abs(angles[1]) <= kBeyond * kLargestPose.pitch &&
         std::abs(angles[2]) <= kBeyond * kLargestPose.roll;
}

HeadPose pose_of(const Angles& angles) {
  return {static_cast<float>(angles[0]), static_cast<float>(angles[1]), static_cast<float>(angles[2])};
}

struct Candidate {
  Angles angles{};
  double error = 0.0;
};

/// A picture at one size, against which poses are drawn.
class Comparison {
 public:
  Comparison(const IdentityParameters& identity,
             const ExpressionParameters& expression,
             const Picture& picture,
             bool foreground,
             int side)
      : identity_(identity),
        expression_(expression),
        foreground_(foreground),
        side_(std::min(side, picture.width)),
        target_(resize_like_skimage(picture, side_, side_)) {}

  Candidate at(const Angles& angles) const {
    const RenderedHead head = render_head(identity_, pose_of(angles), expression_, side_);
    const std::size_t pixels = head.mask.coverage.size();
    double sum = 0.0;
    for (std::size_t i = 0; i < pixels; ++i) {
      const double light = foreground_ ? head.mask.coverage[i] / 255.0 / 255.0 : 1.0 / 255.0;
      for (std::size_t c = 0; c < 3; ++c) {
        const double difference = light * head.picture.rgb[3 * i + c] - double{target_.values[c * pixels + i]};
        sum += difference * difference;
      }
    }
    return {angles, sum / static_cast<double>(3 * pixels)};
  }

  /// Goes to the best neighbour in one angle while one is better, then halves the step, down to `last`.
  Candidate descend(const Angles& start, double step, double last) const {
    Candidate best = at(start);
    for (; step >= last; step /= 2) {
      for (Candidate next = best_neighbour(best, step); next.error < best.error; next = best_neighbour(best, step))
        best = next;
    }
    return best;
  }

 private:
  /// The centre itself where no neighbour is better.
  Candidate best_neighbour(const Candidate& centre, double step) const {
    Candidate best = centre;
    for (std::size_t axis = 0; axis < centre.angles.size(); ++axis) {
      for (const double change : {-step, step}) {
        Angles angles = centre.angles;
        angles[axis] += change;
        if (!is_plausible(angles)) continue;
        const Candidate found = at(angles);
        if (found.error < best.error) best = found;
      }
    }
    return best;
  }

  const IdentityParameters& identity_;
  const ExpressionParameters& expression_;
  bool foreground_;
  int side_;
  PicturePlanes target_;
};

/// `count` values from -largest to largest.
std::vector<double> range(float largest, int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(double{largest} * (2.0 * i / (count - 1) - 1.0));
  return values;
}

/// The best points of a grid over the poses of synthetic motion, best first.
std::vector<Candidate> best_of_grid(const Comparison& comparison) {
  std::vector<Candidate> candidates;
  for (const double yaw : range(kLargestPose.yaw, 9)) {
    for (const double pitch : range(kLargestPose.pitch, 5)) {
      for (const double roll : range(kLargestPose.roll, 5)) candidates.push_back(comparison.at({yaw, pitch, roll}));
    }
  }
  std::stable_sort(
      candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.error < b.error; });
  candidates.resize(kStarts);
  return candidates;
}

}  // namespace

HeadFit fit_head_pose(const IdentityParameters& identity,
                      const ExpressionParameters& expression,
                      const Picture& picture,
                      bool foreground) {
  if (picture.width != picture.height || picture.width < kGridSide) {
    throw DataError(
        fmt::format("a pose cannot be found on a picture of {} x {} pixels; give a square one of {} or more",
                    picture.width,
                    picture.height,
                    kGridSide));
  }
  const Comparison middle(identity, expression, picture, foreground, kMiddleSide);
  Candidate best{{}, std::numeric_limits<double>::infinity()};
  for (const Candidate& start : best_of_grid(Comparison(identity, expression, picture, foreground, kGridSide))) {
    const Candidate found = middle.descend(start.angles, kFirstStep, kMiddleStep);
    if (found.error < best.error) best = found;
  }
  const Comparison finest(identity, expression, picture, foreground, kFinestSide);
  best = finest.descend(best.angles, kMiddleStep, kLastStep);
  return {pose_of(best.angles), best.error};
}

double mean_angle_error(const HeadPose& a, const HeadPose& b) {
  const auto apart = [](float x, float y) { return std::abs(double{x} - double{y}); };
  const double sum = apart(a.yaw, b.yaw) + apart(a.pitch, b.pitch) + apart(a.roll, b.roll);
  return sum / 3.0 * 180.0 / std::numbers::pi;
}

}  // namespace understudy
