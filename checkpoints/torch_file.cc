#include "checkpoints/torch_file.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include <fmt/format.h>

#include "checkpoints/pickle_graph.h"
#include "checkpoints/pickle_input.h"
#include "checkpoints/pickle_machine.h"
#include "checkpoints/pickle_writer.h"
#include "checkpoints/tensor_types.h"
#include "checkpoints/zip_file.h"
#include "common/atomic_file.h"

namespace understudy {
namespace {

constexpr std::string_view kZipStart = "PK\x03\x04";
// Each old file starts with the pickle of one large number (10 bytes, little-endian), after the byte of the protocol
// and, from protocol 4 on, the length of a frame.
constexpr std::string_view kLegacyMagic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
constexpr std::uint64_t kProtocolBytes = 2;
constexpr std::uint64_t kFrameBytes = 9;
constexpr char kFrameOpcode = '\x95';
constexpr std::uint64_t kStartBytes = kProtocolBytes + kFrameBytes + kLegacyMagic.size();
constexpr std::int64_t kLegacyVersion = 1001;

at::Tensor storage_bytes(const pickle::StorageRef& storage) {
  const std::int64_t bytes[] = {static_cast<std::int64_t>(storage.elements * c10::elementSize(storage.type))};
  return empty_tensor(bytes, at::kByte);
}

std::uint64_t bytes_of_storage(const pickle::StorageRef& storage) {
  return storage.elements * c10::elementSize(storage.type);
}

const ZipRecord& require_record(const FileReader& file,
                                const std::map<std::string, ZipRecord>& records,
                                const std::string& name) {
  const auto found = records.find(name);
  if (found == records.end())
    file.fail(fmt::format("the zip has no record \"{}\"; this is no file of torch.save, or it is damaged", name));
  return found->second;
}

void require_little_endian(const FileReader& file, const std::map<std::string, ZipRecord>& records) {
  const auto order = records.find("byteorder");
  if (order == records.end()) return;
  if (file.read_text(order->second.offset, order->second.bytes) != "little")
    file.fail("was written in another byte order");
}

PickleValue read_zip(const FileReader& file) {
  const auto records = read_zip_directory(file);
  if (records.contains("constants.pkl"))
    file.fail("is a TorchScript archive, not a file of weights; save its state_dict() with torch.save");
  require_little_endian(file, records);
  const ZipRecord& pickle_record = require_record(file, records, "data.pkl");
  std::string pickle_bytes(pickle_record.bytes, '\0');
  read_zip_record(file, "data.pkl", pickle_record, std::as_writable_bytes(std::span(pickle_bytes)));
  pickle::PickleInput input(file, pickle_record.offset, pickle_record.offset + pickle_record.bytes);
  const pickle::PickleGraph graph = pickle::read_pickle(input);
  return pickle::unfold(graph, file, [&](const pickle::StorageRef& storage) {
    const std::string name = "data/" + storage.key;
    const ZipRecord& record = require_record(file, records, name);
    if (record.bytes != bytes_of_storage(storage)) {
      file.fail(fmt::format(
          "record \"{}\" has {} bytes where its tensors need {}", name, record.bytes, bytes_of_storage(storage)));
    }
    at::Tensor bytes = storage_bytes(storage);
    read_zip_record(file, name, record, writable_bytes_of(bytes));
    return bytes;
  });
}

PickleValue read_plain_value(pickle::PickleInput& input) {
  return pickle::unfold(pickle::read_pickle(input), input.file(), [&](const pickle::StorageRef&) -> at::Tensor {
    input.fail("a tensor where the file's own description was expected");
  });
}

void check_legacy_header(pickle::PickleInput& input) {
  const std::int64_t version = read_plain_value(input).to_int(input.file().path().string() + ": format version");
  if (version != kLegacyVersion)
    input.fail(fmt::format("format version {} is not understood ({} is)", version, kLegacyVersion));
  const PickleValue system = read_plain_value(input);
  const PickleValue* order = system.find("little_endian");
  if (order != nullptr && !order->to_bool("little_endian")) input.fail("was written in another byte order");
}

/// Where the data of each storage begins: in the order of the list of keys, each after its own count of elements.
std::map<std::string, std::uint64_t> place_legacy_storages(pickle::PickleInput& input,
                                                           const pickle::PickleGraph& graph) {
  const FileReader& file = input.file();
  const PickleValue keys = read_plain_value(input);
  std::uint64_t offset = input.position();
  std::map<std::string, std::uint64_t> places;
  for (const PickleValue& key : keys.to_items(file.path().string() + ": list of storages")) {
    const std::string& name = key.to_text(file.path().string() + ": key of a storage");
    const auto found = graph.storage_by_key.find(name);
    if (found == graph.storage_by_key.end()) file.fail(fmt::format("lists a storage \"{}\" that no tensor uses", name));
    const pickle::StorageRef& storage = graph.storages[found->second];
    pickle::PickleInput count(file, offset, file.size());
    if (const std::uint64_t elements = count.integer(8); elements != storage.elements) {
      file.fail(
          fmt::format("storage \"{}\" has {} elements where its tensors need {}", name, elements, storage.elements));
    }
    offset += 8;
    if (bytes_of_storage(storage) > file.size() - offset)
      file.fail(fmt::format("the data of storage \"{}\" is cut short", name));
    places[name] = offset;
    offset += bytes_of_storage(storage);
  }
  return places;
}

/// Where the pickle after the magic number of an old file begins; 0 when `start` is not the start of one.
std::uint64_t legacy_magic_end(std::string_view start) {
  if (start.size() < kProtocolBytes + kFrameBytes || start[0] != '\x80') return 0;
  const std::uint64_t magic = kProtocolBytes + (start[kProtocolBytes] == kFrameOpcode ? kFrameBytes : 0);
  return start.substr(magic).starts_with(kLegacyMagic) ? magic + kLegacyMagic.size() : 0;
}

std::string start_of(const FileReader& file) {
  return file.read_text(0, std::min<std::uint64_t>(file.size(), kStartBytes));
}

PickleValue read_legacy(const FileReader& file) {
  pickle::PickleInput input(file, legacy_magic_end(start_of(file)), file.size());
  check_legacy_header(input);
  const pickle::PickleGraph graph = pickle::read_pickle(input);
  const auto places = place_legacy_storages(input, graph);
  return pickle::unfold(graph, file, [&](const pickle::StorageRef& storage) {
    const auto place = places.find(storage.key);
    if (place == places.end()) file.fail(fmt::format("holds no data for storage \"{}\"", storage.key));
    at::Tensor bytes = storage_bytes(storage);
    file.read(place->second, writable_bytes_of(bytes));
    return bytes;
  });
}

WeightsFormat format_of(const FileReader& file) {
  const std::string start = start_of(file);
  if (start.starts_with(kZipStart)) return WeightsFormat::kTorchZip;
  if (legacy_magic_end(start) > 0) return WeightsFormat::kTorchLegacy;
  // Safetensors: eight bytes of header length, of which the upper ones are zero, then a JSON object.
  if (start.size() > 8 && start[8] == '{' && start.substr(4, 4) == std::string(4, '\0'))
    return WeightsFormat::kSafetensors;
  return WeightsFormat::kUnknown;
}

}  // namespace

WeightsFormat weights_format_of(const std::filesystem::path& path) {
  return format_of(FileReader(path));
}

PickleValue read_torch_file(const std::filesystem::path& path) {
  const FileReader file(path);
  switch (format_of(file)) {
    case WeightsFormat::kTorchZip:
      return read_zip(file);
    case WeightsFormat::kTorchLegacy:
      return read_legacy(file);
    case WeightsFormat::kSafetensors:
      file.fail("is a safetensors file, not one of torch.save");
    case WeightsFormat::kUnknown:
      break;
  }
  file.fail(
      "is no file of torch.save: neither a zip nor the older stream of pickles (older still, from before torch 0.2: "
      "load and save "
      "it again with a current PyTorch)");
}

void write_torch_file(const std::filesystem::path& path, const PickleValue& value, const FileSystem& files) {
  const pickle::WrittenPickle written = pickle::write_pickle(value);
  AtomicFile file(path, files);
  ZipWriter zip([&](std::span<const std::byte> bytes) { file.write(bytes); });
  zip.add("archive/data.pkl", written.bytes);
  zip.add("archive/byteorder", "little");
  for (std::size_t i = 0; i < written.storages.size(); ++i) {
    const at::Tensor plain = plain_copy(written.storages[i]);
    zip.add(fmt::format("archive/data/{}", i), bytes_of(plain));
  }
  zip.add("archive/version", "3\n");
  zip.finish();
  file.commit();
}

}  // namespace understudy
