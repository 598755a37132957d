#include "trainer/saving/run_state.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "checkpoints/retention.h"
#include "clusters/outcome.h"
#include "common/errors.h"
#include "common/version.h"

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;

void copy_all(const NamedTensors& from, const NamedTensors& to, std::string_view where) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, target] : to) {
    const at::Tensor& source = require_tensor(from, name, where);
    if (source.sizes() != target.sizes() || source.scalar_type() != target.scalar_type()) {
      throw CheckpointError(fmt::format("{}: tensor {} has another shape or type than the network", where, name));
    }
    at::Tensor(target).copy_(source);
  }
}

}  // namespace

std::string write_trainer_state(std::int64_t completed,
                                bool finished,
                                const DueWork& due,
                                const StoppingRule& stopping,
                                const SpikeDetector& spikes) {
  Json trainer = {{"completed", completed},
                  {"finished", finished},
                  {"validation_due", due.validation},
                  {"samples_due", due.samples},
                  {"stopping", Json::parse(stopping.state())}};
  if (spikes.on()) trainer["losses"] = Json::parse(spikes.state());
  return trainer.dump();
}

void load_run_state(const LoadedCheckpoint& checkpoint, RunState& state) {
  copy_all(checkpoint.tensors(kModelPart), state.recipe.state(), (checkpoint.folder() / kModelPart).string());
  copy_all(checkpoint.tensors(kOptimizerPart),
           state.engine.optimizer_state(),
           (checkpoint.folder() / kOptimizerPart).string());
  const std::string where = (checkpoint.folder() / kTrainerPart).string();
  try {
    const Json trainer = Json::parse(checkpoint.text(kTrainerPart));
    state.completed = trainer.at("completed");
    state.finished = trainer.at("finished");
    state.due = {.validation = trainer.value("validation_due", false), .samples = trainer.value("samples_due", false)};
    state.stopping.restore(trainer.at("stopping").dump());
    if (state.engine.spikes().on() && trainer.contains("losses"))
      state.engine.spikes().restore(trainer.at("losses").dump());
  } catch (const Json::exception& error) {
    throw CheckpointError(fmt::format("{}: {}", where, error.what()));
  }
}

RetentionPolicy retention_of(const RunConfig& config, const StoppingRule& stopping) {
  RetentionPolicy policy{
      .keep_newest = config.checkpoints.keep_newest, .keep_every = config.checkpoints.keep_every, .best = {}};
  for (const auto& [phase, iterations] : stopping.best()) {
    std::vector<std::int64_t> kept(
        iterations.begin(),
        iterations.begin() + std::min<std::int64_t>(std::ssize(iterations), config.validation.keep_best));
    if (!kept.empty())
      policy.best.push_back({fmt::format("{}-phase-{}", config.validation.metric, phase), std::move(kept)});
  }
  return policy;
}

CheckpointOrder order_checkpoint(const RunIdentity& identity,
                                 const RunState& state,
                                 const JsonLines& metrics,
                                 const EventFile& events,
                                 const RunConfig& config) {
  CheckpointOrder order{.iteration = state.completed};
  order.manifest.code_version = version();
  order.manifest.config = identity.config;
  order.manifest.data_fingerprints = identity.data_fingerprints;
  order.manifest.metrics_bytes = static_cast<std::uint64_t>(metrics.bytes());
  order.manifest.metrics_sha256 = metrics.sha256();
  order.manifest.events_bytes = static_cast<std::uint64_t>(events.bytes());
  order.trainer =
      write_trainer_state(state.completed, state.finished, state.due, state.stopping, state.engine.spikes());
  order.retention = retention_of(config, state.stopping);
  return order;
}

void on_rank_zero(Communicator& communicator, std::string_view intent, const std::function<void()>& work) {
  std::string failure;
  std::exception_ptr original;
  if (communicator.rank() == 0) {
    try {
      work();
    } catch (const std::exception& error) {
      failure = error.what();
      original = std::current_exception();
    }
  }
  failure = communicator.broadcast(failure, 0, intent);
  if (original) std::rethrow_exception(original);
  if (!failure.empty()) throw RemoteError(fmt::format("rank 0 failed: {}", failure));
}

}  // namespace understudy
