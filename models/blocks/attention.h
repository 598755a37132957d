#pragma once

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>

#include "models/blocks/layers.h"

namespace understudy {

/// Keys and values of an attention layer, each [batch, heads, tokens, head width].
struct KeyValues {
  at::Tensor keys;
  at::Tensor values;
};

/// softmax(q k^T / sqrt(head width)) v without ever holding the whole score matrix.
/// @param queries  [batch, heads, n, head width]  @return the same shape
at::Tensor attend(const at::Tensor& queries, const KeyValues& memory, Arithmetic arithmetic = Arithmetic::kFast);

/// [batch, n, heads * width] seen as [batch, heads, n, width]; feature index = head * width + d.
at::Tensor split_heads(const at::Tensor& features, std::int64_t heads);
/// The inverse of split_heads.
at::Tensor join_heads(const at::Tensor& features);

/// Widths of a transformer block.
struct TransformerShape {
  std::int64_t width;  ///< of the stream
  std::int64_t heads;
  std::int64_t head_width;
  std::int64_t hidden;            ///< of the feed-forward part
  std::int64_t memory_width = 0;  ///< of the tokens that cross-attention looks at
  Arithmetic arithmetic = Arithmetic::kFast;
};

/// x + W2 gelu(W1 norm(x)); GELU in its exact form. Children norm, fn.net.0, fn.net.3.
class FeedForward : public torch::nn::Module {
 public:
  explicit FeedForward(const TransformerShape& shape);
  at::Tensor forward(const at::Tensor& stream) const;

 private:
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<Linear> expand_;
  std::shared_ptr<Linear> contract_;
};

/// Pre-norm self-attention over all tokens, then the feed-forward part (FSRT, 3.1). Children "0" and "1".
class SelfAttentionBlock : public torch::nn::Module {
 public:
  explicit SelfAttentionBlock(const TransformerShape& shape);
  /// @param tokens  [batch, n, width]
  at::Tensor forward(const at::Tensor& tokens) const;

 private:
  std::int64_t heads_;
  Arithmetic arithmetic_;
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<Linear> to_qkv_;
  std::shared_ptr<Linear> to_out_;
  std::shared_ptr<FeedForward> feed_forward_;
};

/// Pre-norm cross-attention from a query stream to tokens that are not normalised, then the feed-forward part.
class CrossAttentionBlock : public torch::nn::Module {
 public:
  explicit CrossAttentionBlock(const TransformerShape& shape);
  /// Projects tokens [batch, n, memory width] once for any number of queries.
  KeyValues project(const at::Tensor& tokens) const;
  /// @param stream  [batch, n, width]
  at::Tensor forward(const at::Tensor& stream, const KeyValues& memory) const;

 private:
  std::int64_t heads_;
  Arithmetic arithmetic_;
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<Linear> to_q_;
  std::shared_ptr<Linear> to_kv_;
  std::shared_ptr<Linear> to_out_;
  std::shared_ptr<FeedForward> feed_forward_;
};

}  // namespace understudy
