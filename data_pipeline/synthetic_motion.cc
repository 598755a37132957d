#include "data_pipeline/synthetic_motion.h"

#include "common/philox.h"
#include "data_pipeline/synthetic_math.h"

namespace understudy {
namespace {

/// How far one parameter swings and how fast.
struct Swing {
  double mean;
  double amplitude;
  double slowest;  ///< cycles a second
  double fastest;
};

constexpr double kFramesPerSecond = 25.0;
constexpr double kBlinkFrames = 6.0;

enum Channel { kYaw, kPitch, kRoll, kMouthOpen, kSmile, kBrowRaise, kEyeOpen, kGazeX, kGazeY, kShiftX, kShiftY };

constexpr Swing kSwings[] = {
    {0.0, 0.60, 0.10, 0.40},   // yaw
    {0.02, 0.28, 0.12, 0.45},  // pitch
    {0.0, 0.22, 0.10, 0.35},   // roll
    {0.22, 0.55, 0.6, 2.2},    // mouth_open
    {0.25, 0.70, 0.10, 0.45},  // smile
    {0.0, 0.80, 0.15, 0.7},    // brow_raise
    {1.0, 0.14, 0.2, 0.8},     // eye_open
    {0.0, 0.70, 0.2, 0.9},     // gaze_x
    {0.0, 0.55, 0.2, 0.9},     // gaze_y
    {0.0, 0.26, 0.08, 0.3},    // shift_x
    {0.04, 0.13, 0.08, 0.3},   // shift_y
};

float within(double value, float largest) {
  return static_cast<float>(value < -largest ? -largest : value > largest ? largest : value);
}

float limited(double value, double low, double high) {
  return static_cast<float>(value < low ? low : value > high ? high : value);
}

}  // namespace

HeadMotion::HeadMotion(std::uint64_t seed, std::uint64_t clip) {
  Draws draws(seed, Purpose::kSyntheticMotion, clip);
  for (std::size_t c = 0; c < kChannels; ++c) {
    const Swing& swing = kSwings[c];
    const double energy = draws.uniform(0.7, 1.15);
    for (std::size_t w = 0; w < kWaves; ++w) {
      constexpr double kShares[kWaves] = {0.6, 0.3, 0.2};
      waves_[c][w] = {.amplitude = kShares[w] * energy * swing.amplitude,
                      .cycles_per_frame = draws.uniform(swing.slowest, swing.fastest) / kFramesPerSecond,
                      .phase = draws.uniform()};
    }
  }
  blink_period_ = draws.uniform(55.0, 110.0);
  blink_offset_ = draws.uniform(0.0, blink_period_);
}

double HeadMotion::channel(int number, std::uint32_t frame) const {
  const auto c = static_cast<std::size_t>(number);
  double value = kSwings[c].mean;
  for (const Wave& wave : waves_[c]) {
    value += wave.amplitude * synthetic::sine_of_turns(wave.phase + wave.cycles_per_frame * frame);
  }
  return value;
}

HeadState HeadMotion::at(std::uint32_t frame) const {
  const double since_blink =
      frame + blink_offset_ - blink_period_ * std::floor((frame + blink_offset_) / blink_period_);
  const double blink = since_blink < kBlinkFrames ? synthetic::sine_of_turns(0.5 * since_blink / kBlinkFrames) : 0.0;
  HeadState state;
  state.pose.yaw = within(channel(kYaw, frame), kLargestPose.yaw);
  state.pose.pitch = within(channel(kPitch, frame), kLargestPose.pitch);
  state.pose.roll = within(channel(kRoll, frame), kLargestPose.roll);
  state.expression.mouth_open = limited(channel(kMouthOpen, frame), 0.0, 1.0);
  state.expression.smile = limited(channel(kSmile, frame), -0.7, 1.0);
  state.expression.brow_raise = limited(channel(kBrowRaise, frame), -1.0, 1.0);
  state.expression.eye_open = limited(channel(kEyeOpen, frame) * (1.0 - blink), 0.0, 1.2);
  state.expression.gaze_x = limited(channel(kGazeX, frame), -1.0, 1.0);
  state.expression.gaze_y = limited(channel(kGazeY, frame), -1.0, 1.0);
  state.expression.shift_x = limited(channel(kShiftX, frame), -0.32, 0.32);
  state.expression.shift_y = limited(channel(kShiftY, frame), -0.14, 0.2);
  return state;
}

}  // namespace understudy
