#include "checkpoints/safetensors.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "checkpoints/tensor_types.h"
#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/hash.h"

namespace understudy {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kLongestHeader = 100'000'000;

const TensorType& type_of(const NamedTensor& named) {
  const TensorType* type = named.second.defined() ? find_type(named.second.scalar_type()) : nullptr;
  if (type == nullptr || type->safetensors.empty()) {
    throw CheckpointError(
        fmt::format("tensor \"{}\" is of type {}, which safetensors does not have",
                    named.first,
                    named.second.defined() ? c10::toString(named.second.scalar_type()) : "undefined"));
  }
  return *type;
}

/// Larger elements first, so that all data is aligned; by name among equals, so that the bytes depend on the content
/// alone.
std::vector<const NamedTensor*> in_file_order(const NamedTensors& tensors) {
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& named : tensors) order.push_back(&named);
  std::sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) {
    const int rank_a = type_of(*a).alignment_rank;
    const int rank_b = type_of(*b).alignment_rank;
    return rank_a != rank_b ? rank_a > rank_b : a->first < b->first;
  });
  return order;
}

void add_to_header(OrderedJson& header, const NamedTensor& named, std::uint64_t& offset) {
  const auto& [name, tensor] = named;
  const TensorType& type = type_of(named);
  if (name == "__metadata__" || header.contains(name)) {
    throw CheckpointError(fmt::format("tensor name \"{}\" is reserved or given twice", name));
  }
  const std::uint64_t end = offset + tensor.nbytes();
  header[name] = {{"dtype", type.safetensors}, {"shape", tensor.sizes().vec()}, {"data_offsets", {offset, end}}};
  offset = end;
}

std::string header_of(const std::vector<const NamedTensor*>& order, const Metadata& metadata) {
  OrderedJson header = OrderedJson::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const NamedTensor* named : order) add_to_header(header, *named, offset);
  std::string text = header.dump();
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');
  return text;
}

std::string little_endian(std::uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xFFU);
  return bytes;
}

/// The length and the header: all in front of the data.
std::string start_of_file(const std::vector<const NamedTensor*>& order, const Metadata& metadata) {
  std::string header;
  try {
    header = header_of(order, metadata);
  } catch (const nlohmann::json::exception& error) {
    throw CheckpointError(fmt::format("safetensors header: a name or a metadata text is not UTF-8 ({})", error.what()));
  }
  if (header.size() > kLongestHeader)
    throw CheckpointError(fmt::format("safetensors header of {} bytes is too long", header.size()));
  return little_endian(header.size()) + header;
}

void write_to(const ByteSink& sink, const NamedTensors& tensors, const Metadata& metadata) {
  const auto order = in_file_order(tensors);
  const std::string start = start_of_file(order, metadata);
  sink(std::as_bytes(std::span(start)));
  for (const NamedTensor* named : order) {
    const at::Tensor plain = plain_copy(named->second);
    sink(bytes_of(plain));
  }
}

/// Parses the header and refuses names given twice, which a JSON library would let pass.
Json parse_header(const FileReader& file, const std::string& text) {
  std::set<std::string> names;
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth == 1 && event == Json::parse_event_t::key && !names.insert(parsed.get<std::string>()).second) {
      file.fail(fmt::format("safetensors header names \"{}\" twice", parsed.get<std::string>()));
    }
    return true;
  };
  try {
    Json header = Json::parse(text, check);
    if (!header.is_object()) file.fail("safetensors header is no JSON object");
    return header;
  } catch (const nlohmann::json::exception& error) {
    file.fail(fmt::format("safetensors header is not valid JSON ({}); the file was damaged or is another format",
                          error.what()));
  }
}

SafetensorsEntry parse_entry(const FileReader& file,
                             const std::string& name,
                             const Json& value,
                             std::uint64_t data_start) {
  const TensorType* type = find_type_by_safetensors(value.at("dtype").get<std::string>());
  if (type == nullptr) file.fail(fmt::format("tensor \"{}\" has the unknown type {}", name, value.at("dtype").dump()));
  const auto& shape = value.at("shape");
  const auto& range = value.at("data_offsets");
  const auto is_count = [](const Json& item) {
    return item.is_number_unsigned() && item.get<std::uint64_t>() <= INT64_MAX;
  };
  if (!shape.is_array() || !range.is_array() || range.size() != 2 ||
      !std::all_of(shape.begin(), shape.end(), is_count) || !std::all_of(range.begin(), range.end(), is_count)) {
    file.fail(fmt::format("tensor \"{}\" has the impossible shape {} or offsets {}", name, shape.dump(), range.dump()));
  }
  SafetensorsEntry entry{name, type->type, shape.get<std::vector<std::int64_t>>(), range[0].get<std::uint64_t>(), 0};
  const std::uint64_t end = range[1].get<std::uint64_t>();
  const auto bytes = bytes_of_shape(entry.shape, entry.type);
  if (!bytes || end < entry.offset || end - entry.offset != *bytes) {
    file.fail(fmt::format("tensor \"{}\" of {} {} does not fill its bytes {} to {}",
                          name,
                          type->safetensors,
                          shape.dump(),
                          entry.offset,
                          end));
  }
  entry.bytes = *bytes;
  entry.offset += data_start;
  return entry;
}

