#include "trainer/recipes/fsrt/fsrt_step.h"

#include <gtest/gtest.h>

#include "models/blocks/initialization.h"
#include "tests/support/golden_weights.h"
#include "tests/trainer/tiny_run.h"

namespace understudy {
namespace {

constexpr std::int64_t kSize = 32;

RunSettings double_settings() {
  RunSettings settings = tiny_settings("fsrt");
  auto& config = dynamic_cast<FsrtRecipeConfig&>(*settings.recipe);
  config.precision = Precision::kFloat64;
  return settings;
}

/// [sizes], numbers in [0, 1) that tell `n`.
at::Tensor noise(at::IntArrayRef sizes, std::uint32_t n) {
  return golden::tensor_of(sizes, [n](auto i) { return golden::uniform(n, i); });
}

/// A batch of noise; every second pixel of every second row is queried.
FsrtBatch batch_of(std::int64_t samples) {
  const std::vector<std::int64_t> source = {samples, 1, 3, kSize, kSize};
  const std::vector<std::int64_t> driving = {samples, 3, kSize, kSize};
  const at::Tensor grid = torch::arange(kSize * kSize).reshape({kSize, kSize});
  const at::Tensor queried = grid.slice(0, 0, kSize, 2).slice(1, 0, kSize, 2).flatten();
  return {.source_a1 = noise(source, 1),
          .source_a2 = noise(source, 2),
          .source_full_a2 = noise(source, 3),
          .driving_a1 = noise(driving, 4),
          .driving_a2 = noise(driving, 5),
          .driving_full_a2 = noise(driving, 6),
          .driving_face_a3 = noise(driving, 7),
          .crop_scale = 1 + 0.1 * noise({samples, 2}, 8),
          .crop_shift = 0.1 * noise({samples, 2}, 9),
          .query_pixels = queried.expand({samples, -1}).contiguous(),
          .plain_from_a2 = torch::zeros({samples}, torch::kByte),
          .use_plain_expression = torch::arange(samples).remainder(2).to(torch::kByte)};
}

FsrtBatch slice(const FsrtBatch& batch, std::int64_t first, std::int64_t count) {
  Sample sample = to_sample(batch);
  for (at::Tensor& tensor : sample) tensor = tensor.narrow(0, first, count);
  return from_sample(sample);
}

/// Networks of the tiny configuration in double precision, and their step.
class Step {
 public:
  explicit Step(const BatchLayout& layout = {4, 4, 4}, bool regularization = true) : settings_(double_settings()) {
    auto& config = dynamic_cast<FsrtRecipeConfig&>(*settings_.recipe);
    config.losses.statistical_regularization = regularization;
    networks_ = make_fsrt_networks(config, 3, true);
    set_trainable(*networks_.detector, false);
    step_ = std::make_unique<FsrtStep>(config, layout, networks_, /*vgg=*/nullptr);
  }

  FsrtPass forward(const FsrtBatch& batch, const FsrtPhase& phase) const {
    FsrtPass pass = step_->extract(batch);
    step_->predict(batch, phase, pass);
    return pass;
  }

  /// Adds the gradients of a batch's loss, `weight` times, to those of the networks.
  FsrtGeneratorLoss backward(const FsrtBatch& batch,
                             const FsrtPhase& phase,
                             const CoupledGroup& group,
                             double weight) const {
    FsrtGeneratorLoss loss = step_->generator_loss(forward(batch, phase), phase, group);
    (weight * loss.total).backward();
    return loss;
  }

  std::vector<at::Tensor> take_gradients() const {
    std::vector<at::Tensor> gradients;
    for (at::Tensor& parameter : networks_.model->parameters()) {
      gradients.push_back(parameter.grad().defined() ? parameter.grad().clone() : torch::zeros_like(parameter));
      parameter.mutable_grad() = at::Tensor();
    }
    return gradients;
  }

  const FsrtStep& operator*() const { return *step_; }
  const FsrtStep* operator->() const { return step_.get(); }
  const FsrtNetworks& networks() const { return networks_; }

