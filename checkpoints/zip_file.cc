#include "checkpoints/zip_file.h"

#include <algorithm>

#include <fmt/format.h>
#include <zlib.h>

namespace understudy {
namespace {

// Signatures and field sizes: PKWARE APPNOTE 6.3.3, sections 4.3.7 to 4.3.16 and 4.5.3.
constexpr std::uint64_t kLocalSignature = 0x04034b50;
constexpr std::uint64_t kCentralSignature = 0x02014b50;
constexpr std::uint64_t kEndSignature = 0x06054b50;
constexpr std::uint64_t kEnd64Signature = 0x06064b50;
constexpr std::uint64_t kLocator64Signature = 0x07064b50;
constexpr std::uint64_t kLocalBytes = 30;
constexpr std::uint64_t kCentralBytes = 46;
constexpr std::uint64_t kEndBytes = 22;
constexpr std::uint64_t kLocator64Bytes = 20;
constexpr std::uint64_t kEnd64Bytes = 56;
constexpr std::uint64_t kIn64 = 0xFFFFFFFF;  ///< the value stands in the 64-bit extra field
constexpr std::uint64_t kIn64Short = 0xFFFF;
constexpr std::uint64_t kLongestComment = 0xFFFF;
constexpr std::uint64_t kLargestDirectory = std::uint64_t{1} << 28;
constexpr std::uint64_t kAlignment = 64;
constexpr std::uint64_t kUtf8Flag = 1U << 11;

std::uint64_t integer_at(std::string_view bytes, std::size_t offset, int size) {
  std::uint64_t value = 0;
  for (int i = 0; i < size; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(bytes[offset + static_cast<std::size_t>(i)])} << (8 * i);
  }
  return value;
}

void append(std::string& bytes, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xFFU);
}

struct Directory {
  std::uint64_t offset;
  std::uint64_t bytes;
  std::uint64_t entries;
};

std::uint64_t find_end_record(const FileReader& file) {
  if (file.size() < kEndBytes) file.fail("is too short for a zip file");
  const std::uint64_t tail = std::min(file.size(), kEndBytes + kLongestComment);
  const std::string bytes = file.read_text(file.size() - tail, tail);
  for (std::size_t at = bytes.size() - kEndBytes + 1; at-- > 0;) {
    if (integer_at(bytes, at, 4) == kEndSignature) return file.size() - tail + at;
  }
  file.fail("the zip has no directory at its end; the file was cut short");
}

Directory find_directory(const FileReader& file) {
  const std::uint64_t end = find_end_record(file);
  const std::string record = file.read_text(end, kEndBytes);
  Directory directory{integer_at(record, 16, 4), integer_at(record, 12, 4), integer_at(record, 10, 2)};
  const bool is_64 = directory.offset == kIn64 || directory.bytes == kIn64 || directory.entries == kIn64Short;
  if (!is_64 || end < kLocator64Bytes) return directory;
  const std::string locator = file.read_text(end - kLocator64Bytes, kLocator64Bytes);
  if (integer_at(locator, 0, 4) != kLocator64Signature) return directory;
  const std::string record_64 = file.read_text(integer_at(locator, 8, 8), kEnd64Bytes);
  if (integer_at(record_64, 0, 4) != kEnd64Signature) file.fail("the zip's 64-bit directory record is damaged");
  return {integer_at(record_64, 48, 8), integer_at(record_64, 40, 8), integer_at(record_64, 32, 8)};
}

/// One entry of the directory as far as it is needed.
struct CentralEntry {
  std::string name;
  std::uint64_t header_offset;
  ZipRecord record;
  std::uint64_t directory_bytes;
};

