#include "trainer/set_copies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/set_manifest.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

class SetCopies : public testing::Test {
 protected:
  SetCopies() { write_tiny_set(set_, {.side = 16}, {.shard_bytes = 1}); }

  std::jthread copy() {
    return copy_sets(config_, {std::make_shared<const DataSet>(DataSet::open(set_, {.landmarks = true}))}, *ranks_);
  }

  TemporaryFolder place_;
  fs::path set_ = place_.path() / "set";
  RunConfig config_;
  std::unique_ptr<Communicator> ranks_ = single_rank();
};

TEST_F(SetCopies, AreMadeOfAllFilesThatTheRunReads) {
  config_.cache = (place_.path() / "cache").string();
  copy().join();
  const SetManifest manifest = read_set_manifest(set_ / kSetManifestName);
  ASSERT_GT(manifest.shards.size(), 1U);
  const auto is_copied = [&](const FileEntry& entry) {
    return fs::exists(place_.path() / "cache" / (entry.sha256 + ".copy"));
  };
  for (const ShardEntry& shard : manifest.shards) EXPECT_TRUE(is_copied(shard.file)) << shard.file.file;
  for (const AnnotationEntry& annotation : manifest.annotations)
    EXPECT_EQ(is_copied(annotation.file), annotation.kind == AnnotationKind::kLandmark68) << annotation.file.file;
}

TEST_F(SetCopies, AreNotMadeUnlessTheConfigurationNamesAFolder) {
  EXPECT_FALSE(copy().joinable());
}

TEST_F(SetCopies, NameTheKeyOfAFolderThatCannotBeMade) {
  write_file_atomically(place_.path() / "file", "");
  config_.cache = (place_.path() / "file" / "cache").string();
  try {
    copy();
    FAIL() << "nothing was said";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("data.cache"));
  }
}

}  // namespace
}  // namespace understudy
