#include "data_pipeline/npy_header.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::size_t kMostDimensions = 32;  // NumPy's own limit

/// Takes literals from the front of a text.
class Literals {
 public:
  Literals(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  [[noreturn]] void fail(std::string_view reason) const {
    throw DataError(fmt::format("{}: no array of numbers: {}", what_, reason));
  }

  bool take(char wanted) {
    skip_blanks();
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }

  void expect(char wanted) {
    if (!take(wanted)) fail(fmt::format("'{}' is missing in its header", wanted));
  }

  std::string_view quoted() {
    expect('\'');
    const std::size_t end = text_.find('\'');
    if (end == std::string_view::npos) fail("its header ends within a text");
    const std::string_view found = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return found;
  }

  bool truth() {
    skip_blanks();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return word == "True";
    }
    fail("fortran_order is neither True nor False");
  }

  std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> lengths;
    expect('(');
    while (!take(')')) {
      lengths.push_back(length());
      if (lengths.size() > kMostDimensions) fail("its shape has more than 32 dimensions");
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return lengths;
  }

 private:
  void skip_blanks() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n')) text_.remove_prefix(1);
  }

  std::int64_t length() {
    skip_blanks();
    std::int64_t number = -1;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    if (error != std::errc() || number < 0) fail("its shape is damaged");
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return number;
  }

  std::string_view text_;
  std::string_view what_;
};

bool is_number(char kind, std::size_t size) {
  if (kind == 'b') return size == 1;
  if (!std::has_single_bit(size) || size > 8) return false;
  return kind == 'i' || kind == 'u' || (kind == 'f' && size >= 2);
}

void read_type(Literals& literals, NpyHeader& header) {
  if (literals.take('[')) literals.fail("it holds records");
  const std::string_view type = literals.quoted();
  std::size_t size = 0;
  const char* const last = type.data() + type.size();
  const bool plain = type.size() >= 3 && std::string_view("<>|=").find(type[0]) != std::string_view::npos &&
                     std::from_chars(type.data() + 2, last, size).ptr == last && is_number(type[1], size);
  if (!plain) literals.fail(fmt::format("it holds type '{}', not numbers of up to 8 bytes", type));
  header.order = type[0];
  header.kind = type[1];
  header.size = size;
}

}  // namespace

NpyHeader parse_npy_header(std::string_view text, std::string_view what) {
  Literals literals(text, what);
  NpyHeader header;
  std::vector<std::string_view> keys;
  literals.expect('{');
  while (!literals.take('}')) {
    keys.push_back(literals.quoted());
    literals.expect(':');
    if (keys.back() == "descr") {
      read_type(literals, header);
    } else if (keys.back() == "fortran_order") {
      header.column_major = literals.truth();
    } else if (keys.back() == "shape") {
      header.shape = literals.shape();
    } else {
      literals.fail(fmt::format("its header has the unknown key '{}'", keys.back()));
    }
    literals.take(',');
  }
  std::sort(keys.begin(), keys.end());
  if (keys != std::vector<std::string_view>{"descr", "fortran_order", "shape"})
    literals.fail("its header lacks descr, fortran_order or shape, or has one twice");
  return header;
}

}  // namespace understudy
