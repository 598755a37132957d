#include "trainer/evaluation/judges.h"

#include <sstream>
#include <string>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include "common/errors.h"

namespace understudy {
namespace {

/// What torch says without the code and the stack around it: the line that names the error, else the first one.
std::string first_sentence(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  std::istringstream lines(torch_error == nullptr ? error.what() : torch_error->what_without_backtrace());
  std::string first;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("Error: ") != std::string::npos) return line;
    if (first.empty()) first = line;
  }
  return first.substr(0, first.find(". "));
}

torch::jit::Module load(const std::filesystem::path& file, const char* what) {
  if (!std::filesystem::is_regular_file(file))
    throw CheckpointError(
        fmt::format("{} {}: no such file; docs/evaluation.md says how to make one", what, file.string()));
  try {
    torch::jit::Module module = torch::jit::load(file.string(), at::kCPU);
    module.eval();
    return module;
  } catch (const std::exception& error) {
    throw CheckpointError(fmt::format("{} {}: no TorchScript file ({}); write one with torch.jit.script and save",
                                      what,
                                      file.string(),
                                      first_sentence(error)));
  }
}

std::string shape_of(const at::Tensor& tensor) {
  return fmt::format("{}", c10::str(tensor.sizes()));
}

at::Tensor grey(std::int64_t size) {
  return at::full({3, size, size}, 0.5, at::kFloat);
}

}  // namespace

Judge::Judge(const std::filesystem::path& file, const char* what)
    : file_(file), what_(what), module_(load(file, what)) {}

void Judge::refuse(const std::string& why) const {
  throw CheckpointError(fmt::format("{} {}: {}", what_, file_.string(), why));
}

at::Tensor Judge::answer(const at::Tensor& picture, std::int64_t dims, const char* wanted) const {
  const at::NoGradGuard no_grad;
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  const at::Tensor input = picture.to(at::kCPU, at::kFloat).unsqueeze(0).contiguous();
  c10::IValue output;
  try {
    output = module_.forward({input});
  } catch (const std::exception& error) {
    refuse(fmt::format("fails on a picture {}: {}", shape_of(input), first_sentence(error)));
  }
  if (!output.isTensor()) refuse(fmt::format("gives a {} instead of one tensor {}", output.type()->str(), wanted));
  const at::Tensor found = output.toTensor().to(at::kCPU, at::kDouble);
  if (found.dim() != dims + 1 || found.size(0) != 1 || found.numel() == 0)
    refuse(fmt::format("gives {} for one picture instead of {} with b = 1", shape_of(found), wanted));
  if (!found.isfinite().all().item<bool>()) refuse("gives numbers that are not finite");
  return found[0];
}

LandmarkJudge::LandmarkJudge(const std::filesystem::path& file, std::int64_t size) : Judge(file, "landmark judge") {
  count_ = answer(grey(size), 2, "[b, k, 2]").size(0);
  landmarks(grey(size));
}

at::Tensor LandmarkJudge::landmarks(const at::Tensor& picture) const {
  at::Tensor found = answer(picture, 2, "[b, k, 2]");
  if (found.size(0) != count_ || found.size(1) != 2)
    refuse(fmt::format("gives {} for one picture instead of [{}, 2]", shape_of(found), count_));
  return found;
}

IdentityJudge::IdentityJudge(const std::filesystem::path& file, std::int64_t size) : Judge(file, "identity judge") {
  size_ = answer(grey(size), 1, "[b, d]").size(0);
}

at::Tensor IdentityJudge::descriptor(const at::Tensor& picture) const {
  const at::Tensor found = answer(picture, 1, "[b, d]");
  if (found.size(0) != size_) refuse(fmt::format("gives {} for one picture instead of [{}]", shape_of(found), size_));
  const at::Tensor length = found.square().sum().sqrt();
  if (length.item<double>() == 0.0) refuse("gives a descriptor of zeros, which has no direction");
  return found / length;
}

}  // namespace understudy
