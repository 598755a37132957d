#include "checkpoints/store.h"

#include <csignal>
#include <fstream>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sys/resource.h>

#include "checkpoints/incarnation.h"
#include "checkpoints/retention.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/log.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// What is logged while it lives.
class CapturedLog {
 public:
  CapturedLog() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~CapturedLog() { spdlog::set_default_logger(before_); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

Manifest write_parts(const PendingCheckpoint& pending, double value) {
  Manifest manifest;
  manifest.code_version = "1.2.3";
  manifest.config = "seed = 1\n";
  manifest.data_fingerprints["train"] = "abc";
  manifest.metrics_bytes = 77;
  manifest.parts.push_back(pending.write_tensors(kModelPart, {{"w", at::full({64}, value)}}));
  manifest.parts.push_back(pending.write_tensors(kOptimizerPart, {{"w.exp_avg", at::full({64}, value)}}));
  manifest.parts.push_back(pending.write_text(kTrainerPart, "{\"best\": 1}"));
  return manifest;
}

class CheckpointStoreTest : public testing::Test {
 protected:
  void publish(std::int64_t iteration, double value = 0) {
    const auto pending = store.begin(iteration, incarnation);
    pending->publish(write_parts(*pending, value));
  }
  double newest_value() const { return store.newest_intact()->tensors(kModelPart)[0].second[0].item<double>(); }
  /// As a newer program would leave it, as far as this one can tell.
  void make_newer(std::int64_t iteration) const {
    Manifest manifest = read_manifest(store.folder_of(iteration));
    manifest.format_version = kCheckpointVersion + 1;
    write_file_atomically(store.folder_of(iteration) / kManifestName, write_manifest(manifest));
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder.path() / "checkpoints"))
      found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

  TemporaryFolder folder;
  CheckpointStore store{folder.path()};
  std::uint64_t incarnation = store.take_incarnation();
};

TEST_F(CheckpointStoreTest, AnEmptyRunHasNone) {
  EXPECT_TRUE(store.list().empty());
  EXPECT_FALSE(store.newest_intact());
  EXPECT_FALSE(CheckpointStore(folder.path() / "not there").newest_intact());
}

TEST_F(CheckpointStoreTest, GivesBackWhatWasPublished) {
  publish(41000, 2.5);
  EXPECT_THAT(names(), ElementsAre("000041000"));
  const auto checkpoint = store.newest_intact();
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->manifest().iteration, 41000);
  EXPECT_EQ(checkpoint->manifest().incarnation, incarnation);
  EXPECT_EQ(checkpoint->manifest().metrics_bytes, 77U);
  EXPECT_EQ(checkpoint->text(kTrainerPart), "{\"best\": 1}");
  EXPECT_TRUE(at::equal(checkpoint->tensors(kOptimizerPart)[0].second, at::full({64}, 2.5)));
  EXPECT_THAT([&] { checkpoint->text("notes.txt"); },
              ThrowsMessage<CheckpointError>(HasSubstr("no part \"notes.txt\"")));
}

TEST_F(CheckpointStoreTest, AnUnpublishedOneLeavesNothing) {
  publish(1, 1);
  {
    const auto pending = store.begin(2, incarnation);
    write_parts(*pending, 2);
  }
  EXPECT_THAT(names(), ElementsAre("000000001"));
}

TEST_F(CheckpointStoreTest, PublishesAgainOverTheSameIteration) {
  publish(5, 1);
  publish(5, 2);
  EXPECT_THAT(names(), ElementsAre("000000005"));
  EXPECT_EQ(newest_value(), 2);
}

/// Cuts or flips one file of a checkpoint.
enum class Damage { kCut, kFlip, kExtend, kRemove };

void damage(const fs::path& path, Damage kind) {
  std::string bytes = read_file(path);
  if (kind == Damage::kRemove) {
    fs::remove(path);
    return;
  }
  if (kind == Damage::kCut) bytes.resize(bytes.size() / 2);
  if (kind == Damage::kExtend) bytes += '\0';
  if (kind == Damage::kFlip) bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
  std::ofstream(path, std::ios::binary) << bytes;
}

class CheckpointDamage : public CheckpointStoreTest,
                         public testing::WithParamInterface<std::tuple<const char*, Damage>> {};

