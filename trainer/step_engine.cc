#include "trainer/step_engine.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "clusters/fast_exchange.h"
#include "clusters/ordered_exchange.h"
#include "common/errors.h"
#include "trainer/faults/finite_guard.h"

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

/// Everything on the players' device that an iteration reads: the players' parameters, then what else the recipe keeps.
std::vector<std::pair<std::string, at::Tensor>> state_under_guard(Recipe& recipe, const std::vector<Player>& players) {
  std::vector<std::pair<std::string, at::Tensor>> state;
  std::set<const void*> known;
  for (const Player& player : players) {
    for (const auto& [name, parameter] : player.parameters) {
      state.emplace_back(fmt::format("weight of {} {}", player.name, name), parameter);
      known.insert(parameter.const_data_ptr());
    }
  }
  for (const auto& [name, tensor] : recipe.state()) {
    if (tensor.is_floating_point() && tensor.device() == device_of(players) && !known.contains(tensor.const_data_ptr()))
      state.emplace_back("buffer " + name, tensor);
  }
  return state;
}

/// What a reader of the stored batch finds wrong under its names.
std::string describe_input(const Recipe& recipe, const MicroBatch& batch) {
  for (const auto& [name, tensor] : recipe.batch_tensors(batch)) {
    if (first_non_finite({tensor})) return fmt::format("input {} {}", name, what_is_wrong_with(tensor));
  }
  return "an input is not finite";
}

/// Adds what was found, unless it is known to come from elsewhere: of each micro-batch only the first finding counts,
/// and where a weight or buffer is wrong, nothing else does.
void keep(Finding finding, bool spoilt, std::vector<Finding>& findings) {
  if (!finding.micro_batch) {
    findings.assign(1, std::move(finding));
    return;
  }
  if (spoilt) return;
  const bool known = std::any_of(findings.begin(), findings.end(), [&](const Finding& earlier) {
    return !earlier.micro_batch || earlier.micro_batch->index == finding.micro_batch->index;
  });
  if (!known) findings.push_back(std::move(finding));
}

