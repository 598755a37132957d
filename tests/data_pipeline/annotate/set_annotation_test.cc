#include "data_pipeline/annotate/set_annotation.h"

#include <atomic>
#include <cstring>
#include <future>
#include <map>
#include <memory>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "common/hash.h"
#include "data_pipeline/data_set.h"
#include "data_pipeline/packer/row_builder.h"
#include "data_pipeline/set_verifier.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Boxes that tell clip and frame; none for some clips.
class RowBoxes : public SetAnnotator {
 public:
  explicit RowBoxes(float offset = 0.0F, std::set<std::uint32_t> missing = {})
      : offset_(offset), missing_(std::move(missing)) {}
  ClipAnnotations annotate(const StoredClip& clip) const override {
    ++calls;
    if (missing_.contains(clip.row)) throw ClipRejected(RejectionReason::kAnnotation, "no file\tof it");
    RowBuilder rows(AnnotationKind::kBox);
    for (const std::uint32_t frame : clip.frames.position) {
      const auto number = static_cast<float>(frame);
      rows.add(std::array{offset_, static_cast<float>(clip.row), offset_ + 10.0F, number + 100.0F});
    }
    ClipAnnotations annotations;
    annotations.rows.push_back(rows.finish());
    return annotations;
  }
  mutable std::atomic<int> calls{0};

 private:
  float offset_;
  std::set<std::uint32_t> missing_;
};

/// Six clips of four frames in three shards.
class SetAnnotationTest : public testing::Test {
 protected:
  SetAnnotationTest() { make(set()); }
  static void make(const fs::path& folder) {
    const std::uint64_t two_clips = 2 * 4 * tiny_clip({}, 0, 0).frames[0].size() + 1000;
    write_tiny_set(folder, {.masks = true}, {.shard_bytes = two_clips});
  }
  fs::path set() const { return folder_.path() / "set"; }
  AnnotateRequest request() const { return {.set = set(), .kind = AnnotationKind::kBox, .made_from = "rows"}; }

  static AnnotationReport annotate(const AnnotateRequest& request, const SetAnnotator& annotator) {
    SetAnnotation annotation(request);
    annotation.begin();
    EXPECT_TRUE(annotation.work(annotation.pending(), annotator, {}));
    return annotation.finish();
  }
  /// Begins, does the first shards, and goes no further, as a process that is killed.
  static void break_off(const AnnotateRequest& request, const SetAnnotator& annotator, std::size_t shards) {
    SetAnnotation annotation(request);
    annotation.begin();
    const std::vector<std::size_t> pending = annotation.pending();
    annotation.work(std::span(pending).first(shards), annotator, {});
  }
  static std::map<std::string, std::string> digests(const fs::path& folder) {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) found[fs::relative(entry, folder)] = sha256_of_file(entry);
    }
    return found;
  }
  std::map<std::string, std::string> digests() const { return digests(set()); }
  std::array<float, 4> box(FrameRef frame) const {
    std::array<float, 4> values{};
    const auto row = DataSet::open(set()).annotation_row(AnnotationKind::kBox, frame);
    if (row) std::memcpy(values.data(), row->data(), row->size());
    return values;
  }

  TemporaryFolder folder_;
};

TEST_F(SetAnnotationTest, AddsAKindAndLeavesAllElseAsItWas) {
  const auto before = digests();
  const AnnotationReport report = annotate(request(), RowBoxes());
  EXPECT_EQ(report.clips, 6);
  EXPECT_EQ(report.files, 3);
  EXPECT_THAT(report.left_out, IsEmpty());
  EXPECT_THAT(verify_set(set()), IsEmpty());
  EXPECT_THAT(box({5, 3}), ElementsAre(0, 5, 10, 103));
  EXPECT_THAT(box({2, 1}), ElementsAre(0, 2, 10, 101));
  auto after = digests();
  for (const char* name : {"frames-00000.box.h5", "frames-00001.box.h5", "frames-00002.box.h5"}) {
    EXPECT_EQ(after.erase(name), 1) << name;
  }
  after["set.toml"] = before.at("set.toml");
  EXPECT_EQ(after, before);
}

