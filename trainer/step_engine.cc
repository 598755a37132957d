#include "trainer/step_engine.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "clusters/fast_exchange.h"
#include "clusters/ordered_exchange.h"
#include "common/errors.h"
#include "trainer/finite_guard.h"

namespace understudy {
namespace {

/// Lets gradients flow into one player's parameters only: another player's gradient would be computed to be thrown
/// away.
class OnlyPlayer {
 public:
  OnlyPlayer(std::vector<Player>& players, std::size_t chosen) : players_(players) {
    for (std::size_t i = 0; i < players_.size(); ++i) set(players_[i], i == chosen);
  }
  ~OnlyPlayer() {
    for (Player& player : players_) set(player, true);
  }
  OnlyPlayer(const OnlyPlayer&) = delete;
  OnlyPlayer& operator=(const OnlyPlayer&) = delete;

 private:
  static void set(Player& player, bool trainable) {
    for (auto& [name, parameter] : player.parameters) parameter.requires_grad_(trainable);
  }
  std::vector<Player>& players_;
};

std::vector<at::Tensor> tensors_of(const Player& player) {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, parameter] : player.parameters) tensors.push_back(parameter);
  return tensors;
}

at::Device device_of(const std::vector<Player>& players) {
  return players.front().parameters.front().second.device();
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

StepEngine::StepEngine(Recipe& recipe, const RunConfig& config, Communicator& communicator, Heartbeat& heartbeat)
    : recipe_(recipe),
      layout_(config.batch),
      ordered_(config.reduction != GradientReduction::kFast),
      communicator_(communicator),
      heartbeat_(heartbeat),
      players_(recipe.players()),
      group_(communicator, device_of(players_), heartbeat),
      run_(plan_micro_batches(layout_.micro_batches(),
                              communicator.world_size())[static_cast<std::size_t>(communicator.rank())]) {
  for (const Player& player : players_) {
    optimizers_.emplace_back(player.parameters, player.adam);
    if (ordered_) {
      exchanges_.push_back(
          std::make_unique<OrderedExchange>(group_.slices(), layout_.micro_batches(), tensors_of(player), player.name));
    } else {
      exchanges_.push_back(
          std::make_unique<FastExchange>(group_, layout_.micro_batches(), tensors_of(player), player.name));
    }
  }
}

StepEngine::~StepEngine() = default;

StepReport StepEngine::run(Iteration iteration, std::vector<MicroBatch> batches, const RankWord& word) {
  const auto start = std::chrono::steady_clock::now();
  StepReport report;
  rows_.clear();
  statistics_.clear();
  recipe_.begin_iteration(iteration);
  const std::vector<CoupledGroup> groups = couple(batches);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    compute_micro_batch(batches[i], groups[i], report);
    batches[i] = {};
    heartbeat_.beat();
  }
  exchange(iteration, word, seconds_since(start), report);
  if (report.finite) step_players(iteration);
  drop_gradients();
  return report;
}

void StepEngine::exchange(Iteration iteration, const RankWord& word, double own_seconds, StepReport& report) {
  const Heartbeat::Mark mark(heartbeat_, Section::kExchange);
  std::array<std::int64_t, 4> flags = {
      report.finding ? 1 : 0, word.stop ? 1 : 0, word.save ? 1 : 0, word.save_failed ? 1 : 0};
  const auto start = std::chrono::steady_clock::now();
  communicator_.all_reduce(flags, Reduction::kMax, "agree on the end of an iteration");
  report.finite = flags[0] == 0;
  report.stop_requested = flags[1] != 0;
  report.save_requested = flags[2] != 0;
  report.save_failed = flags[3] != 0;
  for (std::size_t p = 0; p < players_.size(); ++p) {
    if (players_[p].active(iteration)) exchanges_[p]->finish();
  }
  report.exchange_seconds = seconds_since(start);
  average_terms(word.news, own_seconds, report);
  if (report.finite) average_statistics();
}

void StepEngine::compute_micro_batch(const MicroBatch& batch, const CoupledGroup& group, StepReport& report) {
  std::vector<Term> row;
  std::vector<at::Tensor> statistics;
  for (const Objective& objective : recipe_.objectives(batch, group)) {
    const Player& player = players_[objective.player];
    const OnlyPlayer guard(players_, objective.player);
    Objective::Result result = objective.compute();
    const bool steps = player.active(batch.iteration);
    if (steps) {
      exchanges_[objective.player]->before_backward(result.loss);
      result.loss.backward();
    }
    if (!report.finding) {
      if (const auto tensor = find_non_finite(player, result.loss)) report.finding = NonFiniteFinding{*tensor, batch};
    }
    if (steps) exchanges_[objective.player]->after_backward();
    row.insert(row.end(), result.terms.begin(), result.terms.end());
    statistics.insert(statistics.end(), result.statistics.begin(), result.statistics.end());
  }
  rows_.push_back(std::move(row));
  statistics_.push_back(std::move(statistics));
}

