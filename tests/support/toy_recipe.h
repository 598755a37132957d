#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "common/errors.h"
#include "trainer/recipe.h"

namespace understudy {

/// A linear model y = x W, x [b, 3], W [3, 2], and a judge v [2] that wants y v = 1. Small enough that its gradients
/// can be written down:
///   generator: mean |y|^2 + mean(y v) + |mean of y over the statistics group|^2
///   judge:     mean (y v - 1)^2, y without gradient
class ToyRecipe : public Recipe {
 public:
  explicit ToyRecipe(std::int64_t statistics_group = 0, std::int64_t micro_batch = 1)
      : rows_of_group_(statistics_group), micro_batch_(micro_batch) {
    weight_ = torch::arange(6, torch::kFloat).reshape({3, 2}).div(7).sub(0.3).set_requires_grad(true);
    judge_ = torch::tensor({0.5F, -0.75F}).set_requires_grad(true);
  }

  std::int64_t infinite_gradient_at = -1;  ///< micro-batch whose loss is finite, but not its gradient
  std::int64_t infinite_loss_at = -1;      ///< micro-batch
  std::int64_t infinite_judge_at = -1;     ///< micro-batch whose judge alone has a gradient that is not finite
  Iteration judge_starts = 0;
  std::int64_t unreadable_sample = -1;  ///< cannot be prepared
  bool saw_frozen_judge = true;         ///< at every computation of the generator
  int statistics_calls = 0;

  EpisodeSpec episode() const override { return {.sources = 1}; }
  void move_to(at::Device) override {}

  /// Numbers that tell the episode and its use.
  Sample prepare(const EpisodeFrames& read, const SampleUse& use) const override {
    const Episode& episode = read.episode();
    if (static_cast<std::int64_t>(episode.sample) == unreadable_sample) throw DataError("unreadable");
    const auto number = static_cast<float>(episode.sample);
    const auto frames = static_cast<float>(10 * episode.frames.front().frame + episode.frames.back().frame);
    return {torch::tensor({number / 8, static_cast<float>(episode.clip), frames / 64}),
            torch::tensor({static_cast<std::int64_t>(use.training), use.iteration})};
  }

  std::vector<Player> players() override {
    const auto rate = [](Iteration) { return 0.01; };
    return {{.name = "generator", .parameters = {{"weight", weight_}}, .adam = {}, .learning_rate = rate},
            {.name = "judge",
             .parameters = {{"vector", judge_}},
             .adam = {},
             .learning_rate = rate,
             .active = [this](Iteration iteration) { return iteration >= judge_starts; }}};
  }

  at::Tensor coupled_values(const MicroBatch& batch) override {
    return rows_of_group_ > 0 ? batch.tensors[0].matmul(weight_) : at::Tensor();
  }

  std::vector<Objective> objectives(const MicroBatch& batch, const CoupledGroup& group) override {
    const auto output = std::make_shared<at::Tensor>();
    return {{.player = 0, .compute = [this, &batch, &group, output] { return generator(batch, group, *output); }},
            {.player = 1, .compute = [this, &batch, output]() -> Objective::Result {
               at::Tensor loss = (output->matmul(judge_) - 1).square().mean();
               if (batch.index == infinite_judge_at) loss = loss + (judge_ - judge_.detach()).sum().sqrt();
               return {.loss = loss, .terms = {{"judge", loss.item<double>()}}};
             }}};
  }

  void apply_statistics(std::span<const at::Tensor> means) override {
    running_mean_.copy_(means[0]);
    ++statistics_calls;
  }

  std::vector<std::string> validation_metrics() const override { return {"number", "output"}; }
  std::vector<std::vector<double>> validate(const MicroBatch& batch) override {
    const at::Tensor output = batch.tensors[0].matmul(weight_).sum(1);
    std::vector<std::vector<double>> rows;
    for (std::int64_t i = 0; i < batch.size(); ++i) {
      const auto number = static_cast<double>(batch.episodes[static_cast<std::size_t>(i)].sample);
      rows.push_back({number, output[i].item<double>()});
    }
    return rows;
  }

  std::vector<std::pair<std::string, at::Tensor>> batch_tensors(const MicroBatch& batch) const override {
    return {{"x", batch.tensors[0]}};
  }

  std::vector<std::pair<std::string, at::Tensor>> state() override {
    return {{"weight", weight_}, {"judge.vector", judge_}, {"running_mean", running_mean_}};
  }

  const at::Tensor& weight() const { return weight_; }
  const at::Tensor& judge() const { return judge_; }
  const at::Tensor& running_mean() const { return running_mean_; }

 private:
  Objective::Result generator(const MicroBatch& batch, const CoupledGroup& group, at::Tensor& output) {
    saw_frozen_judge = saw_frozen_judge && !judge_.requires_grad();
    const at::Tensor y = batch.tensors[0].matmul(weight_);
    output = y.detach();
    at::Tensor loss = y.square().sum(1).mean() + y.matmul(judge_).mean();
    if (group.values.defined()) loss = loss + coupled(y, group);
    if (batch.index == infinite_gradient_at) loss = loss + (weight_ - weight_.detach()).sum().sqrt();
    if (batch.index == infinite_loss_at) loss = loss / 0;
    return {.loss = loss, .terms = {{"total", loss.item<double>()}}, .statistics = {batch.tensors[0].mean(0)}};
  }

  at::Tensor coupled(const at::Tensor& own, const CoupledGroup& group) const {
    at::Tensor rows = group.values.clone();
    rows.narrow(0, group.first_row, own.size(0)).copy_(own);
    const at::Tensor value = rows.mean(0).square().sum();
    const double share = static_cast<double>(rows_of_group_) / static_cast<double>(micro_batch_);
    return value.detach() + share * (value - value.detach());
  }

  std::int64_t rows_of_group_;
  std::int64_t micro_batch_;
  at::Tensor weight_;
  at::Tensor judge_;
  at::Tensor running_mean_ = torch::zeros({3});
};

}  // namespace understudy
