#include "trainer/batch_loader.h"

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/errors.h"
#include "data_pipeline/frame_shard.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"
#include "tests/support/toy_recipe.h"

namespace understudy {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Decodes the driving frame of every sample.
class DecodingRecipe final : public ToyRecipe {
 public:
  Sample prepare(const EpisodeFrames& read, const SampleUse& use) const override {
    Sample sample = ToyRecipe::prepare(read, use);
    Picture picture = read.decode(read.count() - 1);
    sample.push_back(at::from_blob(picture.rgb.data(), {std::ssize(picture.rgb)}, at::kByte).clone());
    return sample;
  }
};

class BatchLoaderTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kFrames = 4;

  BatchLoaderTest() {
    at::set_num_threads(1);
    SetWriter writer(folder_, {.source = "tiny", .jpeg_quality = 95, .jpeg_subsampling = "4:2:0"});
    for (std::uint32_t c = 0; c < 3; ++c) {
      ClipRecord clip = tiny_clip({.frames = kFrames, .side = 16}, c, 0);
      if (c == 1) clip.frames[2].resize(clip.frames[2].size() - 20);  // its CRC is right, but it does not decode
      writer.add(clip);
    }
    writer.finish();
  }

  /// Frame 1 of the first clip gets a wrong CRC.
  void damage() {
    const std::filesystem::path path = folder_ / "frames-00000.h5";
    const auto place = static_cast<std::streamoff>(FrameShard(path, 0).frame_offset(1) + 40);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(place);
    const int byte = file.get();
    file.seekp(place);
    file.put(static_cast<char>(byte ^ 0x40));
  }
  /// Two samples a micro-batch, over all clips and frames.
  static BatchPlan plan(std::uint64_t number) {
    BatchPlan plan{.episodes = {}, .index = static_cast<std::int64_t>(number), .use = {.training = true}};
    for (std::uint64_t i = 2 * number; i < 2 * number + 2; ++i) {
      const auto clip = static_cast<std::uint32_t>(i % 3);
      const auto frame = static_cast<std::uint32_t>(i / 3 % kFrames);
      plan.episodes.push_back({.sample = i, .identity = clip, .clip = clip, .frames = {{clip, 3}, {clip, frame}}});
    }
    return plan;
  }
  std::vector<MicroBatch> batches(const DataSet& set, const LoaderOptions& options, int count) const {
    BatchLoader loader(recipe_, set, plan, options);
    std::vector<MicroBatch> found;
    for (int i = 0; i < count; ++i) found.push_back(loader.next());
    return found;
  }

  TemporaryFolder place_;
  std::filesystem::path folder_ = place_.path() / "set";
  DecodingRecipe recipe_;
};

EpisodeReader::Options replacing() {
  return {.on_corrupt = CorruptFrames::kReplace, .seed = 5};
}

void expect_same(const std::vector<MicroBatch>& a, const std::vector<MicroBatch>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    EXPECT_EQ(a[k].index, b[k].index);
    EXPECT_EQ(a[k].episodes, b[k].episodes);
    for (std::size_t t = 0; t < a[k].tensors.size(); ++t) EXPECT_TRUE(a[k].tensors[t].equal(b[k].tensors[t])) << k;
  }
}

TEST_F(BatchLoaderTest, GivesTheSameBatchesForAnyThreadsOfBothStages) {
  damage();
  const DataSet set = DataSet::open(folder_);
  const auto alone = batches(set, {.threads = 0, .reading = replacing()}, 18);
  std::size_t k = 0;
  for (const MicroBatch& batch : alone) expect_same({batch}, {make_micro_batch(recipe_, set, plan(k++), replacing())});
  for (const std::int64_t threads : {1, 3}) {
    for (const std::int64_t readers : {0, 1, 4}) {
      for (const std::int64_t ahead : {1, 6}) {
        const LoaderOptions options{
            .threads = threads, .prefetch = 2, .read_threads = readers, .read_ahead = ahead, .reading = replacing()};
        expect_same(batches(set, options, 18), alone);
      }
    }
  }
}

