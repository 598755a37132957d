#include "data_pipeline/synthetic_set.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "common/errors.h"
#include "common/hash.h"
#include "data_pipeline/data_set.h"
#include "data_pipeline/synthetic_head.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

SynthesizeOptions small_set(const std::filesystem::path& out, std::size_t threads = 1) {
  SynthesizeOptions options;
  options.out = out;
  options.identities = 3;
  options.clips = 2;
  options.frames = 3;
  options.size = 32;
  options.seed = 7;
  options.threads = threads;
  return options;
}

std::map<std::string, std::string> hashes(const std::filesystem::path& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) all[entry.path().filename().string()] = sha256_of_file(entry.path());
  }
  return all;
}

TEST(SyntheticSet, HasTheSameBytesForAnyNumberOfThreads) {
  const TemporaryFolder folder;
  for (const std::size_t threads : {0U, 1U, 3U})
    synthesize_set(small_set(folder.path() / std::to_string(threads), threads));
  const auto one = hashes(folder.path() / "1");
  EXPECT_GE(one.size(), 3U);
  EXPECT_EQ(one, hashes(folder.path() / "3"));
  EXPECT_EQ(one, hashes(folder.path() / "0"));
}

TEST(SyntheticSet, StoresWhatDrawsTheSameFramesAgain) {
  const TemporaryFolder folder;
  synthesize_set(small_set(folder.path() / "set"));
  const DataSet set = DataSet::open(folder.path() / "set", {.landmarks = true, .masks = true});
  ASSERT_EQ(set.clips().size(), 6U);
  EXPECT_EQ(set.clips()[3].name, "id00001#v01#000");
  EXPECT_EQ(set.identities().size(), 3U);
  EXPECT_EQ(set.landmark_reference_size(), 256.0F);
  const FrameRef ref{.clip = 3, .frame = 2};
  const auto truth = set.truth(ref);
  const auto identity = set.identity_truth(3);
  ASSERT_TRUE(truth.has_value() && identity.has_value());
  const RenderedHead head = render_head(identity_from_vector(*identity),
                                        {truth->pose[0], truth->pose[1], truth->pose[2]},
                                        expression_from_vector(truth->expression),
                                        32);
  const std::vector<std::byte> jpeg = encode_jpeg(head.picture, 95);
  EXPECT_EQ(jpeg, set.read_frame(ref));
  EXPECT_EQ(head.landmarks.xy, set.landmarks(ref).xy);
  ASSERT_TRUE(set.mask(ref).has_value());
  EXPECT_EQ(set.mask(ref)->width, 32);
}

TEST(SyntheticSet, OtherIdentitiesAreOtherPeople) {
  const TemporaryFolder folder;
  SynthesizeOptions options = small_set(folder.path() / "a");
  options.identities = 2;
  options.clips = 1;
  options.frames = 1;
  synthesize_set(options);
  options.out = folder.path() / "b";
  options.first_identity = 2;
  synthesize_set(options);
  const DataSet a = DataSet::open(folder.path() / "a");
  const DataSet b = DataSet::open(folder.path() / "b");
  EXPECT_EQ(b.identities()[0].name, "id00002");
  EXPECT_NE(*a.identity_truth(1), *b.identity_truth(0));
  EXPECT_NE(a.fingerprint(), b.fingerprint());
}

TEST(SyntheticSet, LaterClipsAreOtherClipsOfTheSamePeople) {
  const TemporaryFolder folder;
  SynthesizeOptions options = small_set(folder.path() / "both");
  options.identities = 1;
  options.clips = 2;
  options.frames = 2;
  synthesize_set(options);
  options.out = folder.path() / "second";
  options.clips = 1;
  options.first_clip = 1;
  synthesize_set(options);
  const DataSet both = DataSet::open(folder.path() / "both");
  const DataSet second = DataSet::open(folder.path() / "second");
  EXPECT_EQ(second.clips()[0].name, both.clips()[1].name);
  EXPECT_EQ(second.read_frame({0, 1}), both.read_frame({1, 1}));
}

TEST(SyntheticSet, ReportsProgress) {
  const TemporaryFolder folder;
  SynthesizeOptions options = small_set(folder.path() / "set");
  options.frames = 1;
  std::vector<std::int64_t> seen;
  synthesize_set(options, [&seen](std::int64_t done, std::int64_t all) {
    EXPECT_EQ(all, 6);
    seen.push_back(done);
  });
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
}

TEST(SyntheticSet, RefusesOptionsThatMakeNoSense) {
  const TemporaryFolder folder;
  for (auto change : {+[](SynthesizeOptions& o) { o.identities = 0; },
                      +[](SynthesizeOptions& o) { o.clips = 101; },
                      +[](SynthesizeOptions& o) { o.first_clip = 99; },
                      +[](SynthesizeOptions& o) { o.frames = 0; },
                      +[](SynthesizeOptions& o) { o.size = 8; },
                      +[](SynthesizeOptions& o) { o.jpeg_quality = 0; },
                      +[](SynthesizeOptions& o) { o.first_identity = 99'999; }}) {
    SynthesizeOptions options = small_set(folder.path() / "set");
    change(options);
    EXPECT_THROW(synthesize_set(options), DataError);
  }
}

}  // namespace
}  // namespace understudy
