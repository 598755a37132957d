#include "data_pipeline/statistics/statistics_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_set.h"

namespace understudy {
namespace {

TEST(StatisticsJson, HoldsAllNumbers) {
  SetStatistics set;
  set.source = "tiny";
  set.frames = 12;
  set.landmarks = Coverage{.annotated = 7, .worst = {{"id1#v#0", 8, 1}}};
  set.distributions = {{"frames_per_clip", "Frames per clip", "frames", "clips", {}}};
  for (std::uint64_t frames : {10U, 20U, 20U, 31U}) set.distributions[0].values.add(frames);
  const nlohmann::json json = nlohmann::json::parse(statistics_json(set));
  EXPECT_EQ(json["source"], "tiny");
  EXPECT_EQ(json["frames"], 12);
  EXPECT_EQ(json["landmarks"]["frames"], 7);
  EXPECT_EQ(json["landmarks"]["worst_clips"][0]["clip"], "id1#v#0");
  EXPECT_FALSE(json.contains("masks"));
  const nlohmann::json& frames = json["distributions"]["frames_per_clip"];
  EXPECT_EQ(frames["unit"], "frames");
  EXPECT_EQ(frames["count"], 4);
  EXPECT_EQ(frames["min"], 10);
  EXPECT_EQ(frames["max"], 31);
  EXPECT_EQ(frames["mean"], 20.25);
  EXPECT_EQ(frames["percentiles"]["50"], 20);
  EXPECT_EQ(frames["histogram"]["first_edge"], 10);
  EXPECT_EQ(frames["histogram"]["counts"][10], 2);
}

TEST(StatisticsJson, DoesNotDependOnHowTheSetIsCut) {
  const TemporaryFolder folder;
  write_tiny_set(folder.path() / "one", {.masks = true});
  write_tiny_set(folder.path() / "many", {.masks = true}, {.shard_bytes = 1});
  EXPECT_EQ(statistics_json(measure_set(folder.path() / "one")), statistics_json(measure_set(folder.path() / "many")));
}

}  // namespace
}  // namespace understudy
