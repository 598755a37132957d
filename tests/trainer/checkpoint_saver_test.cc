#include "trainer/saving/checkpoint_saver.h"

#include <atomic>
#include <future>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/part_plan.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/support/recorded_files.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/thread_ranks.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Throws;
using testing::ThrowsMessage;

constexpr std::uint64_t kSmallParts = 100;  // bytes: two of the tensors below

NamedTensors tensors_of(double value, int count) {
  NamedTensors tensors;
  for (int i = 0; i < count; ++i) tensors.emplace_back("t" + std::to_string(i), at::full({10}, value + i));
  return tensors;
}

CheckpointOrder order_of(std::int64_t iteration) {
  CheckpointOrder order{.iteration = iteration};
  order.manifest.config = "seed = 1\n";
  order.trainer = "{}";
  order.retention.keep_newest = 2;
  return order;
}

/// A state, its saver and a heartbeat on one rank.
struct SavingRank {
  SavingRank(const CheckpointStore& store, Communicator& ranks, std::uint64_t incarnation = 1)
      : saver(
            store, incarnation, model, optimizer, [this] { ++syncs; }, ranks, heartbeat, kSmallParts) {}

  void save(std::int64_t iteration) {
    saver.begin(order_of(iteration));
    saver.finish();
  }

  NamedTensors model = tensors_of(1.0, 3);
  NamedTensors optimizer = tensors_of(2.0, 5);
  std::atomic<int> syncs = 0;
  Heartbeat heartbeat;
  CheckpointSaver saver;
};

class CheckpointSaverTest : public testing::Test {
 protected:
  fs::path run(const std::string& name = "run") const { return place_.path() / name; }

  TemporaryFolder place_;
};

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder))
    files[entry.path().filename().string()] = read_file(entry.path());
  return files;
}

TEST_F(CheckpointSaverTest, WritesTheSameFilesOnAnyNumberOfRanks) {
  std::map<std::string, std::string> alone;
  for (const int world_size : {1, 2, 3, 7}) {
    const CheckpointStore store(run(std::to_string(world_size)));
    store.take_incarnation();
    run_on_thread_ranks(world_size, [&](Communicator& ranks) {
      SavingRank rank(store, ranks);
      rank.save(5);
      EXPECT_EQ(rank.syncs, ranks.rank() == 0 ? 1 : 0);
      EXPECT_TRUE(rank.saver.seconds().has_value());
    });
    const auto files = files_in(store.folder_of(5));
    if (alone.empty()) alone = files;
    EXPECT_EQ(files, alone) << world_size;
    const LoadedCheckpoint loaded = store.open(5);
    EXPECT_EQ(loaded.tensors(kModelPart).size(), 3U);
    EXPECT_EQ(loaded.tensors(kOptimizerPart).size(), 5U);
    EXPECT_TRUE(loaded.tensors(kOptimizerPart).back().second.equal(at::full({10}, 6.0)));
  }
  EXPECT_TRUE(alone.contains("optimizer-00003-of-00003.safetensors"));
  EXPECT_TRUE(alone.contains("model.safetensors"));
}

TEST_F(CheckpointSaverTest, SavesTheStateAsItWasWhateverTheNextStepDoes) {
  std::promise<void> changed;
  std::shared_future<void> when_changed = changed.get_future().share();
  const RecordedFiles files({.before = [&](const FileStep& step) {
    if (step.kind == FileStep::Kind::kCreate && step.path.filename() == "model.safetensors") when_changed.wait();
  }});
  const CheckpointStore store(run(), files);
  store.take_incarnation();
  const auto alone = single_rank();
  SavingRank rank(store, *alone);
  rank.saver.begin(order_of(1));
  for (auto& [name, tensor] : rank.model) tensor.fill_(99.0);
  EXPECT_TRUE(rank.saver.busy());
  EXPECT_FALSE(rank.saver.seconds().has_value());
  changed.set_value();
  rank.saver.finish();
  EXPECT_FALSE(rank.saver.busy());
  EXPECT_TRUE(store.open(1).tensors(kModelPart)[0].second.equal(at::full({10}, 1.0)));
  rank.save(2);
  EXPECT_TRUE(store.open(2).tensors(kModelPart)[0].second.equal(at::full({10}, 99.0)));
}

