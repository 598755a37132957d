#include "trainer/watching/event_file.h"

#include <bit>
#include <chrono>
#include <span>

#include <ATen/ATen.h>

#include "common/hash.h"
#include "common/log.h"

namespace understudy {
namespace {

// Wire types of protocol buffers.
constexpr std::uint64_t kVarint = 0;
constexpr std::uint64_t kEightBytes = 1;
constexpr std::uint64_t kBytes = 2;
constexpr std::uint64_t kFourBytes = 5;

// Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
namespace field {
constexpr std::uint64_t kEventTime = 1;
constexpr std::uint64_t kEventStep = 2;
constexpr std::uint64_t kEventVersion = 3;
constexpr std::uint64_t kEventSummary = 5;
constexpr std::uint64_t kSummaryValue = 1;
constexpr std::uint64_t kValueTag = 1;
constexpr std::uint64_t kValueNumber = 2;
constexpr std::uint64_t kValueImage = 4;
constexpr std::uint64_t kValueHistogram = 5;
constexpr std::uint64_t kHistogramLeast = 1;
constexpr std::uint64_t kHistogramMost = 2;
constexpr std::uint64_t kHistogramCount = 3;
constexpr std::uint64_t kHistogramSum = 4;
constexpr std::uint64_t kHistogramSquares = 5;
constexpr std::uint64_t kHistogramEdges = 6;
constexpr std::uint64_t kHistogramBins = 7;
constexpr std::uint64_t kImageHeight = 1;
constexpr std::uint64_t kImageWidth = 2;
constexpr std::uint64_t kImageColours = 3;
constexpr std::uint64_t kImageEncoded = 4;
}  // namespace field

constexpr std::int64_t kHistogramSize = 50;  // bins

/// A message under construction.
class Message {
 public:
  Message& number(std::uint64_t field, std::uint64_t value) {
    varint(field << 3 | kVarint);
    varint(value);
    return *this;
  }
  Message& real(std::uint64_t field, double value) {
    varint(field << 3 | kEightBytes);
    little_endian(std::bit_cast<std::uint64_t>(value), 8);
    return *this;
  }
  Message& real(std::uint64_t field, float value) {
    varint(field << 3 | kFourBytes);
    little_endian(std::bit_cast<std::uint32_t>(value), 4);
    return *this;
  }
  Message& bytes(std::uint64_t field, std::string_view value) {
    varint(field << 3 | kBytes);
    varint(value.size());
    text_ += value;
    return *this;
  }
  Message& reals(std::uint64_t field, const std::vector<double>& values) {
    Message packed;
    for (const double value : values) packed.little_endian(std::bit_cast<std::uint64_t>(value), 8);
    return bytes(field, packed.text());
  }
  void little_endian(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) text_ += static_cast<char>(value >> (8 * i) & 0xFFU);
  }
  const std::string& text() const { return text_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7) text_ += static_cast<char>((value & 0x7FU) | 0x80U);
    text_ += static_cast<char>(value);
  }

  std::string text_;
};

/// Checksums of records are turned, since a checksum of bytes that hold checksums would be weak.
std::uint32_t masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(std::as_bytes(std::span(bytes.data(), bytes.size())));
  return std::rotr(crc, 15) + 0xA282EAD8U;
}

std::string record(std::string_view event) {
  Message length;
  length.little_endian(event.size(), 8);
  Message framed;
  framed.little_endian(event.size(), 8);
  framed.little_endian(masked_crc(length.text()), 4);
  Message end;
  end.little_endian(masked_crc(event), 4);
  return framed.text() + std::string(event) + end.text();
}

std::int64_t usable(const std::filesystem::path& path, std::int64_t keep_bytes) {
  std::error_code error;
  const std::uintmax_t found = std::filesystem::file_size(path, error);
  if (!error && found >= static_cast<std::uintmax_t>(keep_bytes)) return keep_bytes;
  if (keep_bytes > 0)
    spdlog::warn("{}: is missing or was cut from outside; it begins anew, metrics.jsonl has everything", path.string());
  return 0;
}

}  // namespace

double wall_clock() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

EventFile::EventFile(const std::filesystem::path& path, std::int64_t keep_bytes, const FileSystem& files)
    : file_(path, usable(path, keep_bytes), files) {
  if (file_.bytes() > 0) return;
  file_.append(
      record(Message().real(field::kEventTime, wall_clock()).bytes(field::kEventVersion, "brain.Event:2").text()));
}

void EventFile::add_summary(std::string_view summary, Iteration step, double time) {
  file_.append(record(Message()
                          .real(field::kEventTime, time)
                          .number(field::kEventStep, static_cast<std::uint64_t>(step))
                          .bytes(field::kEventSummary, summary)
                          .text()));
}

void EventFile::add_scalars(std::string_view prefix, const std::vector<Term>& terms, Iteration step, double time) {
  Message summary;
  for (const auto& [name, value] : terms) {
    summary.bytes(field::kSummaryValue,
                  Message()
                      .bytes(field::kValueTag, std::string(prefix) + name)
                      .real(field::kValueNumber, static_cast<float>(value))
                      .text());
  }
  add_summary(summary.text(), step, time);
}

void EventFile::add_histogram(const std::string& tag, const at::Tensor& values, Iteration step, double time) {
  const at::Tensor numbers = values.detach().to(at::kCPU, at::kDouble).flatten();
  if (numbers.numel() == 0) return;
  const double least = numbers.min().item<double>();
  const double most = numbers.max().item<double>();
  const at::Tensor counts = at::histc(numbers, kHistogramSize, least, most);
  // With all values equal, histc counts them in bins around.
  const double first = least < most ? least : least - 1;
  const double width = (least < most ? most - least : 2.0) / kHistogramSize;
  std::vector<double> edges;
  std::vector<double> bins;
  for (std::int64_t i = 0; i < kHistogramSize; ++i) {
    edges.push_back(first + width * static_cast<double>(i + 1));
    bins.push_back(counts[i].item<double>());
  }
  const std::string histogram = Message()
                                    .real(field::kHistogramLeast, least)
                                    .real(field::kHistogramMost, most)
                                    .real(field::kHistogramCount, static_cast<double>(numbers.numel()))
                                    .real(field::kHistogramSum, numbers.sum().item<double>())
                                    .real(field::kHistogramSquares, numbers.square().sum().item<double>())
                                    .reals(field::kHistogramEdges, edges)
                                    .reals(field::kHistogramBins, bins)
                                    .text();
  add_summary(Message()
                  .bytes(field::kSummaryValue,
                         Message().bytes(field::kValueTag, tag).bytes(field::kValueHistogram, histogram).text())
                  .text(),
              step,
              time);
}

void EventFile::add_picture(const std::string& tag, const Picture& picture, Iteration step, double time) {
  const std::vector<std::byte> png = encode_png(picture);
  const std::string image = Message()
                                .number(field::kImageHeight, static_cast<std::uint64_t>(picture.height))
                                .number(field::kImageWidth, static_cast<std::uint64_t>(picture.width))
                                .number(field::kImageColours, 3)
                                .bytes(field::kImageEncoded, {reinterpret_cast<const char*>(png.data()), png.size()})
                                .text();
  add_summary(
      Message()
          .bytes(field::kSummaryValue, Message().bytes(field::kValueTag, tag).bytes(field::kValueImage, image).text())
          .text(),
      step,
      time);
}

}  // namespace understudy
