#include "models/blocks/attention.h"

#include <torch/torch.h>

namespace understudy {

at::Tensor attend(const at::Tensor& queries, const KeyValues& memory) {
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
  expand_ = net.register_module("0", std::make_shared<Linear>(shape.width, shape.hidden));
  contract_ = net.register_module("3", std::make_shared<Linear>(shape.hidden, shape.width));
}

at::Tensor FeedForward::forward(const at::Tensor& stream) const {
  at::Tensor hidden = expand_->forward(norm_->forward(stream));
  hidden = at::GradMode::is_enabled() ? at::gelu(hidden) : at::gelu_(hidden);
  return contract_->forward(hidden).add_(stream);
}

SelfAttentionBlock::SelfAttentionBlock(const TransformerShape& shape) : heads_(shape.heads) {
  const std::int64_t inner = shape.heads * shape.head_width;
  torch::nn::Module& attention = add_group(*this, "0");
  norm_ = attention.register_module("norm", std::make_shared<LayerNorm>(shape.width));
  torch::nn::Module& fn = add_group(attention, "fn");
  to_qkv_ = fn.register_module("to_qkv", std::make_shared<Linear>(shape.width, 3 * inner, false));
  to_out_ = add_group(fn, "to_out").register_module("0", std::make_shared<Linear>(inner, shape.width));
  feed_forward_ = register_module("1", std::make_shared<FeedForward>(shape));
}

at::Tensor SelfAttentionBlock::forward(const at::Tensor& tokens) const {
  const std::vector<at::Tensor> qkv = to_qkv_->forward(norm_->forward(tokens)).chunk(3, -1);
  const KeyValues memory{split_heads(qkv[1], heads_), split_heads(qkv[2], heads_)};
  const at::Tensor attended = attend(split_heads(qkv[0], heads_), memory);
  return feed_forward_->forward(to_out_->forward(join_heads(attended)).add_(tokens));
}

CrossAttentionBlock::CrossAttentionBlock(const TransformerShape& shape) : heads_(shape.heads) {
  const std::int64_t inner = shape.heads * shape.head_width;
  torch::nn::Module& attention = add_group(*this, "0");
  norm_ = attention.register_module("norm", std::make_shared<LayerNorm>(shape.width));
  torch::nn::Module& fn = add_group(attention, "fn");
  to_q_ = fn.register_module("to_q", std::make_shared<Linear>(shape.width, inner, false));
  to_kv_ = fn.register_module("to_kv", std::make_shared<Linear>(shape.memory_width, 2 * inner, false));
  to_out_ = add_group(fn, "to_out").register_module("0", std::make_shared<Linear>(inner, shape.width));
  feed_forward_ = register_module("1", std::make_shared<FeedForward>(shape));
}

KeyValues CrossAttentionBlock::project(const at::Tensor& tokens) const {
  const std::vector<at::Tensor> kv = to_kv_->forward(tokens).chunk(2, -1);
  return {split_heads(kv[0], heads_).contiguous(), split_heads(kv[1], heads_).contiguous()};
}

at::Tensor CrossAttentionBlock::forward(const at::Tensor& stream, const KeyValues& memory) const {
  const at::Tensor queries = split_heads(to_q_->forward(norm_->forward(stream)), heads_);
  return feed_forward_->forward(to_out_->forward(join_heads(attend(queries, memory))).add_(stream));
}

}  // namespace understudy
