#include "models/blocks/script_module.h"

#include <algorithm>

#include <fmt/format.h>
#include <torch/torch.h>

#include "common/errors.h"

namespace understudy {
namespace {

using ScriptModule = torch::jit::Module;

// As Linear::forward chooses: many rows of wide float32 features (ScalarType 6) go through a 1x1 convolution on a CPU.
constexpr const char* kLinear = R"py(
def forward(self, x: Tensor) -> Tensor:
    outputs = self.weight.size(0)
    inputs = self.weight.size(1)
    wide = outputs >= 256 and inputs >= 256 and x.numel() >= 1024 * inputs
    if not wide or self.weight.is_cuda or x.dtype != 6 or not x.is_contiguous():
        return torch.linear(x, {0})
    pixels = x.view([1, -1, 1, inputs]).permute([0, 3, 1, 2])
    weight = self.weight.unsqueeze(-1).unsqueeze(-1)
    y = torch.conv2d(pixels, weight, {1}, [1, 1], [0, 0], [1, 1], 1)
    return y.permute([0, 2, 3, 1]).reshape(x.size()[:-1] + [outputs])
)py";

std::string weight_and_bias(const ScriptModule& layer) {
  return layer.hasattr("bias") ? "self.weight, self.bias" : "self.weight, None";
}

void define_forward(ScriptModule layer, std::string_view expression) {
  layer.define(fmt::format("def forward(self, x: Tensor) -> Tensor:\n    return {}\n", expression));
}

}  // namespace

ScriptModule script_group(const std::string& class_name) {
  ScriptModule group("__torch__." + class_name);
  group.register_attribute("training", c10::BoolType::get(), false);
  return group;
}

ScriptModule script_twin(const torch::nn::Module& network, const std::string& class_name) {
  ScriptModule twin = script_group(class_name);
  for (const auto& own : network.named_parameters(/*recurse=*/false)) {
    twin.register_parameter(own.key(), own.value().detach(), /*is_buffer=*/false);
  }
  for (const auto& own : network.named_buffers(/*recurse=*/false)) {
    twin.register_buffer(own.key(), own.value().detach());
  }
  for (const auto& child : network.named_children()) {
    twin.register_module(child.key(), script_twin(*child.value(), class_name + "_" + child.key()));
  }
  return twin;
}

ScriptModule script_part(ScriptModule module, std::string_view path) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    const std::string step(path.substr(0, end));
    if (!module.hasattr(step)) {
      throw CheckpointError(fmt::format("script of {}: no part \"{}\"", module.type()->name()->qualifiedName(), step));
    }
    module = module.attr(step).toModule();
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return module;
}

void script_constant(ScriptModule part, const std::string& name, std::int64_t value) {
  part.register_attribute(name, c10::IntType::get(), value);
}

void script_linear(ScriptModule layer) {
  layer.define(fmt::format(kLinear, weight_and_bias(layer), layer.hasattr("bias") ? "self.bias" : "None"));
}

void script_layer_norm(ScriptModule layer) {
  const std::int64_t width = layer.attr("weight").toTensor().size(0);
  define_forward(layer, fmt::format("torch.layer_norm(x, [{}], self.weight, self.bias, 1e-05)", width));
}

void script_conv(ScriptModule layer, std::int64_t stride, std::int64_t padding) {
  define_forward(
      layer,
      fmt::format("torch.conv2d(x, {0}, [{1}, {1}], [{2}, {2}], [1, 1], 1)", weight_and_bias(layer), stride, padding));
}

void script_batch_norm(ScriptModule layer) {
  define_forward(layer,
                 "torch.batch_norm(x, self.weight, self.bias, self.running_mean, self.running_var, False, 0.0, 1e-05, "
                 "False)");
}

void script_mlp(ScriptModule mlp) {
  std::string rest = "def after_first(self, x: Tensor) -> Tensor:\n";
  bool first = true;
  for (const auto& layer : mlp.named_children()) {
    script_linear(layer.value);
    if (!first) rest += fmt::format("    x = getattr(self, \"{}\").forward(torch.relu(x))\n", layer.name);
    first = false;
  }
  mlp.define(rest + "    return x\n");
  define_forward(mlp, "self.after_first(getattr(self, \"0\").forward(x))");
}

}  // namespace understudy
