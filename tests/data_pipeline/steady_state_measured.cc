// What a loader's thread allocates for a sample once its memory is warm. A program of its own, because it stands in for
// malloc and so counts C libraries too. Not for the sanitizers, which stand in for malloc themselves.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "data_pipeline/episode_frames.h"
#include "data_pipeline/fsrt_sample.h"
#include "data_pipeline/synthetic_set.h"
#include "tests/support/temporary_folder.h"

namespace {

std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> largest{0};

}  // namespace

extern "C" void* __libc_malloc(std::size_t bytes);

extern "C" void* malloc(std::size_t bytes) {
  ++allocations;
  std::size_t seen = largest;
  while (bytes > seen && !largest.compare_exchange_weak(seen, bytes)) {
  }
  return __libc_malloc(bytes);
}

namespace understudy {
namespace {

constexpr int kSide = 256;
constexpr std::uint64_t kSamples = 40;
constexpr std::size_t kPicturePlane = std::size_t{kSide} * kSide;

class SteadyState : public testing::Test {
 protected:
  SteadyState() {
    synthesize_set({.out = place_.path() / "set", .identities = 3, .clips = 1, .frames = 6, .size = kSide});
  }

  void make_sample(std::uint64_t number) {
    const Episode episode = sampler_->episode(number);
    reader_.read(*set_, episode, frames_, counts_);
    decoded_.resize(frames_.count());
    for (std::size_t i = 0; i < frames_.count(); ++i) frames_.decode(i, decoded_[i]);
    std::vector<Landmarks68> landmarks;
    for (std::size_t i = 0; i < frames_.count(); ++i) landmarks.push_back(frames_.landmarks(i));
    const FsrtDraws draws = draw_augmentation(1,
                                              number,
                                              config_,
                                              FsrtMode::kPhase1,
                                              {.landmarks = landmarks,
                                               .landmark_reference_size = frames_.landmark_reference_size(),
                                               .native = frames_.frame_size(),
                                               .picture_size = kSide});
    const std::size_t before = allocations;
    render(decoded_, draws, config_, kSide, sample_);
    in_rendering_ = allocations - before;
  }

  TemporaryFolder place_;
  EpisodeSpec spec_{.sources = 2, .needs_landmarks = true};
  FsrtDataConfig config_;
  std::shared_ptr<const DataSet> set_;
  std::unique_ptr<Sampler> sampler_;
  EpisodeReader reader_{spec_, {}};
  EpisodeFrames frames_;
  ReadCounts counts_;
  std::vector<Picture> decoded_;
  FsrtSample sample_;
  std::size_t in_rendering_ = 0;
};

TEST_F(SteadyState, TakesNoMemoryForPictures) {
  set_ = std::make_shared<const DataSet>(DataSet::open(place_.path() / "set", requirements_of(spec_)));
  sampler_ = std::make_unique<Sampler>(set_, 1, spec_);
  largest = 0;
  make_sample(0);
  ASSERT_GT(largest, kPicturePlane) << "the count does not see pictures";
  for (std::uint64_t number = 1; number < kSamples; ++number) make_sample(number);
  largest = 0;
  for (std::uint64_t number = 0; number < kSamples; ++number) {
    make_sample(number);
    EXPECT_EQ(in_rendering_, 0U) << number;
  }
  // What is left is the decoder library's own, and lists of a few kilobytes.
  EXPECT_LT(largest, kPicturePlane);
}

}  // namespace
}  // namespace understudy