/// Fields of the extra block with the 64-bit values, in their fixed order, for those that did not fit.
void read_extra_64(std::string_view extra, std::vector<std::uint64_t*> missing, const FileReader& file) {
  while (!missing.empty()) {
    if (extra.size() < 4) file.fail("the zip's directory lacks a 64-bit size; damaged");
    const std::uint64_t kind = integer_at(extra, 0, 2);
    const std::uint64_t size = integer_at(extra, 2, 2);
    if (size > extra.size() - 4) file.fail("the zip's directory has a damaged extra field");
    if (kind == 1) {
      if (size < 8 * missing.size()) file.fail("the zip's directory has a damaged 64-bit field");
      for (std::size_t i = 0; i < missing.size(); ++i) *missing[i] = integer_at(extra, 4 + 8 * i, 8);
      return;
    }
    extra.remove_prefix(4 + size);
  }
}

CentralEntry parse_entry(std::string_view bytes, const FileReader& file) {
  if (bytes.size() < kCentralBytes || integer_at(bytes, 0, 4) != kCentralSignature)
    file.fail("the zip's directory is damaged");
  const std::uint64_t name_bytes = integer_at(bytes, 28, 2);
  const std::uint64_t extra_bytes = integer_at(bytes, 30, 2);
  const std::uint64_t all_bytes = kCentralBytes + name_bytes + extra_bytes + integer_at(bytes, 32, 2);
  if (all_bytes > bytes.size()) file.fail("the zip's directory is damaged");
  CentralEntry entry{std::string(bytes.substr(kCentralBytes, name_bytes)), integer_at(bytes, 42, 4), {}, all_bytes};
  entry.record.crc = static_cast<std::uint32_t>(integer_at(bytes, 16, 4));
  entry.record.bytes = integer_at(bytes, 24, 4);
  std::uint64_t stored_bytes = integer_at(bytes, 20, 4);
  std::vector<std::uint64_t*> missing;
  for (std::uint64_t* value : {&entry.record.bytes, &stored_bytes, &entry.header_offset}) {
    if (*value == kIn64) missing.push_back(value);
  }
  read_extra_64(bytes.substr(kCentralBytes + name_bytes, extra_bytes), missing, file);
  const bool is_encrypted = (integer_at(bytes, 8, 2) & 1U) != 0;
  if (is_encrypted || integer_at(bytes, 10, 2) != 0 || stored_bytes != entry.record.bytes) {
    file.fail(fmt::format("record \"{}\" of the zip is compressed or encrypted; PyTorch stores it plain", entry.name));
  }
  return entry;
}

/// The local header repeats name and extra field with lengths of its own, after which the data begins.
std::uint64_t data_offset(const FileReader& file, const CentralEntry& entry) {
  const std::string header = file.read_text(entry.header_offset, kLocalBytes);
  if (integer_at(header, 0, 4) != kLocalSignature)
    file.fail(fmt::format("record \"{}\" of the zip has no header; damaged", entry.name));
  const std::uint64_t offset =
      entry.header_offset + kLocalBytes + integer_at(header, 26, 2) + integer_at(header, 28, 2);
  if (offset > file.size() || entry.record.bytes > file.size() - offset) {
    file.fail(fmt::format("record \"{}\" of the zip does not lie in the file; cut short or damaged", entry.name));
  }
  return offset;
}

std::uint32_t crc32_of(std::span<const std::byte> data) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const unsigned char*>(data.data()), data.size()));
}

}  // namespace

std::map<std::string, ZipRecord> read_zip_directory(const FileReader& file) {
  const Directory directory = find_directory(file);
  if (directory.bytes > kLargestDirectory)
    file.fail(fmt::format("the zip states a directory of {} bytes; damaged", directory.bytes));
  const std::string bytes = file.read_text(directory.offset, directory.bytes);
  std::map<std::string, ZipRecord> records;
  std::string_view rest = bytes;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    CentralEntry entry = parse_entry(rest, file);
    rest.remove_prefix(entry.directory_bytes);
    entry.record.offset = data_offset(file, entry);
    const std::string name = entry.name.substr(entry.name.find('/') + 1);
    if (!records.emplace(name, entry.record).second) file.fail(fmt::format("the zip has two records \"{}\"", name));
  }
  return records;
}