 private:
  RunSettings settings_;
  FsrtNetworks networks_;
  std::unique_ptr<FsrtStep> step_;
};

double term(const FsrtGeneratorLoss& loss, const std::string& name) {
  for (const auto& [known, value] : loss.terms) {
    if (known == name) return value;
  }
  ADD_FAILURE() << "no term " << name;
  return 0;
}

void expect_close(const std::vector<at::Tensor>& found, const std::vector<at::Tensor>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double scale = 1e-12 + expected[i].abs().max().item<double>();
    EXPECT_LT((found[i] - expected[i]).abs().max().item<double>(), 1e-10 * scale + 1e-15) << "parameter " << i;
  }
}

TEST(FsrtPhase, ChangesAtTheOfficialIterations) {
  const FsrtPhaseConfig config;
  struct Expected {
    Iteration iteration;
    bool whole_picture;
    bool discriminator;
    bool adversarial;
  };
  for (const Expected& e : {Expected{0, false, false, false},
                            Expected{199'999, false, false, false},
                            Expected{200'000, true, false, false},
                            Expected{499'999, true, false, false},
                            Expected{500'000, true, true, false},
                            Expected{500'499, true, true, false},
                            Expected{500'500, true, true, true}}) {
    const FsrtPhase phase = FsrtPhase::at(config, e.iteration);
    EXPECT_EQ(phase.whole_picture, e.whole_picture) << e.iteration;
    EXPECT_EQ(phase.perceptual, e.whole_picture) << e.iteration;
    EXPECT_EQ(phase.discriminator, e.discriminator) << e.iteration;
    EXPECT_EQ(phase.adversarial, e.adversarial) << e.iteration;
  }
}

TEST(FsrtPhase, HasNoAdversaryWithoutDiscriminator) {
  FsrtPhaseConfig config;
  config.use_discriminator = false;
  const FsrtPhase phase = FsrtPhase::at(config, 600'000);
  EXPECT_TRUE(phase.perceptual);
  EXPECT_FALSE(phase.discriminator);
  EXPECT_FALSE(phase.adversarial);
}

TEST(FsrtStep, AddsUpItsTerms) {
  at::set_num_threads(1);
  const Step step;
  const FsrtGeneratorLoss loss = step->generator_loss(step.forward(batch_of(2), {}), {}, {});
  const double regularisation =
      term(loss, "invariance") + 0.2 * term(loss, "variance") + 1.0 * term(loss, "covariance");
  EXPECT_NEAR(term(loss, "regularisation"), regularisation, 1e-12);
  EXPECT_NEAR(loss.total.item<double>(), term(loss, "mse") + regularisation, 1e-12);
  EXPECT_GT(term(loss, "covariance"), 0.0);
}

TEST(FsrtStep, LogsInvarianceButDoesNotTrainItWithoutRegularisation) {
  at::set_num_threads(1);
  const Step step({4, 4, 4}, /*regularization=*/false);
  const FsrtGeneratorLoss loss = step->generator_loss(step.forward(batch_of(2), {}), {}, {});
  EXPECT_GT(term(loss, "invariance"), 0.0);
  EXPECT_EQ(term(loss, "variance"), 0.0);
  EXPECT_EQ(loss.total.item<double>(), term(loss, "mse"));
}

TEST(FsrtStep, DifferentiatesAGroupOverMicroBatchesAsOneMicroBatch) {
  at::set_num_threads(1);
  const FsrtBatch whole = batch_of(4);
  const Step one({4, 4, 4});
  const FsrtGeneratorLoss expected_loss = one.backward(whole, {}, {}, 1.0);
  const std::vector<at::Tensor> expected = one.take_gradients();
  for (const std::int64_t micro_batch : {1, 2}) {
    const Step step({4, micro_batch, 4});
    at::Tensor values;
    {
      const at::NoGradGuard no_grad;
      values = step->extract(whole).expressions.rows();
    }
    double total = 0;
    const double share = static_cast<double>(micro_batch) / 4;
    for (std::int64_t first = 0; first < 4; first += micro_batch) {
      const FsrtGeneratorLoss loss = step.backward(slice(whole, first, micro_batch), {}, {values, first}, share);
      total += share * loss.total.item<double>();
    }
    EXPECT_NEAR(total, expected_loss.total.item<double>(), 1e-12);
    expect_close(step.take_gradients(), expected);
  }
}

TEST(FsrtStep, SendsGradientThroughSampledPixelsAlone) {
  at::set_num_threads(1);
  const FsrtBatch batch = batch_of(1);
  const FsrtPhase phase{.whole_picture = true};
  const Step step;
  FsrtPass pass = step.forward(batch, phase);
  ASSERT_EQ(pass.prediction.sizes(), (std::vector<std::int64_t>{1, 3, kSize, kSize}));
  at::Tensor elsewhere = torch::ones({kSize, kSize}, torch::kDouble);
  elsewhere.flatten().index_fill_(0, batch.query_pixels[0], 0);
  ASSERT_EQ(elsewhere.sum().item<double>(), kSize * kSize * 3 / 4);
  (pass.prediction * elsewhere).sum().backward();
  for (const at::Tensor& gradient : step.take_gradients()) EXPECT_EQ(gradient.abs().max().item<double>(), 0.0);

  pass = step.forward(batch, phase);
  (pass.prediction * (1 - elsewhere)).sum().backward();
  EXPECT_GT(step.take_gradients().front().abs().max().item<double>(), 0.0);
}

TEST(FsrtStep, PredictsTheSameColoursForPixelsWithAndWithoutGradient) {
  at::set_num_threads(1);
  const FsrtBatch batch = batch_of(1);
  const Step step;
  const at::Tensor mixed = step.forward(batch, {.whole_picture = true}).prediction.detach();
  const FsrtPass sampled = step.forward(batch, {});
  const at::NoGradGuard no_grad;
  const at::Tensor plain = step.forward(batch, {.whole_picture = true}).prediction;
  EXPECT_LT((mixed - plain).abs().max().item<double>(), 1e-12);
  const at::Tensor at_queries = plain.flatten(2).transpose(1, 2)[0].index_select(0, batch.query_pixels[0]);
  EXPECT_LT((sampled.prediction[0] - at_queries).abs().max().item<double>(), 1e-12);
}

TEST(FsrtStep, MovesKeypointsOfFullFramesIntoTheCrop) {
  at::set_num_threads(1);
  FsrtBatch batch = batch_of(2);
  const Step step;
  const at::NoGradGuard no_grad;
  const at::Tensor moved = step->extract(batch).driving_keypoints;
  batch.crop_scale = torch::ones({2, 2});
  batch.crop_shift = torch::zeros({2, 2});
  const at::Tensor plain = step->extract(batch).driving_keypoints;
  const FsrtBatch crop = batch_of(2);
  const at::Tensor expected =
      (plain + crop.crop_shift.to(at::kDouble).unsqueeze(1)) * crop.crop_scale.to(at::kDouble).unsqueeze(1);
  EXPECT_LT((moved - expected).abs().max().item<double>(), 1e-12);
}

TEST(FsrtStep, GivesTheDecoderTheChosenExpression) {
  at::set_num_threads(1);
  const Step step;
  const at::NoGradGuard no_grad;
  FsrtBatch batch = batch_of(2);
  const FsrtExpressions found = step->extract(batch).expressions;
  EXPECT_TRUE(found.selected[0].equal(found.driving_face_a3[0]));
  EXPECT_TRUE(found.selected[1].equal(found.driving_plain[1]));
  batch.plain_from_a2 = torch::ones({2}, torch::kByte);
  batch.driving_a1 = batch.driving_a2;
  const at::Tensor from_a2 = step->extract(batch).expressions.driving_plain;
  EXPECT_FALSE(from_a2.equal(found.driving_plain));
  batch.plain_from_a2 = torch::zeros({2}, torch::kByte);
  EXPECT_TRUE(step->extract(batch).expressions.driving_plain.equal(from_a2));
}

TEST(FsrtStep, KeepsTheGeneratorOutOfTheDiscriminatorsStep) {
  at::set_num_threads(1);
  const Step step;
  const FsrtPass pass = step.forward(batch_of(1), {.whole_picture = true});
  step->discriminator_loss(pass).total.backward();
  for (const at::Tensor& gradient : step.take_gradients()) EXPECT_EQ(gradient.abs().max().item<double>(), 0.0);
  for (const auto& item : step.networks().discriminator->named_parameters())
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
}

}  // namespace
}  // namespace understudy