TEST_F(CheckpointSaverTest, SyncsTheLogsBeforeItPublishes) {
  std::vector<std::string> order;
  const RecordedFiles files({.before = [&](const FileStep& step) {
    if (step.kind == FileStep::Kind::kRename) order.emplace_back("publish");
  }});
  const CheckpointStore store(run(), files);
  store.take_incarnation();
  order.clear();
  const auto alone = single_rank();
  Heartbeat heartbeat;
  CheckpointSaver saver(
      store, 1, tensors_of(1, 1), tensors_of(2, 1), [&] { order.emplace_back("sync"); }, *alone, heartbeat);
  saver.begin(order_of(1));
  saver.finish();
  EXPECT_THAT(order, ElementsAre("sync", "publish"));
}

TEST_F(CheckpointSaverTest, EndsOnEveryRankWithTheErrorOfAnyAndKeepsTheOlderOne) {
  for (const std::string failing : {"model.safetensors", "optimizer-00003-of-00003.safetensors", "trainer.json"}) {
    bool armed = false;
    const RecordedFiles files({.before = [&](const FileStep& step) {
      if (armed && step.kind == FileStep::Kind::kWrite && step.path.filename() == failing)
        throw_file_error(step.path, "write", ENOSPC);
    }});
    const CheckpointStore store(run(failing), files);
    store.take_incarnation();
    std::array<std::string, 3> errors;
    run_on_thread_ranks(3, [&](Communicator& ranks) {
      SavingRank rank(store, ranks);
      rank.save(1);
      ranks.barrier("arm");
      if (ranks.rank() == 0) armed = true;
      ranks.barrier("armed");
      try {
        rank.save(2);
      } catch (const Error& error) {
        errors[static_cast<std::size_t>(ranks.rank())] = error.what();
      }
    });
    for (const std::string& error : errors) EXPECT_THAT(error, HasSubstr("No space left")) << failing;
    EXPECT_THAT(CheckpointStore(run(failing)).list(), ElementsAre(1));
    EXPECT_TRUE(CheckpointStore(run(failing)).problems_of(1).empty());
  }
}

/// Storage that loses a bit of what is written into one file.
class ForgetfulFile : public OutputFile {
 public:
  explicit ForgetfulFile(std::unique_ptr<OutputFile> file) : file_(std::move(file)) {}
  void write(std::span<const std::byte> bytes) override {
    std::vector<std::byte> changed(bytes.begin(), bytes.end());
    if (!changed.empty()) changed.back() ^= std::byte{1};
    file_->write(changed);
  }
  void sync() override { file_->sync(); }
  void close() override { file_->close(); }

 private:
  std::unique_ptr<OutputFile> file_;
};

class ForgetfulFiles : public RecordedFiles {
 public:
  explicit ForgetfulFiles(std::string name) : name_(std::move(name)) {}
  std::unique_ptr<OutputFile> create(const fs::path& path) const override {
    std::unique_ptr<OutputFile> file = RecordedFiles::create(path);
    if (path.filename() != name_) return file;
    return std::make_unique<ForgetfulFile>(std::move(file));
  }

 private:
  std::string name_;
};