void read_zip_record(const FileReader& file,
                     const std::string& name,
                     const ZipRecord& record,
                     std::span<std::byte> bytes) {
  file.read(record.offset, bytes);
  if (crc32_of(bytes) != record.crc) {
    file.fail(
        fmt::format("the CRC-32 of record \"{}\" is not the one stated; the file is damaged (or was saved without "
                    "CRCs: save it again)",
                    name));
  }
}

void ZipWriter::emit(std::string_view bytes) {
  sink_(std::as_bytes(std::span(bytes.data(), bytes.size())));
  position_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::span<const std::byte> data) {
  const Entry entry{name, position_, data.size(), crc32_of(data)};
  constexpr std::uint64_t kExtra64Bytes = 4 + 16;
  const std::uint64_t unpadded = position_ + kLocalBytes + name.size() + kExtra64Bytes + 4;
  const std::uint64_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
  std::string header;
  append(header, kLocalSignature, 4);
  append(header, 45, 2);  // version 4.5 reads 64-bit sizes
  append(header, kUtf8Flag, 2);
  append(header, 0, 2);           // stored
  append(header, 0x00210000, 4);  // 1 January 1980, the format's zero: no time in the file
  append(header, entry.crc, 4);
  append(header, kIn64, 4);
  append(header, kIn64, 4);
  append(header, name.size(), 2);
  append(header, kExtra64Bytes + 4 + padding, 2);
  header += name;
  append(header, 1, 2);
  append(header, 16, 2);
  append(header, entry.bytes, 8);
  append(header, entry.bytes, 8);
  append(header, 0x4246, 2);  // "FB", PyTorch's padding
  append(header, padding, 2);
  header.append(padding, 'Z');
  emit(header);
  sink_(data);
  position_ += data.size();
  entries_.push_back(entry);
}

void ZipWriter::add(const std::string& name, std::string_view text) {
  add(name, std::as_bytes(std::span(text.data(), text.size())));
}

std::string ZipWriter::directory() const {
  std::string bytes;
  for (const Entry& entry : entries_) {
    append(bytes, kCentralSignature, 4);
    append(bytes, 45, 2);
    append(bytes, 45, 2);
    append(bytes, kUtf8Flag, 2);
    append(bytes, 0, 2);
    append(bytes, 0x00210000, 4);
    append(bytes, entry.crc, 4);
    append(bytes, kIn64, 4);
    append(bytes, kIn64, 4);
    append(bytes, entry.name.size(), 2);
    append(bytes, 4 + 24, 2);
    bytes.append(2 + 2 + 2 + 4, '\0');  // comment, disk, attributes
    append(bytes, kIn64, 4);
    bytes += entry.name;
    append(bytes, 1, 2);
    append(bytes, 24, 2);
    append(bytes, entry.bytes, 8);
    append(bytes, entry.bytes, 8);
    append(bytes, entry.header_offset, 8);
  }
  return bytes;
}

void ZipWriter::finish() {
  const std::uint64_t directory_offset = position_;
  const std::string entries = directory();
  emit(entries);
  std::string end;
  append(end, kEnd64Signature, 4);
  append(end, kEnd64Bytes - 12, 8);
  append(end, 45, 2);
  append(end, 45, 2);
  append(end, 0, 4 + 4);  // disks
  append(end, entries_.size(), 8);
  append(end, entries_.size(), 8);
  append(end, entries.size(), 8);
  append(end, directory_offset, 8);
  append(end, kLocator64Signature, 4);
  append(end, 0, 4);
  append(end, directory_offset + entries.size(), 8);
  append(end, 1, 4);
  append(end, kEndSignature, 4);
  append(end, 0, 2 + 2);  // disks
  append(end, kIn64Short, 2);
  append(end, kIn64Short, 2);
  append(end, kIn64, 4);
  append(end, kIn64, 4);
  append(end, 0, 2);  // comment
  emit(end);
}

}  // namespace understudy
