#include "data_pipeline/npy_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/errors.h"
#include "data_pipeline/npy_header.h"
#include "data_pipeline/small_file.h"

namespace understudy {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::int64_t kMostNumbers = std::int64_t{1} << 26;

[[noreturn]] void fail(std::string_view what, std::string_view reason) {
  throw DataError(fmt::format("{}: no array of numbers: {}", what, reason));
}

template <class T>
T number_at(const char* bytes, bool swap) {
  std::array<char, sizeof(T)> own;
  std::memcpy(own.data(), bytes, sizeof(T));
  if (swap) std::reverse(own.begin(), own.end());
  return std::bit_cast<T>(own);
}

double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1F;
  const double fraction = bits & 0x3FF;
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 31) return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024.0 + fraction, exponent - 25));
}

double value_at(const char* bytes, const NpyHeader& header, bool swap) {
  const auto as = [&]<class T>(T) { return static_cast<double>(number_at<T>(bytes, swap)); };
  if (header.kind == 'f') {
    if (header.size == 2) return half_to_double(number_at<std::uint16_t>(bytes, swap));
    return header.size == 4 ? as(float{}) : as(double{});
  }
  const bool sign = header.kind == 'i';
  switch (header.size) {
    case 1:
      return sign ? as(std::int8_t{}) : as(std::uint8_t{});
    case 2:
      return sign ? as(std::int16_t{}) : as(std::uint16_t{});
    case 4:
      return sign ? as(std::int32_t{}) : as(std::uint32_t{});
    default:
      return sign ? as(std::int64_t{}) : as(std::uint64_t{});
  }
}

/// Product of the lengths, or one more than `kMostNumbers` where it is larger.
std::int64_t count_of(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t length : shape) {
    if (length != 0 && count > kMostNumbers / length) return kMostNumbers + 1;
    count *= length;
  }
  return count;
}

/// Values of a column-major table in row-major order.
std::vector<double> reordered(const std::vector<double>& values, const std::vector<std::int64_t>& shape) {
  std::vector<double> result(values.size());
  std::vector<std::int64_t> index(shape.size(), 0);
  for (double& value : result) {
    std::int64_t place = 0;
    for (std::size_t d = shape.size(); d-- > 0;) place = place * shape[d] + index[d];
    value = values[static_cast<std::size_t>(place)];
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
  return result;
}

/// The header's text; `bytes` then begins with the numbers.
std::string_view take_header(std::string_view& bytes, std::string_view what) {
  if (bytes.empty()) fail(what, "the file is empty");
  if (!bytes.starts_with(kMagic)) fail(what, "it does not begin as .npy files do");
  const int version = bytes.size() > kMagic.size() ? static_cast<unsigned char>(bytes[kMagic.size()]) : 0;
  if (version < 1 || version > 3) fail(what, fmt::format("format version {} is not known", version));
  const std::size_t start = version == 1 ? 10 : 12;
  if (bytes.size() < start) fail(what, "it ends within the header");
  const std::size_t length = version == 1 ? number_at<std::uint16_t>(bytes.data() + 8, false)
                                          : number_at<std::uint32_t>(bytes.data() + 8, false);
  if (bytes.size() - start < length) fail(what, "it ends within the header");
  const std::string_view header = bytes.substr(start, length);
  bytes.remove_prefix(start + length);
  return header;
}

}  // namespace

NpyArray parse_npy(std::string_view bytes, std::string_view what) {
  const NpyHeader header = parse_npy_header(take_header(bytes, what), what);
  const std::int64_t count = count_of(header.shape);
  NpyArray array{header.shape, {}};
  if (count > kMostNumbers) fail(what, fmt::format("{} are more than 2^26 numbers", shape_text(array)));
  if (static_cast<std::size_t>(count) * header.size != bytes.size())
    fail(what, fmt::format("{} bytes of numbers do not fit its shape {}", bytes.size(), shape_text(array)));
  array.values.reserve(static_cast<std::size_t>(count));
  for (std::size_t place = 0; place < bytes.size(); place += header.size)
    array.values.push_back(value_at(bytes.data() + place, header, header.order == '>'));
  if (header.column_major) array.values = reordered(array.values, array.shape);
  return array;
}

NpyArray read_npy(const std::filesystem::path& path) {
  return parse_npy(read_small_file(path), path.string());
}

std::string shape_text(const NpyArray& array) {
  return fmt::format("[{}]", fmt::join(array.shape, ", "));
}

}  // namespace understudy
