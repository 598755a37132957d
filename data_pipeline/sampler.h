#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "data_pipeline/clip_choice.h"
#include "data_pipeline/data_set.h"

namespace understudy {

/// How many videos a run can tell apart.
struct VideoLimit {
  std::int64_t most = 0;
  std::string_view key;  ///< of the configuration that says so, for messages; a literal
};

/// What a recipe wants of one sample.
struct EpisodeSpec {
  std::int64_t sources = 1;      ///< source frames, 0 or more; one driving frame comes on top
  bool distinct_frames = false;  ///< false: frames are drawn independently, as FSRT's loader does (with replacement)
  bool needs_landmarks = false;
  bool needs_masks = false;
  std::optional<VideoLimit> videos = std::nullopt;
};

/// The requirements to open a set with for episodes of this kind.
SetRequirements requirements_of(const EpisodeSpec& spec);

/// Frames of one clip that make one sample.
struct Episode {
  std::uint64_t sample = 0;      ///< global sample number, or the place in a fixed list
  std::uint32_t set = 0;         ///< number of the set in a mixture
  std::uint32_t identity = 0;    ///< row of `DataSet::identities`
  std::uint32_t clip = 0;        ///< row of `DataSet::clips`
  std::uint32_t video = 0;       ///< number among the videos of all sets, one set after another
  std::vector<FrameRef> frames;  ///< sources first, driving frame last
  bool operator==(const Episode&) const = default;
};

/// Where a run's samples come from: one set or several.
class EpisodeSource {
 public:
  virtual ~EpisodeSource() = default;
  /// @param sample  g = iteration x global_batch + slot. Safe on any thread.
  virtual Episode episode(std::uint64_t sample) const = 0;
  /// The set that an episode of this source shows.
  virtual const DataSet& set_of(const Episode& episode) const = 0;
};

/// How a sampler draws, whatever the recipe.
struct SamplerOptions {
  Balance balance = Balance::kIdentity;
  std::uint32_t set = 0;          ///< number of the set in a mixture, less than 256: each draws from streams of its own
  std::uint32_t first_video = 0;  ///< videos of the sets before it
};

/// Draws episodes of one set as a pure function of (seed, sample number): no state is carried from sample to sample, so
/// neither a resume nor ranks, threads or shards change them. Each identity comes once in a cycle over all identities,
/// and each clip of an identity once in a cycle over its clips, in orders drawn anew for every cycle; other balances
/// are in docs/data-format.md.
class Sampler final : public EpisodeSource {
 public:
  /// @throws DataError  when the set was opened without what the spec needs or no clip has enough usable frames
  Sampler(std::shared_ptr<const DataSet> set, std::uint64_t seed, EpisodeSpec spec, const SamplerOptions& options = {});
  ~Sampler() override;
  Sampler(Sampler&&) noexcept;

  Episode episode(std::uint64_t sample) const override;
  const DataSet& set_of(const Episode&) const override { return set(); }
  /// The first `count` episodes of a stream of its own for validation, balanced like the other.
  std::vector<Episode> fixed_list(std::int64_t count) const;

  const DataSet& set() const;
  const EpisodeSpec& spec() const;
  /// Identities with at least one clip that can serve.
  std::uint32_t eligible_identities() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace understudy
