#include "models/blocks/attention.h"

#include <cmath>

#include <torch/torch.h>

namespace understudy {
namespace {

// Product, softmax, product: what fused attention computes, in the order of the published code. Some queries at a time,
// which changes no bit. The gradient comes from the fused form.
class PlainAttention : public torch::autograd::Function<PlainAttention> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& queries,
                            const at::Tensor& keys,
                            const at::Tensor& values) {
    constexpr std::int64_t kQueries = 1024;
    context->save_for_backward({queries, keys, values});
    const double scale = 1.0 / std::sqrt(static_cast<double>(queries.size(-1)));
    std::vector<at::Tensor> attended;
    for (const at::Tensor& some : queries.split(kQueries, 2)) {
      const at::Tensor scores = at::matmul(some, keys.transpose(-1, -2)).mul_(scale);
      attended.push_back(at::matmul(at::softmax(scores, -1), values));
    }
    return at::cat(attended, 2);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const at::AutoGradMode with_graph(true);
    std::vector<at::Tensor> leaves;
    for (const at::Tensor& saved : context->get_saved_variables()) leaves.push_back(saved.detach().requires_grad_());
    const at::Tensor fused = at::scaled_dot_product_attention(leaves[0], leaves[1], leaves[2]);
    return torch::autograd::grad({fused}, leaves, {gradients[0]});
  }
};

}  // namespace

at::Tensor attend(const at::Tensor& queries, const KeyValues& memory, Arithmetic arithmetic) {
  if (arithmetic == Arithmetic::kPlain) return PlainAttention::apply(queries, memory.keys, memory.values);
  return at::scaled_dot_product_attention(queries, memory.keys, memory.values);
}

at::Tensor split_heads(const at::Tensor& features, std::int64_t heads) {
  return features.unflatten(-1, {heads, -1}).transpose(1, 2);
}

at::Tensor join_heads(const at::Tensor& features) {
  return features.transpose(1, 2).flatten(2);
}

FeedForward::FeedForward(const TransformerShape& shape) {
  norm_ = register_module("norm", std::make_shared<LayerNorm>(shape.width));
  torch::nn::Module& net = add_group(add_group(*this, "fn"), "net");
  expand_ = net.register_module("0", std::make_shared<Linear>(shape.width, shape.hidden, true, shape.arithmetic));
  contract_ = net.register_module("3", std::make_shared<Linear>(shape.hidden, shape.width, true, shape.arithmetic));
}

at::Tensor FeedForward::forward(const at::Tensor& stream) const {
  at::Tensor hidden = expand_->forward(norm_->forward(stream));
  hidden = at::GradMode::is_enabled() ? at::gelu(hidden) : at::gelu_(hidden);
  return contract_->forward(hidden).add_(stream);
}

SelfAttentionBlock::SelfAttentionBlock(const TransformerShape& shape)
    : heads_(shape.heads), arithmetic_(shape.arithmetic) {
  const std::int64_t inner = shape.heads * shape.head_width;
  torch::nn::Module& attention = add_group(*this, "0");
  norm_ = attention.register_module("norm", std::make_shared<LayerNorm>(shape.width));
  torch::nn::Module& fn = add_group(attention, "fn");
  to_qkv_ = fn.register_module("to_qkv", std::make_shared<Linear>(shape.width, 3 * inner, false, shape.arithmetic));
  to_out_ = add_group(fn, "to_out")
                .register_module("0", std::make_shared<Linear>(inner, shape.width, true, shape.arithmetic));
  feed_forward_ = register_module("1", std::make_shared<FeedForward>(shape));
}

at::Tensor SelfAttentionBlock::forward(const at::Tensor& tokens) const {
  const std::vector<at::Tensor> qkv = to_qkv_->forward(norm_->forward(tokens)).chunk(3, -1);
  const KeyValues memory{split_heads(qkv[1], heads_), split_heads(qkv[2], heads_)};
  const at::Tensor attended = attend(split_heads(qkv[0], heads_), memory, arithmetic_);
  return feed_forward_->forward(to_out_->forward(join_heads(attended)).add_(tokens));
}

CrossAttentionBlock::CrossAttentionBlock(const TransformerShape& shape)
    : heads_(shape.heads), arithmetic_(shape.arithmetic) {
  const std::int64_t inner = shape.heads * shape.head_width;
  torch::nn::Module& attention = add_group(*this, "0");
  norm_ = attention.register_module("norm", std::make_shared<LayerNorm>(shape.width));
  torch::nn::Module& fn = add_group(attention, "fn");
  to_q_ = fn.register_module("to_q", std::make_shared<Linear>(shape.width, inner, false, shape.arithmetic));
  to_kv_ =
      fn.register_module("to_kv", std::make_shared<Linear>(shape.memory_width, 2 * inner, false, shape.arithmetic));
  to_out_ = add_group(fn, "to_out")
                .register_module("0", std::make_shared<Linear>(inner, shape.width, true, shape.arithmetic));
  feed_forward_ = register_module("1", std::make_shared<FeedForward>(shape));
}

KeyValues CrossAttentionBlock::project(const at::Tensor& tokens) const {
  const std::vector<at::Tensor> kv = to_kv_->forward(tokens).chunk(2, -1);
  return {split_heads(kv[0], heads_).contiguous(), split_heads(kv[1], heads_).contiguous()};
}

at::Tensor CrossAttentionBlock::forward(const at::Tensor& stream, const KeyValues& memory) const {
  const at::Tensor queries = split_heads(to_q_->forward(norm_->forward(stream)), heads_);
  return feed_forward_->forward(to_out_->forward(join_heads(attend(queries, memory, arithmetic_))).add_(stream));
}

}  // namespace understudy