/// Whether each row is finite.
std::vector<bool> finite_rows(const at::Tensor& values) {
  const at::Tensor finite = values.isfinite().flatten(1).all(1).to(at::kCPU);
  const bool* rows = finite.const_data_ptr<bool>();
  return std::vector<bool>(rows, rows + finite.numel());
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
      state_(state_under_guard(recipe, players_)),
      group_(communicator, device_of(players_), heartbeat),
      run_(plan_micro_batches(layout_.micro_batches(),
                              communicator.world_size())[static_cast<std::size_t>(communicator.rank())]),
      spikes_(config.faults.spike_threshold, config.faults.spike_window) {
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

StepReport StepEngine::run(Iteration iteration,
                           std::vector<MicroBatch> batches,
                           const RankWord& word,
                           const GradientObserver& observer) {
  const auto start = std::chrono::steady_clock::now();
  StepReport report;
  rows_.clear();
  statistics_.clear();
  losses_.clear();
  recipe_.begin_iteration(iteration);
  std::vector<Work> work = couple(std::move(batches));
  for (Work& item : work) {
    compute_micro_batch(item, Gradients::kExchanged, report);
    if (ordered_ && !spikes_.on()) item = {};
    heartbeat_.beat();
  }
  const std::optional<std::string> wrong_sum = ordered_ ? std::nullopt : fault_of_sums();
  report.stepped = report.findings.empty() && !wrong_sum;
  exchange(iteration, word, seconds_since(start), report);
  if (!report.stepped && !ordered_) find_own_faults(work, wrong_sum, report);
  if (report.stepped && spikes_.on()) find_spikes(iteration, work, report);
  if (report.stepped) {
    average_statistics();
    step_players(iteration, observer);
  }
  drop_gradients();
  return report;
}

void StepEngine::exchange(Iteration iteration, const RankWord& word, double own_seconds, StepReport& report) {
  const Heartbeat::Mark mark(heartbeat_, Section::kExchange);
  std::array<std::int64_t, 4> flags = {
      report.stepped ? 0 : 1, word.stop ? 1 : 0, word.save ? 1 : 0, word.save_failed ? 1 : 0};
  const auto start = std::chrono::steady_clock::now();
  communicator_.all_reduce(flags, Reduction::kMax, "agree on the end of an iteration");
  report.stepped = flags[0] == 0;
  report.stop_requested = flags[1] != 0;
  report.save_requested = flags[2] != 0;
  report.save_failed = flags[3] != 0;
  for (std::size_t p = 0; p < players_.size(); ++p) {
    if (players_[p].active(iteration)) exchanges_[p]->finish();
  }
  report.exchange_seconds = seconds_since(start);
  average_terms(word.news, own_seconds, report);
}

void StepEngine::compute_micro_batch(Work& work, Gradients use, StepReport& report) {
  const MicroBatch& batch = work.batch;
  std::vector<Term> row;
  std::vector<at::Tensor> statistics;
  bool first_objective = true;
  losses_.emplace_back(players_.size(), std::nan(""));
  for (const Objective& objective : recipe_.objectives(batch, work.group)) {
    const Player& player = players_[objective.player];
    const OnlyPlayer guard(players_, objective.player);
    Objective::Result result = objective.compute();
    const bool steps = player.active(batch.iteration);
    const bool exchanged = steps && use == Gradients::kExchanged;
    if (exchanged) exchanges_[objective.player]->before_backward(result.loss);
    if (steps) result.loss.backward();
    const Look look{.state = first_objective && losses_.size() == 1 ? state_.size() : 0,
                    .inputs = first_objective,
                    .gradients = ordered_ || !exchanged};
    if (auto finding = find_fault(batch, player, result, look)) keep(*std::move(finding), work.spoilt, report.findings);
    if (steps) losses_.back()[objective.player] = result.loss.item<double>();
    if (exchanged) exchanges_[objective.player]->after_backward();
    row.insert(row.end(), result.terms.begin(), result.terms.end());
    statistics.insert(statistics.end(), result.statistics.begin(), result.statistics.end());
    first_objective = false;
  }
  if (work.spoils) keep({"the part in its statistics group is not finite", batch}, false, report.findings);
  rows_.push_back(std::move(row));
  statistics_.push_back(std::move(statistics));
}

/// What is wrong with the gradients that were summed over micro-batches and ranks while they were computed.
std::optional<std::string> StepEngine::fault_of_sums() const {
  std::vector<at::Tensor> sums;
  std::vector<std::string> names;
  for (const Player& player : players_) {
    for (const auto& [name, parameter] : player.parameters) {
      if (!parameter.grad().defined()) continue;
      sums.push_back(parameter.grad());
      names.push_back(fmt::format("gradient of {} {}", player.name, name));
    }
  }
  const auto found = first_non_finite(sums);
  if (!found) return std::nullopt;
  return fmt::format("{} {}", names[*found], what_is_wrong_with(sums[*found]));
}

/// A sum does not tell which rank and micro-batch a number that is not finite came from: this computes each of this
/// rank's micro-batches once more by itself. Collective.
void StepEngine::find_own_faults(std::vector<Work>& work,
                                 const std::optional<std::string>& wrong_sum,
                                 StepReport& report) {
  losses_.clear();
  for (Work& item : work) {
    drop_gradients();
    compute_micro_batch(item, Gradients::kLookedAtAlone, report);
    heartbeat_.beat();
  }
  const bool found =
      communicator_.all_reduce(report.findings.empty() ? 0 : 1, Reduction::kMax, "agree on who found a fault") != 0;
  if (!found && wrong_sum)
    report.findings = {{*wrong_sum + " in the sum over ranks, but not where micro-batches were computed again by "
                                     "themselves",
                        std::nullopt}};
}

std::vector<StepEngine::Work> StepEngine::couple(std::vector<MicroBatch> batches) {
  std::vector<Work> work;
  for (MicroBatch& batch : batches) work.push_back({.batch = std::move(batch), .group = {}});
  if (layout_.micro_batches_per_group() == 1) return work;
  std::vector<at::Tensor> own;
  {
    const at::NoGradGuard no_grad;
    for (const Work& item : work) own.push_back(recipe_.coupled_values(item.batch));
  }
  if (!own.front().defined()) return work;
  const at::Tensor all = gather_rows(at::cat(own), group_.slices(), "gather the values of statistics groups");
  const std::vector<bool> finite = finite_rows(all);
  for (Work& item : work) {
    const std::int64_t first_slot = item.batch.index * layout_.micro_batch;
    const std::int64_t group_start = first_slot / layout_.statistics_group * layout_.statistics_group;
    item.group = {all.narrow(0, group_start, layout_.statistics_group), first_slot - group_start};
    const auto all_finite = [&](std::int64_t first, std::int64_t count) {
      return std::all_of(finite.begin() + first, finite.begin() + first + count, [](bool row) { return row; });
    };
    item.spoils = !all_finite(first_slot, layout_.micro_batch);
    item.spoilt = !item.spoils && !all_finite(group_start, layout_.statistics_group);
  }
  return work;
}

std::optional<Finding> StepEngine::find_fault(const MicroBatch& batch,
                                              const Player& player,
                                              const Objective::Result& result,
                                              const Look& look) const {
  std::vector<at::Tensor> tensors;
  for (std::size_t i = 0; i < look.state; ++i) tensors.push_back(state_[i].second);
  if (look.inputs) tensors.insert(tensors.end(), batch.tensors.begin(), batch.tensors.end());
  const std::size_t end_of_inputs = tensors.size();
  tensors.insert(tensors.end(), result.statistics.begin(), result.statistics.end());
  const std::size_t end_of_statistics = tensors.size();
  std::vector<std::string_view> names;
  for (const auto& [name, parameter] : player.parameters) {
    if (!look.gradients || !parameter.grad().defined()) continue;
    names.push_back(name);
    tensors.push_back(parameter.grad());
  }
  const auto found = first_non_finite(tensors);
  if (found && *found < look.state)
    return Finding{fmt::format("{} {}", state_[*found].first, what_is_wrong_with(tensors[*found])), std::nullopt};
  if (found && *found < end_of_inputs) return Finding{describe_input(recipe_, batch), batch};
  if (!std::isfinite(result.loss.item<double>()))
    return Finding{fmt::format("loss of {} is not finite", player.name), batch};
  if (!found) return std::nullopt;
  const std::string wrong = what_is_wrong_with(tensors[*found]);
  if (*found < end_of_statistics) return Finding{fmt::format("a batch statistic of {} {}", player.name, wrong), batch};
  return Finding{fmt::format("gradient of {} {} {}", player.name, names[*found - end_of_statistics], wrong), batch};
}

/// Of all ranks, in the order of micro-batches: one list a micro-batch with one loss a player.
std::vector<std::vector<double>> StepEngine::gather_losses() {
  std::string own;
  for (const std::vector<double>& row : losses_)
    own.append(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(double));
  std::vector<std::vector<double>> all;
  for (const std::string& blob : communicator_.all_gather(own, "share losses to find spikes")) {
    const std::size_t row_bytes = players_.size() * sizeof(double);
    for (std::size_t at = 0; at < blob.size(); at += row_bytes) {
      all.emplace_back(players_.size());
      std::memcpy(all.back().data(), blob.data() + at, row_bytes);
    }
  }
  return all;
}

void StepEngine::find_spikes(Iteration iteration, const std::vector<Work>& work, StepReport& report) {
  const std::string phase = recipe_.phase(iteration);
  const std::vector<std::vector<double>> losses = gather_losses();
  std::vector<double> means;
  for (std::size_t p = 0; p < players_.size(); ++p) {
    double sum = 0.0;
    double worst = losses.front()[p];
    for (const std::vector<double>& row : losses) {
      sum += row[p];
      worst = std::max(worst, row[p]);
    }
    means.push_back(sum / static_cast<double>(losses.size()));
    const std::optional<Spike> spike = spikes_.judge(players_[p].name, phase, means[p]);
    if (!spike) continue;
    report.stepped = false;
    for (std::size_t i = 0; i < work.size(); ++i) {
      if (losses_[i][p] <= spike->limit && losses_[i][p] < worst) continue;
      keep({fmt::format(
                "loss of {} is a spike of robust z-score {:.1f} ({:.4g} here, {:.4g} in the mean; median {:.4g})",
                players_[p].name,
                spike->score,
                losses_[i][p],
                means[p],
                spike->median),
            work[i].batch},
           false,
           report.findings);
    }
  }
  if (!report.stepped) return;
  for (std::size_t p = 0; p < players_.size(); ++p) {
    if (players_[p].active(iteration)) spikes_.accept(players_[p].name, phase, means[p]);
  }
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
  const Heartbeat::Mark mark(heartbeat_, Section::kExchange);
  if (!statistics_mean_) {
    statistics_mean_ = std::make_unique<OrderedMean>(
        group_.slices(), layout_.micro_batches(), statistics_.front(), "batch statistics");
  }
  for (std::vector<at::Tensor>& list : statistics_) statistics_mean_->add(std::move(list));
  recipe_.apply_statistics(statistics_mean_->finish());
}

void StepEngine::step_players(Iteration iteration, const GradientObserver& observer) {
  for (std::size_t p = 0; p < players_.size(); ++p) {
    if (!players_[p].active(iteration)) continue;
    std::vector<at::Tensor> gradients;
    for (const auto& [name, parameter] : players_[p].parameters) gradients.push_back(parameter.grad());
    if (observer) observer(players_[p], gradients);
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
