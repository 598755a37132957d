#include "data_pipeline/set_manifest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

FileEntry file_entry(const std::string& name, std::uint64_t bytes, char digit) {
  const std::string sha256(64, digit);
  return {name, bytes, sha256, {}, sha256};
}

SetManifest example() {
  SetManifest manifest;
  manifest.fingerprint = std::string(64, 'f');
  manifest.source = "a \"quoted\" \\ name\n";
  manifest.packer = "understudy 9";
  manifest.packer_config_sha256 = std::string(64, '0');
  manifest.identities = 1;
  manifest.videos = 2;
  manifest.clips = 3;
  manifest.frames = 4;
  manifest.index = file_entry("index.h5", 5, '1');
  manifest.shards = {{2, file_entry("frames-00002.h5", 6, '2'), 3, 4}};
  manifest.shards[0].file.payload = {{1, 2}, {4, 1}};
  manifest.shards[0].file.structure_sha256 = std::string(64, '4');
  manifest.annotations = {{AnnotationKind::kMask, 2, file_entry("frames-00002.mask.h5", 7, '3')}};
  manifest.records = {file_entry("rejected.tsv", 8, '5')};
  return manifest;
}

class SetManifestTest : public ::testing::Test {
 protected:
  std::string error_with(const std::string& old_text, const std::string& new_text) {
    write_set_manifest(path_, example());
    std::string text = read_file(path_);
    text.erase(0, text.find('\n') + 1);
    text.replace(text.find(old_text), old_text.size(), new_text);
    write_file_atomically(path_, sealed(text));
    return message_of([&] { read_set_manifest(path_); });
  }
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "set.toml";
};

TEST_F(SetManifestTest, ComesBackAsWritten) {
  write_set_manifest(path_, example());
  const std::string text = read_file(path_);
  const SetManifest read = read_set_manifest(path_);
  EXPECT_EQ(read.source, example().source);
  EXPECT_EQ(read.shards[0].file.bytes, 6U);
  EXPECT_EQ(read.annotations[0].kind, AnnotationKind::kMask);
  EXPECT_THAT(read.shards[0].file.payload, ElementsAre(ByteRange{1, 2}, ByteRange{4, 1}));
  EXPECT_EQ(read.records[0].file, "rejected.tsv");
  EXPECT_EQ(read.place_of(2), 0U);
  EXPECT_EQ(read.place_of(0), 1U);
  write_set_manifest(path_, read);
  EXPECT_EQ(read_file(path_), text);
}

TEST_F(SetManifestTest, NamesTheKeyThatIsWrong) {
  EXPECT_THAT(error_with("clips = 3\nframes = 4\n\n[index]", "clips = 3\n\n[index]"),
              AllOf(HasSubstr("set.toml: frames is missing"), HasSubstr("restore the manifest")));
  EXPECT_THAT(error_with("bytes = 6", "bytes = -6"),
              HasSubstr("set.toml: shard 0: bytes is missing or no number from 0 on"));
  EXPECT_THAT(error_with("understudy.set", "other.set"), HasSubstr("format = \"other.set\" is not \"understudy.set\""));
  EXPECT_THAT(error_with("shard = 2", "shard = 9"), HasSubstr("annotation 0: shard = 9 does not exist among 1 shards"));
  EXPECT_THAT(error_with("[1, 0]", "[3, 1]"), HasSubstr("format version 3.1"));
  EXPECT_THAT(error_with("[1, 0]", "[1]"), HasSubstr("is not [major, minor]"));
  EXPECT_THAT(error_with("[[shard]]", "[[shards]]"), HasSubstr("lists no shard"));
  EXPECT_THAT(error_with(std::string(64, '2'), "22"), HasSubstr("sha256 has not 64"));
  for (const auto* bad : {"[4, 1, 1, 2]", "[1, 2, 4]", "[1, 6]", "[1, -2]"}) {
    EXPECT_THAT(error_with("[1, 2, 4, 1]", bad), HasSubstr("shard 0: payload is no list")) << bad;
  }
}

TEST_F(SetManifestTest, FindsEveryChangedByte) {
  write_set_manifest(path_, example());
  const std::string text = read_file(path_);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    write_file_atomically(path_, changed);
    EXPECT_THAT(message_of([&] { read_set_manifest(path_); }), HasSubstr("checksum")) << i;
  }
}

TEST_F(SetManifestTest, NamesTheLineThatIsNoToml) {
  EXPECT_THAT(error_with("clips = 3", "clips = = 3"), AllOf(HasSubstr("set.toml:11: is no valid TOML")));
}

TEST_F(SetManifestTest, NeverLeadsOutOfItsFolder) {
  EXPECT_THAT(error_with("\"index.h5\"", "\"../index.h5\""), HasSubstr("no file name within the set's folder"));
}

TEST_F(SetManifestTest, LeavesOutKindsOfLaterVersions) {
  EXPECT_EQ(error_with("kind = \"mask\"", "kind = \"gaze\""), "");
  EXPECT_TRUE(read_set_manifest(path_).annotations.empty());
}

TEST_F(SetManifestTest, ClearsAwayWhatKilledWritersLeftAndNothingOfLivingOnes) {
  const std::filesystem::path left = folder_.path() / "set.toml.tmp.999999999";  // above every process number
  const std::filesystem::path living = folder_.path() / fmt::format("set.toml.tmp.{}", ::getppid());
  write_file_atomically(left, "half");
  write_file_atomically(living, "half");
  write_set_manifest(path_, example());
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::exists(living));
}

TEST_F(SetManifestTest, IsFoundByFolderOrByName) {
  write_set_manifest(path_, example());
  EXPECT_EQ(find_manifest(folder_.path()), path_);
  EXPECT_EQ(find_manifest(path_), path_);
  EXPECT_THAT(message_of([&] { find_manifest(folder_.path() / "other.toml"); }),
              HasSubstr("other.toml\"; write one with"));
  EXPECT_THAT(message_of([&] { find_manifest(folder_.path() / "none"); }), HasSubstr("none/set.toml\""));
}

TEST_F(SetManifestTest, ComparesSizes) {
  write_file_atomically(folder_.path() / "index.h5", "12345");
  EXPECT_EQ(size_problem(folder_.path(), file_entry("index.h5", 5, '1')), "");
  EXPECT_THAT(size_problem(folder_.path(), file_entry("index.h5", 6, '1')),
              AllOf(HasSubstr("has 5 bytes where the manifest says 6"), HasSubstr("cut short")));
  EXPECT_THAT(size_problem(folder_.path(), file_entry("gone.h5", 6, '1')), HasSubstr("gone.h5: cannot be read"));
}

}  // namespace
}  // namespace understudy