TEST_F(CheckpointSaverTest, FindsWhatTheStorageDidNotKeepBeforeItPublishes) {
  for (const std::string name :
       {"model.safetensors", "optimizer-00002-of-00003.safetensors", "trainer.json", "manifest.json"}) {
    const ForgetfulFiles files(name);
    const CheckpointStore store(run(name), files);
    store.take_incarnation();
    const auto alone = single_rank();
    SavingRank rank(store, *alone);
    EXPECT_THAT(
        [&] { rank.save(1); },
        ThrowsMessage<StorageError>(testing::AllOf(HasSubstr(name), HasSubstr("other bytes than were written"))));
    EXPECT_TRUE(store.list().empty()) << name;
  }
}

TEST_F(CheckpointSaverTest, FindsAKeptCheckpointThatWentBadAndKeepsOneMore) {
  const CheckpointStore store(run());
  store.take_incarnation();
  const auto alone = single_rank();
  SavingRank rank(store, *alone);
  for (const std::int64_t iteration : {1, 2}) rank.save(iteration);
  testing::internal::CaptureStdout();
  fs::resize_file(store.folder_of(2) / kModelPart, 8);
  rank.save(3);  // verifies 2, the one it never verified: 1 was verified after 2 was written
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("checkpoint of iteration 2 has gone bad"));
  EXPECT_THAT(store.list(), ElementsAre(1, 2, 3)) << "two that are sound, besides the damaged one";
  rank.save(4);
  EXPECT_THAT(store.list(), ElementsAre(3, 4));
}

TEST_F(CheckpointSaverTest, GivesUpASaveThatNeedsOtherRanksWhenTheRunEnds) {
  const CheckpointStore store(run());
  store.take_incarnation();
  run_on_thread_ranks(2, [&](Communicator& ranks) {
    SavingRank rank(store, ranks);
    rank.saver.begin(order_of(1));
  });
  EXPECT_TRUE(store.list().empty());
  const auto alone = single_rank();
  { SavingRank(store, *alone).saver.begin(order_of(2)); }
  EXPECT_THAT(store.list(), ElementsAre(2)) << "what needs nobody else is finished";
}

TEST(PartPlan, DependsOnSizesAlone) {
  const auto names = [](const std::vector<TensorPart>& parts) {
    std::vector<std::string> found;
    for (const TensorPart& part : parts) found.push_back(part.name);
    return found;
  };
  const NamedTensors five = tensors_of(0, 5);  // of 40 bytes each
  EXPECT_THAT(names(cut_into_parts("o.safetensors", five, 200)), ElementsAre("o.safetensors"));
  EXPECT_THAT(names(cut_into_parts("o.safetensors", five, 199)),
              ElementsAre("o-00001-of-00002.safetensors", "o-00002-of-00002.safetensors"));
  EXPECT_EQ(cut_into_parts("o.safetensors", five, 199)[0].tensors.size(), 4U);
  EXPECT_EQ(cut_into_parts("o.safetensors", five, 1).size(), 5U) << "a tensor is never cut";
  EXPECT_EQ(cut_into_parts("o.safetensors", {}, 1).size(), 1U) << "no tensors are an empty part";
}

TEST(PartPlan, GivesTheLargestPartsFirst) {
  const auto part = [](std::int64_t floats) { return TensorPart{"", {{"t", at::zeros({floats})}}}; };
  EXPECT_THAT(writers_of({part(3), part(9), part(4), part(2)}, 2), ElementsAre(1, 0, 1, 1));
  EXPECT_THAT(writers_of({part(3), part(3)}, 4), ElementsAre(0, 1));
}

TEST(PartPlan, KnowsThePartsOfAName) {
  EXPECT_TRUE(is_part_of("o.safetensors", "o.safetensors"));
  EXPECT_TRUE(is_part_of("o-00002-of-00011.safetensors", "o.safetensors"));
  for (const char* other : {"p-00002-of-00011.safetensors",
                            "o-0002-of-00011.safetensors",
                            "o-00002-of-00011.json",
                            "oo.safetensors",
                            "o-x0002-of-0011.safetensors"})
    EXPECT_FALSE(is_part_of(other, "o.safetensors")) << other;
}

}  // namespace
}  // namespace understudy
