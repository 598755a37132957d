#include "data_pipeline/shard_cache.h"

#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "data_pipeline/data_set.h"
#include "data_pipeline/frame_shard.h"
#include "data_pipeline/set_manifest.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;

class ShardCacheTest : public ::testing::Test {
 protected:
  ShardCacheTest() { write_tiny_set(set_, {.masks = true}, {.shard_bytes = 1}); }

  FileEntry entry(std::size_t shard) const { return read_set_manifest(set_ / kSetManifestName).shards[shard].file; }
  std::shared_ptr<const PlainFile> fetch(const ShardCache& cache, std::size_t shard) const {
    return cache.fetch(set_ / entry(shard).file, entry(shard));
  }
  fs::path copy_of(std::size_t shard) const { return cache_ / (entry(shard).sha256 + ".copy"); }
  std::uint64_t bytes(std::size_t shards) const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < shards; ++i) sum += entry(i).bytes;
    return sum;
  }

  TemporaryFolder folder_;
  fs::path set_ = folder_.path() / "set";
  fs::path cache_ = folder_.path() / "cache";
};

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30;
constexpr std::uint64_t kPage = 4096;

/// A disk of few bytes in memory.
class SmallDisk {
 public:
  SmallDisk(fs::path place, std::uint64_t bytes) : place_(std::move(place)) {
    there_ = ::mount("tmpfs", place_.c_str(), "tmpfs", 0, fmt::format("size={}", bytes).c_str()) == 0;
  }
  ~SmallDisk() {
    if (there_) ::umount2(place_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool is_there() const { return there_; }

 private:
  fs::path place_;
  bool there_ = false;
};

TEST_F(ShardCacheTest, KeepsACopyThatNeedsTheOriginalNoMore) {
  const ShardCache cache(cache_, kPlenty);
  const FileEntry first = entry(0);
  ASSERT_TRUE(fetch(cache, 0));
  EXPECT_EQ(read_file(copy_of(0)), read_file(set_ / first.file));
  fs::remove(set_ / first.file);
  EXPECT_TRUE(ShardCache(cache_, kPlenty).fetch(set_ / first.file, first));
}

TEST_F(ShardCacheTest, MakesRoomByWhatWasUsedLongestAgo) {
  const ShardCache cache(cache_, bytes(3));
  for (std::size_t i = 0; i < 3; ++i) ASSERT_TRUE(fetch(cache, i)) << i;
  const auto now = fs::file_time_type::clock::now();
  for (std::size_t i = 0; i < 3; ++i) fs::last_write_time(copy_of(i), now - std::chrono::hours(10 - i));
  ASSERT_TRUE(fetch(cache, 0));  // used again: shard 1 is the oldest now
  ASSERT_TRUE(fetch(cache, 3));
  EXPECT_TRUE(fs::exists(copy_of(0)));
  EXPECT_FALSE(fs::exists(copy_of(1)));
}

TEST_F(ShardCacheTest, MakesRoomOnAFullDisk) {
  fs::create_directory(cache_);
  const SmallDisk disk(cache_, bytes(3) + 3 * kPage);
  if (!disk.is_there()) GTEST_SKIP() << "mounting needs root";
  const ShardCache cache(cache_, kPlenty);
  for (std::size_t i = 0; i < 3; ++i) ASSERT_TRUE(fetch(cache, i)) << i;
  const auto now = fs::file_time_type::clock::now();
  for (std::size_t i = 0; i < 3; ++i) fs::last_write_time(copy_of(i), now - std::chrono::hours(10 - i));
  const auto held = fetch(cache, 0);
  ASSERT_TRUE(fetch(cache, 3));
  EXPECT_TRUE(fs::exists(copy_of(0)));
  EXPECT_FALSE(fs::exists(copy_of(1)));
  FileEntry huge = entry(4);
  huge.bytes = bytes(6);
  EXPECT_FALSE(cache.fetch(set_ / huge.file, huge));
  EXPECT_TRUE(fs::exists(copy_of(3)));  // nothing makes way in vain
}

TEST_F(ShardCacheTest, RemovesNothingThatIsInUse) {
  const ShardCache cache(cache_, bytes(1) + 100);
  const auto held = fetch(cache, 0);
  ASSERT_TRUE(held);
  EXPECT_FALSE(fetch(cache, 1));
  EXPECT_TRUE(fs::exists(copy_of(0)));
  EXPECT_FALSE(ShardCache(cache_, 10).fetch(set_ / entry(1).file, entry(1)));
}

TEST_F(ShardCacheTest, MakesADamagedCopyAgainAndKeepsNoneOfADamagedOriginal) {
  const ShardCache cache(cache_, kPlenty);
  fetch(cache, 0);
  flip_byte(copy_of(0), 3);
  EXPECT_TRUE(fetch(cache, 0));
  EXPECT_EQ(read_file(copy_of(0)), read_file(set_ / entry(0).file));
  flip_byte(set_ / entry(1).file, entry(1).bytes - 5);
  EXPECT_FALSE(fetch(cache, 1));
  EXPECT_FALSE(fs::exists(copy_of(1)));
}

TEST_F(ShardCacheTest, ClearsAwayWhatADeadProcessLeft) {
  const ShardCache cache(cache_, bytes(1) + 100);
  write_file_atomically(cache_ / (entry(0).sha256 + ".copy.partial"), "half");
  write_file_atomically(cache_ / (std::string(64, 'f') + ".copy.partial"), std::string(bytes(1), 'x'));
  EXPECT_TRUE(fetch(cache, 0));
  EXPECT_FALSE(fs::exists(cache_ / (std::string(64, 'f') + ".copy.partial")));
}

TEST_F(ShardCacheTest, IsSharedByAllWhoFetchAtOnce) {
  const ShardCache cache(cache_, kPlenty);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 6; ++i) fetch(cache, (i + static_cast<std::size_t>(t)) % 6);
    });
  }
  threads.clear();
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(fetch(cache, i));
    EXPECT_EQ(read_file(copy_of(i)), read_file(set_ / entry(i).file));
  }
}

TEST_F(ShardCacheTest, LeavesACopyThatFailsItsChecksum) {
  const ShardCache cache(cache_, kPlenty);
  const DataSet set = DataSet::open(set_, {.landmarks = true, .masks = true});
  const CopyCounts counts = set.use_cache(cache, 1, 2, {});
  EXPECT_EQ(counts.copies, counts.files);
  for (const auto& shard : read_set_manifest(set_ / kSetManifestName).shards) fs::remove(set_ / shard.file.file);
  const std::vector<std::byte> wanted = set.read_frame({0, 1});  // names are gone, descriptors stay
  const FrameShard shard(copy_of(0), 0);
  flip_byte(copy_of(0), shard.frame_offset(1) + 20);
  EXPECT_EQ(set.read_frame({0, 1}), wanted);
  EXPECT_FALSE(fs::exists(copy_of(0)));
  EXPECT_EQ(set.read_frame({0, 1}), wanted);
}

TEST_F(ShardCacheTest, SaysWhenItsFolderCannotBeWritten) {
  write_file_atomically(folder_.path() / "file", "");
  EXPECT_THROW(ShardCache(folder_.path() / "file" / "cache", kPlenty), FileError);
}

}  // namespace
}  // namespace understudy