TEST_F(SetAnnotationTest, GivesTheSameBytesForAnyThreadsAndPartsOfTheWork) {
  annotate(request(), RowBoxes());
  const fs::path other = folder_.path() / "other";
  make(other);
  AnnotateRequest shared = request();
  shared.set = other;
  shared.threads = 3;
  SetAnnotation first(shared);
  SetAnnotation second(shared);
  first.begin();
  second.work(std::array<std::size_t, 1>{1}, RowBoxes(), {});
  first.work(std::array<std::size_t, 2>{2, 0}, RowBoxes(), {});
  first.finish();
  EXPECT_EQ(digests(other), digests());
}

TEST_F(SetAnnotationTest, IsAsItWasUntilTheManifestIsReplaced) {
  const std::string manifest = read_file(set() / "set.toml");
  break_off(request(), RowBoxes(), 3);
  EXPECT_EQ(read_file(set() / "set.toml"), manifest);
  EXPECT_FALSE(DataSet::open(set()).has(AnnotationKind::kBox));
  EXPECT_THAT(verify_set(set()), IsEmpty());
}

TEST_F(SetAnnotationTest, GoesOnWhereItWasBrokenOff) {
  break_off(request(), RowBoxes(), 2);
  const RowBoxes rest;
  annotate(request(), rest);
  EXPECT_EQ(rest.calls, 2);
  const auto continued = digests();
  AnnotateRequest again = request();
  again.set = folder_.path() / "whole";
  make(again.set);
  annotate(again, RowBoxes());
  EXPECT_EQ(continued, digests(again.set));
}

TEST_F(SetAnnotationTest, BeginsAnewWithAnotherRequest) {
  break_off(request(), RowBoxes(), 2);
  AnnotateRequest other = request();
  other.made_from = "other rows";
  const RowBoxes all(50.0F);
  annotate(other, all);
  EXPECT_EQ(all.calls, 6);
  EXPECT_THAT(box({0, 0}), ElementsAre(50, 0, 60, 100));
}

TEST_F(SetAnnotationTest, TriesShardsAgainWhoseClipsWereLeftOut) {
  break_off(request(), RowBoxes(0.0F, {1}), 3);
  const RowBoxes mended;
  EXPECT_THAT(annotate(request(), mended).left_out, IsEmpty());
  EXPECT_EQ(mended.calls, 2);
}

TEST_F(SetAnnotationTest, StopsWhenAskedTo) {
  SetAnnotation annotation(request());
  annotation.begin();
  int asked = 0;
  const PackWatch watch{.progress = {}, .stop = [&] { return ++asked > 3; }};
  EXPECT_FALSE(annotation.work(annotation.pending(), RowBoxes(), watch));
  EXPECT_THAT(annotation.pending(), ElementsAre(1, 2));
}

TEST_F(SetAnnotationTest, RefusesAKindThatIsThere) {
  annotate(request(), RowBoxes());
  EXPECT_THAT(message_of([&] { SetAnnotation{request()}; }), HasSubstr("kind box already; add --replace"));
}

TEST_F(SetAnnotationTest, ReplacesUnderNewNamesAndThenRemovesTheOld) {
  annotate(request(), RowBoxes());
  const auto before = digests();
  AnnotateRequest replace = request();
  replace.replace = true;
  break_off(replace, RowBoxes(7.0F), 3);
  auto meanwhile = digests();
  for (const auto& [name, digest] : before) EXPECT_EQ(meanwhile[name], digest) << name;
  EXPECT_THAT(box({1, 0}), ElementsAre(0, 1, 10, 100));

  annotate(replace, RowBoxes(7.0F));
  EXPECT_THAT(box({1, 0}), ElementsAre(7, 1, 17, 100));
  const auto after = digests();
  EXPECT_TRUE(after.contains("frames-00002.box-2.h5"));
  EXPECT_FALSE(after.contains("frames-00002.box.h5"));
  EXPECT_EQ(after.size(), before.size());
  annotate(replace, RowBoxes(0.0F));  // the first names are free again
  EXPECT_EQ(digests(), before);
}

TEST_F(SetAnnotationTest, LeavesOutClipsWithoutAnnotationsAndListsThem) {
  const AnnotationReport report = annotate(request(), RowBoxes(0.0F, {1, 4, 5}));
  EXPECT_EQ(report.files, 2);  // the last shard has none at all
  EXPECT_EQ(left_out_table(report.left_out),
            "clip\treason\tdetail\n"
            "id00#video01#001\tannotation\tno file\\tof it\n"
            "id02#video00#000\tannotation\tno file\\tof it\n"
            "id02#video01#001\tannotation\tno file\\tof it\n");
  EXPECT_FALSE(DataSet::open(set()).annotation_row(AnnotationKind::kBox, {1, 0}));
  EXPECT_THAT(box({0, 0}), ElementsAre(0, 0, 10, 100));
}

