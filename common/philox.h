#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace understudy {

/// One Philox4x32-10 block: ten rounds over a 128-bit counter under a 64-bit key (Salmon et al., SC 2011).
/// Published test vectors are in tests/common/philox_test.cc.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// What a draw is for. The number enters the counter, so it must never change once a run depends on it.
enum class Purpose : std::uint16_t {
  kTest = 0,
  kIdentityOrder = 1,  ///< permutation of identities, keyed by cycle
  kClipOrder = 2,      ///< permutation of an identity's clips, keyed by (identity, visit / clips)
  kFrames = 3,         ///< frames of a sample
  kFlip = 4,
  kColour = 5,  ///< sub-keys 0, 1, 2 are the colour versions A1, A2, A3
  kOutOfFrameCoin = 6,
  kOutOfFrameCrop = 7,
  kFaceCrop = 8,
  kQueryPixels = 9,
  kPlainExpressionSource = 10,  ///< FSRT's coin a statistics group: plain driving expression from A2 or A1
  kDecoderExpression = 11,      ///< FSRT's coin a sample: decoder gets the plain or the A3 expression
  kInitialWeights = 12,         ///< keyed by the tensor's number
  kValidationEpisodes = 13,
  kEquivarianceTransform = 14,
  kSyntheticIdentity = 15,
  kSyntheticMotion = 16,
  kSyntheticPicture = 17,
  kRetryBackoff = 18,
  kDropout = 19,
  kReplacementFrame = 20,  ///< frames tried in place of a damaged one; sub-key: place in the episode
  kHeldOutIdentity = 24,   ///< keyed by a hash of the identity's name
  kPoseAugmentation = 25,  ///< of latent pose descriptors; sub-keys in data_pipeline/latent_pose_draws.cc
  kPoseNoise = 26,         ///< noise over pixels; sub-key: the field
};

/// A stream of draws that is a pure function of (seed, purpose, sample, sub): whoever makes it, on whatever rank or
/// thread, before or after a resume, gets the same numbers. Cheap to make; never shared between threads.
class Draws {
 public:
  /// @param sample  usually the global sample number g = iteration x global_batch + slot
  /// @param sub     tells streams of one purpose and sample apart
  Draws(std::uint64_t seed, Purpose purpose, std::uint64_t sample, std::uint16_t sub = 0);

  std::uint32_t bits32();
  /// Uniform in [0, 1), a multiple of 2^-32.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high);
  /// Uniform integer in [0, bound) without bias (Lemire's multiplication with rejection). @pre bound >= 1
  std::uint32_t below(std::uint32_t bound);
  /// The same for a bound that needs more than 32 bits: the next two words, low half first, modulo the bound, drawn
  /// again while they are less than 2^64 mod bound. @pre bound >= 1
  std::uint64_t below64(std::uint64_t bound);
  /// True with the given probability.
  bool coin(double probability);
  /// Standard normal (Box-Muller, both values used).
  double normal();
  /// Fisher-Yates permutation of 0 ... count-1.
  std::vector<std::uint32_t> permutation(std::uint32_t count);
  /// The first `chosen` entries of a permutation of 0 ... count-1, without building all of it. @pre chosen <= count
  std::vector<std::uint32_t> sample_without_replacement(std::uint32_t count, std::uint32_t chosen);

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;
  bool has_spare_normal_ = false;
  double spare_normal_ = 0.0;
};

}  // namespace understudy
