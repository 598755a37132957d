#include "data_pipeline/packer/shard_receipt_file.h"

#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

class ShardReceiptFileTest : public ::testing::Test {
 protected:
  ShardReceiptFileTest() {
    ShardWriter writer(folder_.path(), 3, options_);
    writer.add(tiny_clip({.masks = true}, 0, 0));
    writer.add(tiny_clip({.masks = true}, 0, 1));
    shard_.receipt = writer.close();
    shard_.rejections = {{"\xFFname.mp4", RejectionReason::kDamaged, "at frame 3"}};  // not UTF-8
  }
  std::optional<PackedShard> read() const { return read_packed_shard(path_, folder_.path()); }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "set-00003.done";
  SetOptions options_;
  PackedShard shard_;
};

TEST_F(ShardReceiptFileTest, ComesBackAsWritten) {
  write_packed_shard(path_, shard_);
  const auto found = read();
  ASSERT_TRUE(found && found->receipt);
  EXPECT_EQ(found->receipt->shard.number, 3U);
  EXPECT_EQ(found->receipt->shard.file.sha256, shard_.receipt->shard.file.sha256);
  EXPECT_EQ(found->receipt->shard.file.payload, shard_.receipt->shard.file.payload);
  EXPECT_EQ(found->receipt->annotations.size(), 2U);
  EXPECT_EQ(found->receipt->clips[1].content_crc, shard_.receipt->clips[1].content_crc);
  EXPECT_EQ(found->rejections.at(0).source, "\xFFname.mp4");
}

TEST_F(ShardReceiptFileTest, RemembersThatNothingWasLeft) {
  write_packed_shard(path_, {std::nullopt, shard_.rejections});
  const auto found = read();
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->receipt.has_value());
}

TEST_F(ShardReceiptFileTest, CountsForNothingWhenItOrAFileIsNotWhole) {
  EXPECT_FALSE(read().has_value());
  write_packed_shard(path_, shard_);
  const std::string text = read_file(path_);
  for (const std::size_t length : {std::size_t{0}, text.find('\n') / 2, text.find('\n')}) {
    write_file_atomically(path_, text.substr(0, length));
    EXPECT_FALSE(read().has_value()) << length;
  }
  write_file_atomically(path_, text);
  EXPECT_TRUE(read().has_value());
  std::filesystem::resize_file(folder_.path() / "frames-00003.mask.h5", 5);
  EXPECT_FALSE(read().has_value());
}

}  // namespace
}  // namespace understudy
