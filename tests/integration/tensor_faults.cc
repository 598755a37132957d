// Loaded into the program before its other libraries (LD_PRELOAD) by the tests of faults: puts wrong numbers into the
// tensors of one rank, as broken memory would, by watching torch's operators. UNDERSTUDY_TENSOR_FAULT holds
// "KIND RANK TRIGGER"; the fault happens at the next operator of its kind after the file TRIGGER was made.
//   activation   the first number that a convolution reads is not finite; TRIGGER is removed
//   activations  the same at every convolution as long as TRIGGER is there
//   die          as activation; the rank also dies right after it has written rollbacks.jsonl
//   weight       the first number that an optimiser steps is not finite; TRIGGER is removed
//   bit          the last bit of that number is another one; TRIGGER is removed
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>
#include <dlfcn.h>
#include <unistd.h>

namespace {

struct Fault {
  std::string kind;
  std::string rank;
  std::string trigger;
};

const Fault& fault() {
  static const Fault read = [] {
    Fault fault;
    if (const char* text = std::getenv("UNDERSTUDY_TENSOR_FAULT")) {
      std::istringstream words(text);
      words >> fault.kind >> fault.rank >> fault.trigger;
    }
    return fault;
  }();
  return read;
}

bool is_this_rank() {
  const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
  return fault().rank == (rank == nullptr ? "0" : rank);
}

bool happens() {
  if (access(fault().trigger.c_str(), F_OK) != 0) return false;
  return fault().kind == "activations" || unlink(fault().trigger.c_str()) == 0;
}

/// Writes under the nose of autograd.
float* numbers_of(const at::Tensor& tensor) {
  return static_cast<float*>(tensor.mutable_data_ptr());
}

std::unique_ptr<at::ObserverContext> before_operator(const at::RecordFunction& function) {
  const std::string_view name = function.name();
  const bool steps = fault().kind == "weight" || fault().kind == "bit";
  if (name != (steps ? "aten::_fused_adam_" : "aten::conv2d") || !happens()) return nullptr;
  const c10::IValue& input = function.inputs()[0];
  float* numbers = numbers_of(steps ? input.toTensorVector().front() : input.toTensor());
  if (fault().kind == "bit") {
    std::uint32_t bits = 0;
    std::memcpy(&bits, numbers, sizeof bits);
    bits ^= 1;
    std::memcpy(numbers, &bits, sizeof bits);
  } else {
    *numbers = std::numeric_limits<float>::quiet_NaN();
  }
  return nullptr;
}

[[gnu::constructor]] void watch_operators() {
  if (fault().kind.empty() || !is_this_rank()) return;
  at::addGlobalCallback(
      at::RecordFunctionCallback(before_operator).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
}

}  // namespace

extern "C" int rename(const char* from, const char* to) {
  const int result = reinterpret_cast<int (*)(const char*, const char*)>(dlsym(RTLD_NEXT, "rename"))(from, to);
  if (fault().kind == "die" && std::strstr(to, "rollbacks.jsonl") != nullptr) {
    // A later start must not die again.
    if (access((fault().trigger + ".died").c_str(), F_OK) != 0) {
      fclose(fopen((fault().trigger + ".died").c_str(), "w"));
      raise(SIGKILL);
    }
  }
  return result;
}
