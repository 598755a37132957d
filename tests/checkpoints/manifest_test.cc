#include "checkpoints/manifest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Manifest example() {
  Manifest manifest;
  manifest.iteration = 41000;
  manifest.incarnation = 3;
  manifest.code_version = "0.1.0";
  manifest.config = "seed = 1\nname = \"\xC3\xA9\"\n";
  manifest.data_fingerprints = {{"train", "abc"}};
  manifest.metrics_bytes = 12345;
  manifest.events_bytes = 678;
  manifest.metrics_sha256 = std::string(64, 'c');
  manifest.parts = {{"model.safetensors", 10, std::string(64, 'a')}, {"trainer.json", 2, std::string(64, 'b')}};
  return manifest;
}

TEST(Manifest, ComesBackAsItWasWritten) {
  const Manifest manifest = parse_manifest(write_manifest(example()), "manifest.json");
  EXPECT_EQ(manifest.iteration, 41000);
  EXPECT_EQ(manifest.incarnation, 3U);
  EXPECT_EQ(manifest.config, example().config);
  EXPECT_EQ(manifest.data_fingerprints, example().data_fingerprints);
  EXPECT_EQ(manifest.metrics_bytes, 12345U);
  EXPECT_EQ(manifest.events_bytes, 678U);
  EXPECT_EQ(manifest.metrics_sha256, std::string(64, 'c'));
  EXPECT_EQ(manifest.parts, example().parts);
  EXPECT_EQ(manifest.find_part("trainer.json")->size, 2U);
  EXPECT_EQ(manifest.find_part("other"), nullptr);
}

/// A manifest of that text with a checksum that fits it.
std::string sealed(const std::string& text) {
  return text.substr(0, text.size() - 3) + ",\n  \"manifest_sha256\": \"" + sha256_hex(text) + "\"\n}\n";
}

/// The example with one text replaced, sealed anew.
std::string changed(const std::string& from, const std::string& to) {
  std::string json = write_manifest(example());
  json = json.substr(0, json.rfind(",\n")) + "\n}\n";
  EXPECT_EQ(sealed(json), write_manifest(example()));
  return sealed(json.replace(json.find(from), from.size(), to));
}

TEST(Manifest, SaysWhatIsWrongWithIt) {
  const auto expect = [](const std::string& json, const char* reason) {
    EXPECT_THAT([&] { parse_manifest(json, "x/manifest.json"); },
                ThrowsMessage<CheckpointError>(testing::AllOf(HasSubstr("x/manifest.json"), HasSubstr(reason))));
  };
  expect(sealed("{x\n}\n"), "not valid JSON");
  const auto version = [](int number) { return fmt::format("\"format_version\": {}", number); };
  expect(changed(version(kCheckpointVersion), version(kCheckpointVersion + 1)),
         fmt::format("format version {}, of which this program reads 1 to {}; use the understudy that wrote it",
                     kCheckpointVersion + 1,
                     kCheckpointVersion)
             .c_str());
  expect(changed(version(kCheckpointVersion), version(0)), "format version 0, which there never was");
  expect(changed("understudy.checkpoint", "something.else"), "is not the manifest of a checkpoint");
  expect(changed("\"iteration\": 41000", "\"iteration\": -1"), "\"iteration\" is -1 where a count");
  expect(changed("\"iteration\": 41000", "\"iteration\": \"x\""), "\"iteration\" is \"x\" where a count");
  expect(changed("\"config\"", "\"konfig\""), "has no \"config\"");
  expect(changed("model.safetensors", "../model"), "unsafe name \"../model\"");
  expect(changed("model.safetensors", "manifest.json"), "unsafe name");
  expect(changed("model.safetensors", "trainer.json"), "names the part \"trainer.json\" twice");
  expect(changed("aaaa", "AAAA"), "no valid SHA-256");
}

TEST(Manifest, NoticesEveryFlippedBitAndEveryCut) {
  const std::string json = write_manifest(example());
  for (std::size_t at = 0; at < json.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = json;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      EXPECT_THROW(parse_manifest(damaged, "manifest.json"), CheckpointError) << at;
    }
    EXPECT_THROW(parse_manifest(json.substr(0, at), "manifest.json"), CheckpointError) << at;
  }
}

TEST(Manifest, IsNeededForACheckpoint) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { read_manifest(folder.path()); }, ThrowsMessage<CheckpointError>(HasSubstr("without its manifest")));
}

TEST(VerifyCheckpoint, ListsEveryProblem) {
  const TemporaryFolder folder;
  Manifest manifest = example();
  manifest.parts[0] = write_part(folder.path(), "model.safetensors", "0123456789");
  manifest.parts[0].sha256 = std::string(64, '0');
  write_part(folder.path(), "manifest.json", write_manifest(manifest));
  const auto problems = verify_checkpoint(folder.path());
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems[0], HasSubstr("SHA-256"));
  EXPECT_THAT(problems[1], HasSubstr("trainer.json: is missing"));
}

}  // namespace
}  // namespace understudy