TEST_F(SetAnnotationTest, ChangesNothingWhenNoClipFitsOrAllAreRequired) {
  const auto before = digests();
  EXPECT_EQ(annotate(request(), RowBoxes(0.0F, {0, 1, 2, 3, 4, 5})).files, 0);
  EXPECT_EQ(digests(), before);
  AnnotateRequest all = request();
  all.require_all = true;
  const AnnotationReport report = annotate(all, RowBoxes(0.0F, {3}));
  EXPECT_EQ(report.files, 0);
  EXPECT_EQ(report.left_out.size(), 1);
  EXPECT_EQ(digests(), before);
}

TEST_F(SetAnnotationTest, KeepsAnotherKindThatWasAddedMeanwhile) {
  SetAnnotation boxes(request());
  boxes.begin();
  boxes.work(boxes.pending(), RowBoxes(), {});
  AnnotateRequest masks = request();
  masks.kind = AnnotationKind::kMask;
  masks.replace = true;
  class NoMask : public SetAnnotator {
    ClipAnnotations annotate(const StoredClip& clip) const override {
      ClipAnnotations annotations;
      annotations.masks.assign(clip.frames.position.size(), {std::byte{1}});
      return annotations;
    }
  };
  annotate(masks, NoMask());
  boxes.finish();
  EXPECT_TRUE(fs::exists(set() / "frames-00001.mask-2.h5"));
  EXPECT_TRUE(DataSet::open(set()).has(AnnotationKind::kBox));
  EXPECT_TRUE(DataSet::open(set()).has(AnnotationKind::kMask));
}

TEST_F(SetAnnotationTest, KeepsEveryKindOfThosePublishedAtOnce) {
  class RowsOf : public SetAnnotator {
   public:
    explicit RowsOf(AnnotationKind kind) : kind_(kind) {}
    ClipAnnotations annotate(const StoredClip& clip) const override {
      const std::size_t frames = clip.frames.position.size();
      ClipAnnotations annotations;
      annotations.rows.push_back(
          {kind_, std::vector<std::uint8_t>(frames, 1), std::vector<std::byte>(frames * row_bytes(kind_))});
      return annotations;
    }

   private:
    AnnotationKind kind_;
  };
  const std::array kinds{
      AnnotationKind::kBox, AnnotationKind::kFlame, AnnotationKind::kPoseAu, AnnotationKind::kKeypoint10};
  std::vector<std::unique_ptr<SetAnnotation>> begun;
  for (const AnnotationKind kind : kinds) {
    AnnotateRequest of_kind = request();
    of_kind.kind = kind;
    begun.push_back(std::make_unique<SetAnnotation>(of_kind));
    begun.back()->begin();
    begun.back()->work(begun.back()->pending(), RowsOf(kind), {});
  }
  std::vector<std::future<AnnotationReport>> reports;
  for (const auto& annotation : begun) {
    reports.push_back(std::async(std::launch::async, [&annotation] { return annotation->finish(); }));
  }
  for (auto& report : reports) EXPECT_EQ(report.get().files, 3);
  const DataSet set = DataSet::open(this->set());
  for (const AnnotationKind kind : kinds) EXPECT_TRUE(set.has(kind)) << annotation_kind_name(kind);
  EXPECT_FALSE(fs::exists(this->set() / "set.toml.lock"));
}

TEST_F(SetAnnotationTest, RefusesASetThatANewerProgramWrote) {
  SetManifest manifest = read_set_manifest(set() / "set.toml");
  manifest.format_version[1] = 7;
  write_set_manifest(set() / "set.toml", manifest);
  EXPECT_THAT(message_of([&] { SetAnnotation{request()}; }), HasSubstr("format version 1.7"));
}

TEST_F(SetAnnotationTest, RefusesADamagedFrameShard) {
  flip_byte(set() / "frames-00001.h5", 100);
  EXPECT_THAT(message_of([&] { annotate(request(), RowBoxes()); }), HasSubstr("frames-00001.h5: is not as it was"));
}

}  // namespace
}  // namespace understudy