Metadata parse_metadata(const FileReader& file, const Json& value) {
  Metadata metadata;
  if (!value.is_object()) file.fail("safetensors __metadata__ is no JSON object");
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) file.fail(fmt::format("safetensors metadata \"{}\" is no text", key));
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

void require_gapless(const FileReader& file, const std::vector<SafetensorsEntry>& entries, std::uint64_t data_start) {
  std::uint64_t expected = data_start;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.offset != expected) {
      file.fail(fmt::format("data of tensor \"{}\" starts at byte {} where {} was expected: a hole or an overlap",
                            entry.name,
                            entry.offset,
                            expected));
    }
    expected += entry.bytes;
  }
  if (expected != file.size()) {
    file.fail(fmt::format(
        "{} bytes long where its header describes {}; the file was cut short or extended", file.size(), expected));
  }
}

std::uint64_t header_length(const FileReader& file) {
  if (file.size() < kLengthBytes) file.fail(fmt::format("{} bytes are too few for a safetensors file", file.size()));
  const std::string bytes = file.read_text(0, kLengthBytes);
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = (length << 8) | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  if (length > kLongestHeader || length > file.size() - kLengthBytes) {
    file.fail(fmt::format(
        "states a safetensors header of {} bytes in a file of {}; cut short or another format", length, file.size()));
  }
  return length;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path,
                       const NamedTensors& tensors,
                       const Metadata& metadata,
                       const FileSystem& files) {
  AtomicFile file(path, files);
  write_to([&](std::span<const std::byte> bytes) { file.write(bytes); }, tensors, metadata);
  file.commit();
}

PartInfo write_safetensors_part(const std::filesystem::path& folder,
                                std::string name,
                                const NamedTensors& tensors,
                                const Metadata& metadata,
                                const FileSystem& files) {
  PartFile file(folder, std::move(name), files);
  write_to([&](std::span<const std::byte> bytes) { file.write(bytes); }, tensors, metadata);
  return file.finish();
}

void require_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, const Metadata& metadata) {
  ReadBack file(path);
  write_to([&](std::span<const std::byte> bytes) { file.expect(bytes); }, tensors, metadata);
  file.expect_end();
}

std::string sha256_of_tensors(const NamedTensors& tensors) {
  Sha256 hash;
  write_to([&](std::span<const std::byte> bytes) { hash.update(bytes); }, tensors, {});
  return hash.hex_digest();
}

std::uint64_t safetensors_bytes(const NamedTensors& tensors, const Metadata& metadata) {
  std::uint64_t bytes = start_of_file(in_file_order(tensors), metadata).size();
  for (const auto& [name, tensor] : tensors) bytes += tensor.nbytes();
  return bytes;
}

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  return SafetensorsFile(path);
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : file_(std::make_shared<const FileReader>(path)) {
  const std::uint64_t length = header_length(*file_);
  const std::string text = file_->read_text(kLengthBytes, length);
  if (!text.starts_with('{')) file_->fail("its header does not start with '{'; this is no safetensors file");
  const Json header = parse_header(*file_, text);
  try {
    for (const auto& [name, value] : header.items()) {
      if (name == "__metadata__") {
        metadata_ = parse_metadata(*file_, value);
      } else {
        entries_.push_back(parse_entry(*file_, name, value, kLengthBytes + length));
      }
    }
  } catch (const nlohmann::json::exception& error) {
    file_->fail(fmt::format("safetensors header has an incomplete entry ({})", error.what()));
  }
  // Empty tensors share an offset with their successor, so the end decides among equal offsets.
  std::stable_sort(entries_.begin(), entries_.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::pair(a.offset, a.offset + a.bytes) < std::pair(b.offset, b.offset + b.bytes);
  });
  require_gapless(*file_, entries_, kLengthBytes + length);
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  for (const SafetensorsEntry& entry : entries_) names.push_back(entry.name);
  return names;
}

bool SafetensorsFile::contains(std::string_view name) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const SafetensorsEntry& e) { return e.name == name; });
}

at::Tensor SafetensorsFile::tensor(std::string_view name) const {
  for (const SafetensorsEntry& entry : entries_) {
    if (entry.name == name) return read(entry);
  }
  file_->fail(fmt::format("no tensor \"{}\" among its {} tensors", name, entries_.size()));
}

NamedTensors SafetensorsFile::all() const {
  NamedTensors tensors;
  for (const SafetensorsEntry& entry : entries_) tensors.emplace_back(entry.name, read(entry));
  return tensors;
}

at::Tensor SafetensorsFile::read(const SafetensorsEntry& entry) const {
  at::Tensor tensor = empty_tensor(entry.shape, entry.type);
  file_->read(entry.offset, writable_bytes_of(tensor));
  return tensor;
}

}  // namespace understudy