TEST_P(CheckpointDamage, FallsBackToTheNewestIntactOneWithAWarning) {
  const auto& [part, kind] = GetParam();
  publish(1, 1);
  publish(2, 2);
  publish(3, 3);
  damage(store.folder_of(3) / part, kind);
  const CapturedLog log;
  EXPECT_EQ(newest_value(), 2);
  EXPECT_THAT(log.text(), AllOf(HasSubstr("checkpoint of iteration 3 is passed over"), HasSubstr(part)));
  EXPECT_THAT([&] { store.open(3); }, ThrowsMessage<CheckpointError>(HasSubstr(part)));
}

INSTANTIATE_TEST_SUITE_P(
    EveryFile,
    CheckpointDamage,
    testing::Combine(testing::Values("manifest.json", "model.safetensors", "optimizer.safetensors", "trainer.json"),
                     testing::Values(Damage::kCut, Damage::kFlip, Damage::kRemove)));

TEST_F(CheckpointStoreTest, AnExtendedPartIsDamagedToo) {
  publish(1, 1);
  damage(store.folder_of(1) / kModelPart, Damage::kExtend);
  EXPECT_FALSE(store.newest_intact());
}

TEST_F(CheckpointStoreTest, AFileThatTheManifestDoesNotNameIsNoPart) {
  publish(1, 1);
  std::ofstream(store.folder_of(1) / "stray.safetensors") << "rubbish";
  EXPECT_TRUE(store.newest_intact());
}

TEST_F(CheckpointStoreTest, ARenamedCheckpointIsNotTakenForANewerOne) {
  publish(1, 1);
  publish(2, 2);
  fs::rename(store.folder_of(1), store.folder_of(9));
  EXPECT_EQ(newest_value(), 2);
}

TEST_F(CheckpointStoreTest, OneOfANewerProgramIsNeitherPassedOverNorRemoved) {
  publish(1, 1.0);
  publish(2, 2.0);
  publish(3, 3.0);
  make_newer(2);
  EXPECT_EQ(newest_value(), 3.0) << "it is not needed";
  fs::remove(store.folder_of(3) / kTrainerPart);
  EXPECT_THAT([&] { static_cast<void>(store.newest_intact()); },
              ThrowsMessage<NewerVersionError>(AllOf(HasSubstr(store.folder_of(2).string()),
                                                     HasSubstr(fmt::format("version {}", kCheckpointVersion + 1)),
                                                     HasSubstr(fmt::format("reads 1 to {}", kCheckpointVersion)),
                                                     HasSubstr("use the understudy that wrote it (1.2.3)"))));
  publish(3, 3.0);
  publish(4, 4.0);
  EXPECT_THAT(apply_retention(store, {.keep_newest = 1, .keep_every = 0, .best = {}}, incarnation), ElementsAre(1, 3));
  EXPECT_THAT(store.list(), ElementsAre(2, 4));
}

TEST_F(CheckpointStoreTest, ALaterStartListsOneOfANewerProgramForIt) {
  publish(1);
  make_newer(1);
  store.take_incarnation();
  EXPECT_FALSE(superseded_by(folder.path(), 1, incarnation))
      << "the newer program would take it for published too late";
}

TEST_F(CheckpointStoreTest, ADamagedVersionIsDamage) {
  publish(1, 1.0);
  publish(2, 2.0);
  const fs::path manifest = store.folder_of(2) / kManifestName;
  std::string text = read_file(manifest);
  const std::string before = fmt::format("\"format_version\": {}", kCheckpointVersion);
  text.replace(text.find(before), before.size(), fmt::format("\"format_version\": {}", kCheckpointVersion + 8));
  write_file_atomically(manifest, text);
  EXPECT_EQ(newest_value(), 1.0);
}

TEST_F(CheckpointStoreTest, AKilledWriterLeavesTheOldOneAndItsRestIsRemoved) {
  publish(1, 1);
  const fs::path rest = folder.path() / "checkpoints" / ".tmp-000000002-1";
  fs::copy(store.folder_of(1), rest);
  EXPECT_EQ(newest_value(), 1);
  fs::copy(rest, folder.path() / "checkpoints" / ".removed-000000003-1");
  store.take_incarnation();
  EXPECT_THAT(names(), ElementsAre("000000001"));
}

