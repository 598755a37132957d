#include "data_pipeline/packer/packer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

/// Four clips, each a folder of two pictures and a shard of its own, two in the official train set and two in test.
class PackerTest : public testing::Test {
 protected:
  PackerTest() {
    for (const char* name : {"train/id1#v1#1", "train/id2#v1#1", "test/id3#v1#1", "test/id4#v1#1"}) write_clip(name);
    request_.input = root() / "in";
    request_.out = root() / "out";
    request_.settings.shard_mebibytes = 0.001;
    request_.settings.split = SplitKind::kFolder;
  }
  const fs::path& root() const { return folder_.path(); }

  void write_clip(const std::string& name) const {
    const std::vector<std::byte> jpeg = encode_jpeg(tiny_picture(32, 32, 7, 1), 90);
    fs::create_directories(root() / "in" / name);
    for (const char* frame : {"0.jpg", "1.jpg"}) {
      write_file_atomically(root() / "in" / name / frame, {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
    }
  }
  void spoil_clip(const std::string& name) const {
    for (const auto& frame : fs::directory_iterator(root() / "in" / name)) write_file_atomically(frame, "no picture");
  }

  PackCounts pack() const { return pack(request_); }
  static PackCounts pack(const PackRequest& request) {
    Packer packer(request);
    packer.plan();
    packer.work(packer.pending(), {});
    return packer.merge();
  }
  /// Packs the first shard and goes no further, as a process that is killed.
  void break_off() const {
    Packer packer(request_);
    packer.plan();
    packer.work(std::vector<std::size_t>{0}, {});
  }

  TemporaryFolder folder_;
  PackRequest request_;
};

TEST_F(PackerTest, NamesAllPathsThatAreNotThereAtOnce) {
  request_.metadata = root() / "no.csv";
  request_.annotations.landmarks = root() / "no-landmarks";
  request_.split_lists = {root() / "no-list.csv"};
  EXPECT_THAT(
      [&] { pack(); },
      testing::ThrowsMessage<ConfigError>(AllOf(
          HasSubstr("--metadata"), HasSubstr("--landmarks"), HasSubstr("--split-list"), Not(HasSubstr("--videos")))));
  EXPECT_FALSE(fs::exists(request_.out));
}

TEST_F(PackerTest, GoesOnWhereItWasBrokenOff) {
  break_off();
  Packer packer(request_);
  packer.plan();
  EXPECT_THAT(packer.pending(), SizeIs(3));
  packer.work(packer.pending(), {});
  EXPECT_EQ(packer.merge().packed, 4U);
  EXPECT_TRUE(fs::exists(root() / "out" / "train" / "set.toml"));
}

TEST_F(PackerTest, GoesOnWithTheSameInputAndAnnotationsOnly) {
  fs::create_directory(root() / "kp");
  request_.annotations.landmarks = root() / "kp";
  break_off();
  request_.annotations.landmarks.clear();
  request_.settings.frames.jpeg_quality = 50;
  EXPECT_THAT(message_of([&] { pack(); }),
              AllOf(HasSubstr("out: was begun with other options"),
                    HasSubstr("frames.jpeg_quality: 95 at its beginning, 50 now"),
                    HasSubstr("kp at its beginning, nothing now")));
}

TEST_F(PackerTest, IsAloneInItsFolder) {
  Packer first(request_);
  first.plan();
  EXPECT_THAT(message_of([&] { pack(); }), HasSubstr("another pack is at work here"));
  Packer second_worker(request_);
  second_worker.join();
  second_worker.work(first.pending(), {});
  EXPECT_EQ(first.merge().packed, 4U);
}

TEST_F(PackerTest, AMistakeLeavesNoFolderBehind) {
  write_file_atomically(root() / "list.csv", "id9\ttrain\n");  // none of the clips
  request_.settings.split = SplitKind::kLists;
  request_.split_lists = {root() / "list.csv"};
  EXPECT_THAT(message_of([&] { pack(); }), HasSubstr("there is no clip to pack"));
  EXPECT_FALSE(fs::exists(request_.out));
}

TEST_F(PackerTest, MendingASplitOfRejectedClipsMakesItsSet) {
  spoil_clip("test/id3#v1#1");
  spoil_clip("test/id4#v1#1");
  EXPECT_THAT(
      message_of([&] { pack(); }),
      AllOf(HasSubstr("out/test: every clip was rejected"), HasSubstr("test/id4#v1#1"), HasSubstr("out/rejected.tsv")));
  EXPECT_TRUE(fs::exists(root() / "out" / "train" / "set.toml"));
  EXPECT_THAT(read_file(root() / "out" / "rejected.tsv"), HasSubstr("test/id3#v1#1"));
  write_clip("test/id3#v1#1");
  const PackCounts counts = pack();
  EXPECT_EQ(counts.packed, 3U);
  EXPECT_EQ(counts.rejected, 1U);
  EXPECT_THAT(read_file(root() / "out" / "rejected.tsv"), Not(HasSubstr("test/id3#v1#1")));
}

TEST_F(PackerTest, ShowsTwentyReasonsAtMost) {
  fs::remove_all(root() / "in");
  for (int i = 10; i < 33; ++i) {
    write_clip(fmt::format("id{}#v1#1", i));
    spoil_clip(fmt::format("id{}#v1#1", i));
  }
  request_.settings.split = SplitKind::kNone;
  request_.settings.shard_mebibytes = 1;
  EXPECT_THAT(message_of([&] { pack(); }),
              AllOf(HasSubstr("id29#v1#1"), Not(HasSubstr("id30#v1#1")), HasSubstr("and 3 more")));
  EXPECT_THAT(read_file(root() / "out" / "rejected.tsv"), HasSubstr("id32#v1#1"));
}

TEST_F(PackerTest, TakesAFinishedSetAsItsManifestSays) {
  spoil_clip("test/id3#v1#1");
  pack();
  for (const auto& file : fs::directory_iterator(root() / "out" / "packing")) {
    if (file.path().extension() == ".done") fs::remove(file);
  }
  const PackCounts counts = pack();
  EXPECT_EQ(counts.packed, 3U);
  EXPECT_EQ(counts.frames, 6U);
  EXPECT_EQ(counts.rejected, 1U);
  EXPECT_THAT(read_file(root() / "out" / "rejected.tsv"), HasSubstr("test/id3#v1#1\tdamaged"));
  fs::resize_file(root() / "out" / "train" / "frames-00001.h5", 100);
  EXPECT_THAT(message_of([&] { pack(); }),
              AllOf(HasSubstr("train/frames-00001.h5: is missing or not of the size"), HasSubstr("shard repair")));
}

}  // namespace
}  // namespace understudy
