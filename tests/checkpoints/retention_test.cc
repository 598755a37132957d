#include "checkpoints/retention.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class RetentionTest : public testing::Test {
 protected:
  RetentionTest() {
    for (std::int64_t iteration = 10; iteration <= 80; iteration += 10)
      store.begin(iteration, incarnation)->publish({});
  }
  TemporaryFolder folder;
  CheckpointStore store{folder.path()};
  std::uint64_t incarnation = store.take_incarnation();
};

TEST_F(RetentionTest, KeepsTheNewestEveryMthAndTheBest) {
  EXPECT_THAT(apply_retention(store, {2, 30, {{"psnr", {50, 10}}}}, incarnation), ElementsAre(20, 40));
  EXPECT_THAT(store.list(), ElementsAre(10, 30, 50, 60, 70, 80));
  EXPECT_EQ(best_iteration(store, "psnr"), 50);
  EXPECT_EQ(fs::canonical(folder.path() / "best/psnr/2"), fs::canonical(store.folder_of(10)));
}

TEST_F(RetentionTest, MovesTheLinksWhenTheBestChange) {
  apply_retention(store, {1, 0, {{"psnr", {50, 10}}}}, incarnation);
  apply_retention(store, {1, 0, {{"psnr", {80}}}}, incarnation);
  EXPECT_THAT(store.list(), ElementsAre(80));
  EXPECT_EQ(best_iteration(store, "psnr"), 80);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path() / "best/psnr"), {}), 1);
}

TEST_F(RetentionTest, PassesOverABestCheckpointThatIsGone) {
  apply_retention(store, {1, 0, {{"psnr", {55, 20}}}}, incarnation);
  EXPECT_EQ(best_iteration(store, "psnr"), 20);
  EXPECT_FALSE(best_iteration(store, "ssim"));
}

TEST_F(RetentionTest, RefusesAPolicyThatKeepsNothingAndUnsafeNames) {
  EXPECT_THROW(apply_retention(store, {0, 0, {}}, incarnation), ConfigError);
  EXPECT_THROW(apply_retention(store, {1, 0, {{"../x", {10}}}}, incarnation), ConfigError);
  EXPECT_EQ(store.list().size(), 8U);
}

}  // namespace
}  // namespace understudy
