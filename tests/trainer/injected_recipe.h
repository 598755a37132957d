#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace understudy {

inline constexpr std::int64_t kGlobalBatch = 8;
inline constexpr std::int64_t kMicroBatch = 2;
inline constexpr int kMostRanks = 4;

enum class InjectedKind {
  kNone,
  kInput,         ///< a picture holds a number that is not finite whenever its sample is drawn
  kPlace,         ///< the same of whatever sample is drawn for a place
  kEver,          ///< every picture from an iteration on
  kLoud,          ///< a picture is a hundred times too bright whenever its sample is drawn
  kGradient,      ///< the first player's gradient of the sample's micro-batch
  kJudge,         ///< the second player's
  kSharedWeight,  ///< a weight of every rank, once
  kWeightOfRank,  ///< a weight of one rank, once
  kDrift,         ///< a weight of one rank changes by its last bit, once, after the step
  kBufferAtEnd,   ///< a buffer of one rank is not finite after the step, once
};

/// What goes wrong where. Recipes are made by the trainer, so this is how a test reaches them.
struct Injection {
  InjectedKind kind = InjectedKind::kNone;
  std::int64_t iteration = 0;
  std::int64_t slot = 0;
  int rank = 0;
  std::array<std::atomic<bool>, kMostRanks> happened{};

  std::uint64_t sample() const { return static_cast<std::uint64_t>(iteration * kGlobalBatch + slot); }
  std::int64_t micro_batch() const { return slot / kMicroBatch; }
};

extern Injection injection;
extern thread_local int rank_of_thread;

/// From now on, until the next.
void inject(InjectedKind kind, std::int64_t iteration, std::int64_t slot, int rank);

}  // namespace understudy