TEST_F(CheckpointStoreTest, AKillBetweenTheTwoRenamesOfAReplacementRestoresTheOldOne) {
  publish(7, 7);
  fs::rename(store.folder_of(7), folder.path() / "checkpoints" / ".old-000000007-1");
  fs::create_directory(folder.path() / "checkpoints" / ".tmp-000000007-1");
  store.take_incarnation();
  EXPECT_THAT(names(), ElementsAre("000000007"));
  EXPECT_EQ(newest_value(), 7);
}

TEST_F(CheckpointStoreTest, ALaterStartStopsAnEarlierOne) {
  const auto pending = store.begin(2, incarnation);
  Manifest manifest = write_parts(*pending, 2);
  CheckpointStore later(folder.path());
  EXPECT_EQ(later.take_incarnation(), incarnation + 1);
  EXPECT_THAT([&] { pending->publish(manifest); }, ThrowsMessage<CheckpointError>(HasSubstr("a later start 2 owns")));
  EXPECT_THAT([&] { store.begin(3, incarnation); },
              ThrowsMessage<CheckpointError>(HasSubstr("a later start 2 owns this run, this is start 1")));
  EXPECT_THROW(apply_retention(store, {}, incarnation), CheckpointError);
  EXPECT_TRUE(later.list().empty());
}

TEST_F(CheckpointStoreTest, WhatAnEarlierStartStillPublishedIsPassedOver) {
  publish(1, 1);
  publish(2, 2);
  const fs::path kept_back = folder.path() / "late";
  fs::rename(store.folder_of(2), kept_back);
  CheckpointStore later(folder.path());
  later.take_incarnation();
  fs::rename(kept_back, store.folder_of(2));  // the rename of a node that was cut off arrives only now
  const CapturedLog log;
  EXPECT_EQ(newest_value(), 1);
  EXPECT_THAT(log.text(), HasSubstr("was published by start 1 after start 2 had taken over"));
}

TEST_F(CheckpointStoreTest, EarlierCheckpointsStayValidForEveryLaterStart) {
  publish(1, 1);
  for (int start = 0; start < 3; ++start) store.take_incarnation();
  EXPECT_EQ(newest_value(), 1);
}

TEST_F(CheckpointStoreTest, AFullDiskKeepsTheOlderCheckpoint) {
  publish(1, 1);
  {
    const auto pending = store.begin(2, incarnation);
    fs::create_symlink("/dev/full", pending->folder() / kModelPart);
    EXPECT_THAT([&] { write_parts(*pending, 2); },
                ThrowsMessage<FileError>(
                    AllOf(HasSubstr("model.safetensors"), HasSubstr("No space left on device; free space"))));
  }
  EXPECT_THAT(names(), ElementsAre("000000001"));
  EXPECT_EQ(newest_value(), 1);
}

/// Lets no file of this process grow beyond `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(CheckpointStoreTest, AWriteThatEndsHalfWayKeepsTheOlderCheckpoint) {
  publish(1, 1);
  {
    const auto pending = store.begin(2, incarnation);
    const FileSizeLimit limit(200);
    EXPECT_THROW(write_parts(*pending, 2), FileError);
  }
  EXPECT_THAT(names(), ElementsAre("000000001"));
}

TEST_F(CheckpointStoreTest, AManifestThatCannotBeWrittenKeepsTheOlderCheckpoint) {
  publish(1, 1);
  {
    const auto pending = store.begin(1, incarnation);
    const Manifest manifest = write_parts(*pending, 2);
    fs::create_symlink("/dev/full", pending->folder() / kManifestName);
    EXPECT_THROW(pending->publish(manifest), FileError);
  }
  EXPECT_EQ(newest_value(), 1);
}

TEST_F(CheckpointStoreTest, RefusesAPartThatIsNotWhatItsWriterStated) {
  const auto pending = store.begin(1, incarnation);
  Manifest manifest = write_parts(*pending, 1);
  manifest.parts[0].size += 1;
  EXPECT_THAT([&] { pending->publish(manifest); },
              ThrowsMessage<CheckpointError>(HasSubstr("do all ranks share this file system")));
  EXPECT_TRUE(store.list().empty());
}

}  // namespace
}  // namespace understudy
