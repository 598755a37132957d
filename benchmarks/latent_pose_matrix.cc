// What the discriminator's matrix of one row a training video costs an iteration of latent pose descriptors, by its
// number of rows: power iteration, rows of a micro-batch with their gradient through the matrix's deviation, and Adam.
// Its gradient is dense by the method. The step that all this is a part of takes the ratios' denominators: the three
// passes of the discriminator over the same micro-batch at the published size, forward and backward.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include "models/blocks/spectral_norm.h"
#include "models/latent_pose/discriminator.h"
#include "trainer/adam.h"
#include "trainer/memory_pool.h"

namespace understudy {
namespace {

constexpr std::int64_t kWidth = 512;
constexpr std::int64_t kSamples = 4;
constexpr int kRepetitions = 5;

/// The least of several, in milliseconds.
double milliseconds(const std::function<void()>& work) {
  double least = 1e30;
  for (int i = 0; i < kRepetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    least =
        std::min(least, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  return least;
}

double discriminator_passes() {
  ProjectionDiscriminator discriminator({.labels = 1});
  initialize(discriminator, 1, "discriminator");
  discriminator.iterate_power();
  const at::Tensor pictures = torch::rand({kSamples, 3, 256, 256}).requires_grad_();
  const at::Tensor labels = torch::zeros({kSamples}, torch::kLong);
  return milliseconds([&] {
    for (const SpectralPass pass :
         {SpectralPass::kFakeForGenerator, SpectralPass::kFakeForDiscriminator, SpectralPass::kReal})
      discriminator.forward(pictures, discriminator.label_embedding(labels), pass).scores.sum().backward();
  });
}

void measure(std::int64_t rows, double passes) {
  SpectralEmbedding matrix(rows, kWidth, 1e-4);
  {
    const at::NoGradGuard no_grad;
    at::Tensor(matrix.weight()).uniform_(-0.1, 0.1);
  }
  matrix.iterate_power();
  const at::Tensor labels = torch::randint(rows, {kSamples}, torch::kLong);
  const double power = milliseconds([&] { matrix.iterate_power(); });
  const double gradient = milliseconds([&] {
    at::Tensor(matrix.weight()).mutable_grad() = at::Tensor();
    matrix.forward(labels).square().sum().backward();
  });
  Adam adam({{"embed", matrix.weight()}}, {.beta1 = 0.0, .epsilon = 1e-5});
  const std::vector<at::Tensor> gradients{matrix.weight().grad()};
  const double step = milliseconds([&] { adam.step(gradients, 2e-4); });
  std::printf("%8lld %9.0f %12.1f %12.1f %12.1f %12.1f %18.3f\n",
              static_cast<long long>(rows),
              4.0 * 4.0 * static_cast<double>(rows * kWidth) / 1e6,
              power,
              gradient,
              step,
              power + gradient + step,
              (power + gradient + step) / passes);
}

}  // namespace
}  // namespace understudy

int main() {
  using namespace understudy;
  keep_tensor_memory();
  torch::manual_seed(1);
  const double passes = discriminator_passes();
  std::printf("three passes of the discriminator over %lld pictures of 256 pixels: %.0f ms, %d threads\n\n",
              static_cast<long long>(kSamples),
              passes,
              at::get_num_threads());
  std::printf("    rows  MB of it  power it. ms  gradient ms      Adam ms  together ms  share of passes\n");
  for (const std::int64_t rows : {1000, 10'000, 98'000}) measure(rows, passes);
}
