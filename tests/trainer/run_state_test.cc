#include "trainer/saving/run_state.h"

#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/thread_ranks.h"
#include "tests/trainer/toy_run.h"

namespace understudy {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

void save(ToyRun& run, const CheckpointStore& store, std::uint64_t incarnation) {
  JsonLines metrics(store.run() / "metrics.jsonl", -1);
  metrics.append("{}");
  EventFile events(store.run() / kEventsName, 0);
  const RunIdentity identity{.config = "text", .data_fingerprints = {{"train", "abc"}}, .incarnation = incarnation};
  CheckpointSaver saver(
      store,
      incarnation,
      run.recipe.state(),
      run.engine.optimizer_state(),
      [&] {
        metrics.sync();
        events.sync();
      },
      *run.ranks,
      run.heartbeat);
  saver.begin(order_checkpoint(identity, run.state, metrics, events, run.config));
  saver.finish();
}

NamedTensors tensors_of(ToyRun& run) {
  NamedTensors all = run.recipe.state();
  for (const auto& item : run.engine.optimizer_state()) all.push_back(item);
  for (auto& [name, tensor] : all) tensor = tensor.detach().clone();
  return all;
}

void expect_equal(const NamedTensors& a, const NamedTensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].second.equal(b[i].second)) << a[i].first;
}

class RunStateTest : public testing::Test {
 protected:
  RunStateTest() { fs::create_directories(store_.run()); }
  TemporaryFolder place_;
  CheckpointStore store_{place_.path() / "run"};
};

TEST_F(RunStateTest, ComesBackFromACheckpointAndGoesOnToTheSameBits) {
  ToyRun run;
  run.step();
  run.step();
  run.stopping.observe("train", 2, 20.0);
  save(run, store_, store_.take_incarnation());
  const NamedTensors saved = tensors_of(run);

  ToyRun resumed;
  load_run_state(store_.open(2), resumed.state);
  EXPECT_EQ(resumed.state.completed, 2);
  EXPECT_FALSE(resumed.state.finished);
  EXPECT_EQ(resumed.stopping.state(), run.stopping.state());
  expect_equal(tensors_of(resumed), saved);
  run.step();
  resumed.step();
  expect_equal(tensors_of(resumed), tensors_of(run));
}

TEST_F(RunStateTest, SaysInTheManifestWhereItBelongs) {
  ToyRun run;
  run.step();
  run.state.finished = true;
  save(run, store_, store_.take_incarnation());
  const LoadedCheckpoint checkpoint = store_.open(1);
  EXPECT_EQ(checkpoint.manifest().config, "text");
  EXPECT_EQ(checkpoint.manifest().data_fingerprints.at("train"), "abc");
  EXPECT_EQ(checkpoint.manifest().metrics_bytes, fs::file_size(store_.run() / "metrics.jsonl"));
  EXPECT_EQ(checkpoint.manifest().events_bytes, fs::file_size(store_.run() / kEventsName));
  ToyRun resumed;
  load_run_state(checkpoint, resumed.state);
  EXPECT_TRUE(resumed.state.finished);
}

TEST_F(RunStateTest, KeepsTheNewestAndTheBest) {
  ToyRun run;
  const std::uint64_t incarnation = store_.take_incarnation();
  for (int i = 0; i < 5; ++i) {
    run.step();
    if (i == 1) run.stopping.observe("train", run.state.completed, 30.0);
    save(run, store_, incarnation);
  }
  EXPECT_THAT(store_.list(), ElementsAre(2, 4, 5));
  EXPECT_TRUE(fs::exists(store_.run() / "best" / "psnr-phase-train" / "1" / kModelPart));
}

/// Publishes the run's state after `change` went over the model's tensors.
void publish(CheckpointStore& store,
             ToyRun& run,
             const std::function<void(NamedTensors&)>& change,
             const std::string& trainer) {
  NamedTensors model = run.recipe.state();
  change(model);
  const auto pending = store.begin(run.state.completed, store.take_incarnation());
  Manifest manifest;
  manifest.parts.push_back(pending->write_tensors(kModelPart, model));
  manifest.parts.push_back(pending->write_tensors(kOptimizerPart, run.engine.optimizer_state()));
  manifest.parts.push_back(pending->write_text(kTrainerPart, trainer));
  pending->publish(std::move(manifest));
}

TEST_F(RunStateTest, RefusesACheckpointThatLacksATensor) {
  ToyRun run;
  run.step();
  publish(
      store_, run, [](NamedTensors& model) { model.erase(model.begin() + 1); }, "{}");
  EXPECT_THAT([&] { load_run_state(store_.open(1), run.state); },
              ThrowsMessage<CheckpointError>(AllOf(HasSubstr("judge.vector"), HasSubstr("model.safetensors"))));
}

TEST_F(RunStateTest, RefusesATensorOfAnotherShapeOrType) {
  ToyRun run;
  run.step();
  publish(
      store_,
      run,
      [](NamedTensors& model) {
        model[0].second = torch::zeros({2, 3});
      },
      "{}");
  EXPECT_THAT([&] { load_run_state(store_.open(1), run.state); },
              ThrowsMessage<CheckpointError>(HasSubstr("tensor weight has another shape or type")));
  run.step();
  publish(
      store_,
      run,
      [](NamedTensors& model) {
        model[0].second = torch::zeros({3, 2}, torch::kDouble);
      },
      "{}");
  EXPECT_THROW(load_run_state(store_.open(2), run.state), CheckpointError);
}

TEST_F(RunStateTest, NamesThePartThatDoesNotFit) {
  ToyRun run;
  run.step();
  publish(
      store_, run, [](NamedTensors&) {}, R"({"completed": 1})");
  EXPECT_THAT([&] { load_run_state(store_.open(1), run.state); },
              ThrowsMessage<CheckpointError>(AllOf(HasSubstr("trainer.json"), HasSubstr("finished"))));
}

TEST(OnRankZero, FailsOnEveryRankWithTheReason) {
  std::vector<std::string> messages(3);
  run_on_thread_ranks(3, [&](Communicator& ranks) {
    try {
      on_rank_zero(ranks, "write a checkpoint", [] { throw FileError("disk full"); });
    } catch (const Error& error) {
      messages[static_cast<std::size_t>(ranks.rank())] = error.what();
    }
  });
  EXPECT_THAT(messages, ElementsAre("disk full", "rank 0 failed: disk full", "rank 0 failed: disk full"));
}

TEST(OnRankZero, WorksThereAlone) {
  std::atomic<int> calls = 0;
  run_on_thread_ranks(3, [&](Communicator& ranks) { on_rank_zero(ranks, "count", [&] { ++calls; }); });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace understudy
