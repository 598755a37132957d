#include "data_pipeline/annotate/clip_sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/atomic_file.h"
#include "data_pipeline/packer/pack_plan.h"
#include "data_pipeline/set_manifest.h"
#include "tests/data_pipeline/damage.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const ListedClip kClip{"id1#vid#000001#000013", "id1", "vid", {}, {}};

TEST(ClipSources, AreThoseOfThePlan) {
  const TemporaryFolder folder;
  ListedClip clip = kClip;
  clip.source = "train/odd name.mp4";
  write_file_atomically(folder.path() / kPlanName, plan_text({{{"", 0, {clip}}}, {}}));
  SetManifest manifest;
  manifest.records.push_back(measure_file(folder.path() / kPlanName));
  EXPECT_THAT(ClipSources(folder.path(), manifest).of(kClip), ElementsAre("train/odd name.mp4"));
  flip_byte(folder.path() / kPlanName, 40);
  EXPECT_THAT(message_of([&] { ClipSources(folder.path(), manifest); }), HasSubstr("is damaged"));
}

TEST(ClipSources, FollowFromTheNameWithoutAPlan) {
  const ClipSources sources({}, SetManifest());
  EXPECT_THAT(sources.of(kClip), ElementsAre("id1#vid#000001#000013", "id1/vid/000001#000013"));
  EXPECT_THAT(sources.of({"id1#vid", "id1", "vid", {}, {}}), ElementsAre("id1#vid", "id1/vid"));
}

}  // namespace
}  // namespace understudy
