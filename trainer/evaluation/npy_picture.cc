#include "trainer/evaluation/npy_picture.h"

#include <string>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/atomic_file.h"

namespace understudy {
namespace {

/// Magic, version, length and a text that fills up to a multiple of 64 bytes (NEP 1).
std::string header_of(const at::Tensor& picture) {
  std::string text =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}", fmt::join(picture.sizes(), ", "));
  constexpr std::size_t kBefore = 10;
  constexpr std::size_t kAlignment = 64;
  while ((kBefore + text.size() + 1) % kAlignment != 0) text += ' ';
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

}  // namespace

void write_npy_picture(const std::filesystem::path& path, const at::Tensor& picture) {
  const at::Tensor numbers = picture.to(at::kCPU, at::kFloat).contiguous();
  std::string bytes = header_of(numbers);
  bytes.append(reinterpret_cast<const char*>(numbers.const_data_ptr<float>()), numbers.nbytes());
  write_file_atomically(path, bytes);
}

}  // namespace understudy
