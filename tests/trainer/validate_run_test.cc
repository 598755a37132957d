#include "trainer/validate_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/thread_ranks.h"
#include "tests/support/tiny_set.h"
#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// A detector's run with checkpoints 2 and 5.
class ValidateRun : public testing::Test {
 protected:
  ValidateRun() {
    write_tiny_set(place_.path() / "set", {.side = 32});
    settings_.run.validation_set = (place_.path() / "set").string();
    settings_.run.validation.episodes = 5;
    settings_.run.validation.micro_batch = 2;
    settings_.run.threads_per_rank = 1;
    TinyState state = tiny_state(fsrt_config(tiny_settings("fsrt")));
    state.model = in_group(state_of(*state.networks.detector), "kp_detector");
    publish_tiny_checkpoint(run_, settings_, state, 2);
    publish_tiny_checkpoint(run_, settings_, state, 5);
  }

  TemporaryFolder place_;
  std::filesystem::path run_ = place_.path() / "run";
  RunSettings settings_ = tiny_settings("keypoints");
};

TEST_F(ValidateRun, ChoosesACheckpoint) {
  EXPECT_EQ(choose_checkpoint(run_, "newest").manifest().iteration, 5);
  EXPECT_EQ(choose_checkpoint(run_, "best").manifest().iteration, 5);
  EXPECT_EQ(choose_checkpoint(run_, "2").manifest().iteration, 2);
  EXPECT_THROW(choose_checkpoint(run_, "3"), CheckpointError);
  EXPECT_THAT([&] { choose_checkpoint(run_, "2x"); },
              ThrowsMessage<ConfigError>(HasSubstr("best, newest or an iteration")));
  EXPECT_THAT([&] { choose_checkpoint(place_.path(), "newest"); },
              ThrowsMessage<CheckpointError>(HasSubstr("holds no checkpoint")));
}

TEST_F(ValidateRun, GivesTheSameNumbersOnAnyNumberOfRanks) {
  std::vector<Term> alone;
  for (const int world_size : {1, 2, 4}) {
    std::vector<std::vector<Term>> results(static_cast<std::size_t>(world_size));
    run_on_thread_ranks(world_size, [&](Communicator& ranks) {
      Heartbeat heartbeat;
      results[static_cast<std::size_t>(ranks.rank())] =
          validate_run(run_, "newest", {ranks, heartbeat, [] { return false; }}).value();
    });
    if (world_size == 1) alone = results[0];
    for (const std::vector<Term>& terms : results) EXPECT_EQ(terms, alone) << world_size;
  }
  ASSERT_EQ(alone.size(), 1U);
  EXPECT_GT(alone[0].second, 0.0);
}

TEST_F(ValidateRun, WantsAValidationSet) {
  settings_.run.validation_set.clear();
  TinyState state = tiny_state(fsrt_config(tiny_settings("fsrt")));
  state.model = in_group(state_of(*state.networks.detector), "kp_detector");
  publish_tiny_checkpoint(run_, settings_, state, 6);
  const auto rank = single_rank();
  Heartbeat heartbeat;
  EXPECT_THAT(
      [&] {
        validate_run(run_, "6", {*rank, heartbeat, [] { return false; }});
      },
      ThrowsMessage<ConfigError>(HasSubstr("data.validation")));
}

TEST_F(ValidateRun, RefusesACheckpointThatLacksTensors) {
  TinyState state = tiny_state(fsrt_config(tiny_settings("fsrt")));
  state.model = {{"kp_detector.kp.bias", torch::zeros({10})}};
  publish_tiny_checkpoint(run_, settings_, state, 7);
  EXPECT_THAT([&] { load_run(choose_checkpoint(run_, "7")); },
              ThrowsMessage<CheckpointError>(HasSubstr("of the networks' tensors")));
}

}  // namespace
}  // namespace understudy
