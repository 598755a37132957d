#include "checkpoints/pickle_input.h"

#include <algorithm>

#include <fmt/format.h>

namespace understudy::pickle {
namespace {

constexpr std::uint64_t kBufferBytes = 1U << 16;
constexpr std::size_t kLongestLine = 1024;

}  // namespace

void PickleInput::refill() {
  const std::uint64_t count = std::min(kBufferBytes, end_ - next_);
  if (count == 0) fail("the pickle ends too early; the file was cut short or damaged");
  buffer_ = file_.read_text(next_, count);
  next_ += count;
  used_ = 0;
}

std::uint8_t PickleInput::byte() {
  if (used_ == buffer_.size()) refill();
  return static_cast<std::uint8_t>(buffer_[used_++]);
}

std::uint64_t PickleInput::integer(int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= std::uint64_t{byte()} << (8 * i);
  return value;
}

std::string PickleInput::text(std::uint64_t bytes) {
  if (bytes > end_ - position()) fail(fmt::format("a text of {} bytes does not fit into the pickle", bytes));
  std::string text;
  while (text.size() < bytes) {
    if (used_ == buffer_.size()) refill();
    const std::size_t count = std::min<std::size_t>(bytes - text.size(), buffer_.size() - used_);
    text.append(buffer_, used_, count);
    used_ += count;
  }
  return text;
}

std::string PickleInput::line() {
  std::string line;
  for (char next = static_cast<char>(byte()); next != '\n'; next = static_cast<char>(byte())) {
    if (line.size() == kLongestLine) fail("a name is longer than 1024 bytes");
    line += next;
  }
  return line;
}

void PickleInput::fail(std::string_view reason) const {
  file_.fail(fmt::format("pickle at byte {}: {}", position(), reason));
}

}  // namespace understudy::pickle