TEST_F(BatchLoaderTest, ThrowsAtTheMicroBatchOfTheDamagedFrameAndGoesOn) {
  damage();
  const DataSet set = DataSet::open(folder_);
  for (const std::int64_t threads : {0, 2}) {
    BatchLoader loader(recipe_, set, plan, {.threads = threads, .read_threads = 3, .read_ahead = 4});
    for (int k = 0; k < 6; ++k) {
      if (k == 1) {  // sample 3: frame 1 of clip 0
        EXPECT_THAT([&] { loader.next(); }, ThrowsMessage<DamageError>(HasSubstr("frame 1: the bytes are damaged")));
      } else if (k == 3) {  // sample 7: frame 2 of clip 1
        EXPECT_THAT([&] { loader.next(); }, ThrowsMessage<DamageError>(HasSubstr("frame 2: cannot decode JPEG")));
      } else {
        EXPECT_EQ(loader.next().index, k);
      }
    }
  }
}

TEST_F(BatchLoaderTest, CountsWhatItDid) {
  damage();
  const DataSet set = DataSet::open(folder_);
  for (const std::int64_t threads : {0, 2}) {
    BatchLoader loader(recipe_, set, plan, {.threads = threads, .read_threads = 2, .reading = replacing()});
    loader.next();
    const LoaderStatistics first = loader.take_statistics();
    std::uint64_t bytes = 0;
    for (const Episode& episode : plan(0).episodes) {
      for (const FrameRef ref : episode.frames) bytes += set.read_frame(ref).size();
    }
    EXPECT_EQ(first.reads.bytes, bytes);
    EXPECT_EQ(first.reads.repeated, 0U);
    EXPECT_EQ(first.replaced_frames, 0);
    EXPECT_GT(first.read_seconds, 0.0);
    EXPECT_GT(first.prepare_seconds, 0.0);
    for (int k = 1; k < 6; ++k) loader.next();
    EXPECT_EQ(loader.take_statistics().reads.repeated, 1U);
    const LoaderStatistics last = loader.take_statistics();
    EXPECT_EQ(last.reads.bytes, 0U) << "nothing was handed out since";
    EXPECT_EQ(last.reads.repeated, 1U) << "counted from the start";
    EXPECT_EQ(last.replaced_frames, 2);
  }
}

/// Holds back every read until it is let go, and counts those that wait.
class Gate {
 public:
  ReadOptions options() {
    return {.read = [this](int descriptor, void* target, std::size_t bytes, off_t offset) {
      pass();
      return ::pread(descriptor, target, bytes, offset);
    }};
  }
  void close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void open() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    moved_.notify_all();
  }
  template <typename Condition>
  void wait_until(const Condition& condition) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, condition);
  }
  int waiting() const { return waiting_; }
  int passed() const { return passed_; }

 private:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    moved_.notify_all();
    moved_.wait(lock, [this] { return open_; });
    --waiting_;
    ++passed_;
    moved_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable moved_;
  bool open_ = true;
  std::atomic<int> waiting_ = 0;
  std::atomic<int> passed_ = 0;
};

TEST_F(BatchLoaderTest, ReadsOfManyMicroBatchesAreUnderWayAtATime) {
  Gate gate;
  const DataSet set = DataSet::open(folder_, {}, gate.options());
  gate.close();
  BatchLoader loader(recipe_, set, plan, {.threads = 1, .read_threads = 5, .read_ahead = 8});
  gate.wait_until([&] { return gate.waiting() == 5; });  // one preparing thread alone would have one read under way
  gate.open();
  EXPECT_EQ(loader.next().index, 0);
}

TEST_F(BatchLoaderTest, GoesOnPreparingWhatWasReadWhileStorageHangs) {
  Gate gate;
  const DataSet set = DataSet::open(folder_, {}, gate.options());
  const auto first_plan = [](std::uint64_t) { return plan(0); };
  const int opening = gate.passed();  // before the loader begins to read
  BatchLoader loader(recipe_, set, first_plan, {.threads = 1, .prefetch = 1, .read_threads = 1, .read_ahead = 6});
  loader.next();
  // One is handed out, one prepared, and then six are read ahead; of two samples with two frames each.
  gate.wait_until([&] { return gate.passed() == opening + (1 + 1 + 6) * 4; });
  gate.close();
  for (int i = 0; i < 7; ++i) loader.next();
  gate.wait_until([&] { return gate.waiting() == 1; });
  gate.open();
}

}  // namespace
}  // namespace understudy
