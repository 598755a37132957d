#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/blocks/attention.h"
#include "models/blocks/layers.h"
#include "models/fsrt/fsrt_config.h"

namespace understudy {

/// Keys and values of the source tokens, one entry a decoder block, computed once for any number of queries.
struct TokenMemory {
  std::vector<KeyValues> blocks;
  /// The same numbers cut from the graph: for the queries that take no gradient.
  TokenMemory detached() const;
  /// One sample's part, a view.
  TokenMemory of_sample(std::int64_t sample) const;
};

/// Tokens and queries to colours (FSRT 3.1), full or small. The first layer's share of keypoints and expression is
/// computed once a sample instead of once a query.
class FsrtDecoder : public torch::nn::Module {
 public:
  explicit FsrtDecoder(const FsrtModelConfig& config);

  /// @param tokens  [b, n, token width]
  TokenMemory prepare_tokens(const at::Tensor& tokens) const;

  /// Colours of queries, differentiable.
  /// @param coordinates  [b, p, 2] float32, pixel centres of pixel_grid or any others
  /// @param keypoints    [b, k, 2]   @param expression  [b, e]
  /// @return  [b, p, 3], not clamped
  at::Tensor forward(const TokenMemory& memory,
                     const at::Tensor& coordinates,
                     const at::Tensor& keypoints,
                     const at::Tensor& expression) const;

  /// The same without a graph, at most `no_gradient_queries` at once: memory grows with the result only.
  at::Tensor decode_no_grad(const TokenMemory& memory,
                            const at::Tensor& coordinates,
                            const at::Tensor& keypoints,
                            const at::Tensor& expression) const;

  /// A picture of every pixel without a graph. @return [b, 3, size, size], not clamped
  at::Tensor decode_all_pixels_no_grad(const TokenMemory& memory,
                                       const at::Tensor& keypoints,
                                       const at::Tensor& expression,
                                       std::int64_t size) const;

  /// The steps of forward, for tests: queries after the input MLP [b, p, q]; after the transformer [b, p, q]; colours.
  at::Tensor embed(const at::Tensor& coordinates, const at::Tensor& keypoints, const at::Tensor& expression) const;
  at::Tensor transform(at::Tensor stream, const TokenMemory& memory) const;
  at::Tensor render(const at::Tensor& stream) const;

 private:
  at::Tensor sample_share(const at::Tensor& keypoints, const at::Tensor& expression) const;
  at::Tensor embed_with(const at::Tensor& coordinates, const at::Tensor& sample_share) const;

  FsrtModelConfig config_;
  std::shared_ptr<Mlp> input_mlp_;
  std::vector<std::shared_ptr<CrossAttentionBlock>> blocks_;
  std::shared_ptr<Mlp> render_mlp_;
};

}  // namespace understudy
