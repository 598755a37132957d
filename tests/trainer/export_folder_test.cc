#include "trainer/exporting/export_folder.h"

#include <fstream>
#include <limits>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoints/weights_file.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/hash.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

NamedTensors two_tensors() {
  return {{"b", at::arange(6, at::kFloat).view({2, 3}).t()}, {"a", at::scalar_tensor(3, at::kLong)}};
}

TEST(ExportFolder, AppearsUnderItsNameOnlyWhenPublished) {
  const TemporaryFolder place;
  const fs::path out = place.path() / "deep" / "export";
  ExportFolder folder(out);
  folder.write_safetensors("w.safetensors", two_tensors(), "weights");
  folder.write_torch("w.pt", state_dict_from(two_tensors()), "weights");
  folder.write_text("note.txt", "hello", "text");
  EXPECT_FALSE(fs::exists(out));
  folder.publish();
  require_same_tensors(two_tensors(), read_weights(out / "w.safetensors"), "w.safetensors");
  require_same_tensors(two_tensors(), read_weights(out / "w.pt"), "w.pt");
  ASSERT_EQ(folder.files().size(), 3U);
  for (const ExportedFile& file : folder.files()) {
    EXPECT_EQ(file.size, fs::file_size(out / file.name));
    EXPECT_EQ(file.sha256, sha256_of_file(out / file.name));
  }
}

TEST(ExportFolder, LeavesNothingBehindUnlessPublished) {
  const TemporaryFolder place;
  { ExportFolder(place.path() / "export").write_text("note.txt", "hello", "text"); }
  EXPECT_TRUE(fs::is_empty(place.path()));
}

TEST(ExportFolder, LeavesBetweenFilesWhenAskedTo) {
  const TemporaryFolder place;
  bool asked = false;
  {
    ExportFolder folder(place.path() / "export", [&asked] { return asked; });
    folder.write_text("note.txt", "hello", "text");
    asked = true;
    EXPECT_THROW(folder.write_safetensors("w.safetensors", two_tensors(), "weights"), ExportStopped);
    EXPECT_THROW(folder.write_torch("w.pt", state_dict_from(two_tensors()), "weights"), ExportStopped);
    EXPECT_THROW(folder.write_text("more.txt", "hello", "text"), ExportStopped);
    EXPECT_THROW(folder.add_file("note.txt", "text"), ExportStopped);
    EXPECT_THROW(folder.publish(), ExportStopped);
    EXPECT_FALSE(fs::exists(folder.path_of("w.safetensors")));
    EXPECT_FALSE(fs::exists(folder.path_of("w.pt")));
  }
  EXPECT_TRUE(fs::is_empty(place.path()));
}

TEST(ExportFolder, RefusesAFolderThatExists) {
  const TemporaryFolder place;
  EXPECT_THAT([&] { ExportFolder folder(place.path()); },
              ThrowsMessage<ConfigError>(HasSubstr("exists already; name a folder that does not")));
  EXPECT_THAT([&] { ExportFolder folder(place.path() / ""); }, ThrowsMessage<ConfigError>(HasSubstr("exists already")));
}

TEST(RequireSameTensors, SeesNamesTypesShapesAndBits) {
  const NamedTensors wanted = two_tensors();
  const auto expect_refused = [&](NamedTensors found, const char* what) {
    EXPECT_THAT([&] { require_same_tensors(wanted, found, "file"); }, ThrowsMessage<CheckpointError>(HasSubstr(what)));
  };
  EXPECT_NO_THROW(require_same_tensors(wanted, {wanted[1], wanted[0]}, "file"));
  expect_refused({wanted[0]}, "1 tensors instead of 2");
  expect_refused({wanted[0], {"c", wanted[1].second}}, "no tensor a");
  expect_refused({wanted[0], {"a", wanted[1].second.to(at::kInt)}}, "another tensor a");
  expect_refused({{"b", wanted[0].second.reshape({6})}, wanted[1]}, "another tensor b");
  at::Tensor changed = wanted[0].second.clone();
  changed[2][1] = std::nextafter(5.0F, 6.0F);
  expect_refused({{"b", changed}, wanted[1]}, "another tensor b");
}

TEST(RequireSameTensors, TakesNotANumberForItself) {
  const NamedTensors undefined{{"a", at::full({2}, std::numeric_limits<float>::quiet_NaN())}};
  EXPECT_NO_THROW(require_same_tensors(undefined, {{"a", undefined[0].second.clone()}}, "file"));
}

PickleValue nested(double rate, std::int64_t count) {
  PickleDict group;
  group.items = {{"lr", rate},
                 {"betas", PickleTuple{{0.9, 0.999}}},
                 {"params", PickleValue::List{0, count}},
                 {"none", PickleValue()}};
  PickleDict top;
  top.items = {{"groups", PickleValue::List{PickleValue(group)}}, {"name", "x"}};
  return top;
}

TEST(RequireSameValue, NamesThePlaceOfADifference) {
  EXPECT_NO_THROW(require_same_value(nested(0.1, 3), nested(0.1, 3), "f"));
  EXPECT_THAT([] { require_same_value(nested(0.1, 3), nested(0.2, 3), "f"); },
              ThrowsMessage<CheckpointError>(HasSubstr("f.groups[0].lr")));
  EXPECT_THAT([] { require_same_value(nested(0.1, 3), nested(0.1, 4), "f"); },
              ThrowsMessage<CheckpointError>(HasSubstr("f.groups[0].params[1]")));
  EXPECT_THAT([] { require_same_value(nested(0.1, 3), PickleValue(1), "f"); },
              ThrowsMessage<CheckpointError>(HasSubstr("f: ")));
}

}  // namespace
}  // namespace understudy