std::vector<CoupledGroup> StepEngine::couple(const std::vector<MicroBatch>& batches) {
  std::vector<CoupledGroup> groups(batches.size());
  if (layout_.micro_batches_per_group() == 1) return groups;
  std::vector<at::Tensor> own;
  {
    const at::NoGradGuard no_grad;
    for (const MicroBatch& batch : batches) own.push_back(recipe_.coupled_values(batch));
  }
  if (!own.front().defined()) return groups;
  const at::Tensor all = gather_rows(at::cat(own), group_.slices(), "gather the values of statistics groups");
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const std::int64_t first_slot = batches[i].index * layout_.micro_batch;
    const std::int64_t group_start = first_slot / layout_.statistics_group * layout_.statistics_group;
    groups[i] = {all.narrow(0, group_start, layout_.statistics_group), first_slot - group_start};
  }
  return groups;
}

std::optional<std::string> StepEngine::find_non_finite(const Player& player, const at::Tensor& loss) const {
  if (!std::isfinite(loss.item<double>())) return "loss of " + player.name;
  std::vector<std::string> names;
  std::vector<at::Tensor> gradients;
  for (const auto& [name, parameter] : player.parameters) {
    if (!parameter.grad().defined()) continue;
    names.push_back(name);
    gradients.push_back(parameter.grad());
  }
  if (const auto found = first_non_finite(gradients))
    return fmt::format("gradient of {} {}", player.name, names[*found]);
  return std::nullopt;
}

void StepEngine::average_terms(const std::string& news, double own_seconds, StepReport& report) {
  nlohmann::ordered_json own = nlohmann::ordered_json::array({own_seconds, news});
  for (const std::vector<Term>& row : rows_) {
    for (const auto& [name, value] : row)
      own.push_back({name, std::isfinite(value) ? nlohmann::ordered_json(value) : nullptr});
  }
  const std::vector<std::string> all = communicator_.gather(own.dump(), "gather the terms of the losses");
  for (const std::string& blob : all) {
    for (const auto& item : nlohmann::ordered_json::parse(blob)) {
      if (item.is_number()) {
        report.rank_seconds.push_back(item);
        continue;
      }
      if (item.is_string()) {
        report.news.push_back(item);
        continue;
      }
      const std::string name = item[0];
      const double value = item[1].is_null() ? std::nan("") : item[1].get<double>();
      const auto known =
          std::find_if(report.terms.begin(), report.terms.end(), [&](const Term& t) { return t.first == name; });
      if (known == report.terms.end()) {
        report.terms.emplace_back(name, value);
      } else {
        known->second += value;
      }
    }
  }
  for (auto& [name, sum] : report.terms) sum /= static_cast<double>(layout_.micro_batches());
}

void StepEngine::average_statistics() {
  if (statistics_.empty() || statistics_.front().empty()) return;
  if (!statistics_mean_) {
    statistics_mean_ = std::make_unique<OrderedMean>(
        group_.slices(), layout_.micro_batches(), statistics_.front(), "batch statistics");
  }
  for (std::vector<at::Tensor>& list : statistics_) statistics_mean_->add(std::move(list));
  recipe_.apply_statistics(statistics_mean_->finish());
}

void StepEngine::step_players(Iteration iteration) {
  for (std::size_t p = 0; p < players_.size(); ++p) {
    if (!players_[p].active(iteration)) continue;
    std::vector<at::Tensor> gradients;
    for (const auto& [name, parameter] : players_[p].parameters) gradients.push_back(parameter.grad());
    optimizers_[p].step(gradients, players_[p].learning_rate(iteration));
  }
  recipe_.after_step(iteration);
}

void StepEngine::drop_gradients() {
  for (Player& player : players_) {
    for (auto& [name, parameter] : player.parameters) parameter.mutable_grad() = at::Tensor();
  }
}

std::vector<std::pair<std::string, at::Tensor>> StepEngine::optimizer_state() const {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (std::size_t p = 0; p < players_.size(); ++p) {
    for (const auto& [name, tensor] : optimizers_[p].state())
      tensors.emplace_back(players_[p].name + "." + name, tensor);
  }
  return tensors;
}

}  // namespace understudy
