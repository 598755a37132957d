#include "data_pipeline/set_manifest.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <limits>
#include <optional>
#include <span>

#include <fmt/format.h>
#include <toml++/toml.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/hash.h"

namespace understudy {
namespace {

/// Reads keys of one table; a missing key or one of another type is an error that names file and key.
class ManifestTable {
 public:
  ManifestTable(const toml::table& table, std::string where) : table_(table), where_(std::move(where)) {}

  std::string text(std::string_view key) const {
    if (const auto value = table_[key].value_exact<std::string>()) return *value;
    fail(key, "is missing or no text");
  }
  std::uint64_t number(std::string_view key) const {
    if (const auto value = table_[key].value_exact<std::int64_t>(); value && *value >= 0) {
      return static_cast<std::uint64_t>(*value);
    }
    fail(key, "is missing or no number from 0 on");
  }
  std::array<std::uint64_t, 2> version(std::string_view key) const {
    const toml::array* pair = table_[key].as_array();
    const auto part = [pair](std::size_t i) { return pair ? (*pair)[i].value_exact<std::int64_t>() : std::nullopt; };
    if (pair == nullptr || pair->size() != 2 || part(0).value_or(-1) < 0 || part(1).value_or(-1) < 0) {
      fail(key, "is not [major, minor]");
    }
    return {static_cast<std::uint64_t>(*part(0)), static_cast<std::uint64_t>(*part(1))};
  }
  ManifestTable table(std::string_view key) const {
    if (const toml::table* inner = table_[key].as_table()) return {*inner, fmt::format("{}: {}", where_, key)};
    fail(key, "is missing");
  }
  std::vector<ManifestTable> tables(std::string_view key) const {
    std::vector<ManifestTable> found;
    const toml::array* list = table_[key].as_array();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      if (!(*list)[i].is_table()) fail(key, "is no list of tables");
      found.emplace_back(*(*list)[i].as_table(), fmt::format("{}: {} {}", where_, key, i));
    }
    return found;
  }
  /// A flat list of offsets and lengths; none where the key is missing.
  std::vector<ByteRange> ranges(std::string_view key) const {
    std::vector<ByteRange> found;
    const toml::array* list = table_[key].as_array();
    const auto part = [list](std::size_t i) { return (*list)[i].value_exact<std::int64_t>().value_or(-1); };
    for (std::size_t i = 0; list != nullptr && i < list->size(); i += 2) {
      if (i + 1 == list->size() || part(i) < 0 || part(i + 1) < 0) fail(key, "is no list of offsets and lengths");
      found.push_back({static_cast<std::uint64_t>(part(i)), static_cast<std::uint64_t>(part(i + 1))});
    }
    return found;
  }
  [[noreturn]] void fail(std::string_view key, std::string_view problem) const {
    throw DataError(fmt::format("{}: {} {}; restore the manifest or pack the set again", where_, key, problem));
  }

 private:
  const toml::table& table_;
  std::string where_;
};

FileEntry read_file_entry(const ManifestTable& table) {
  FileEntry entry{table.text("file"), table.number("bytes"), table.text("sha256"), table.ranges("payload"), {}};
  if (entry.file.empty() || entry.file.find('/') != std::string::npos || entry.file == "..") {
    table.fail("file", fmt::format("= \"{}\" is no file name within the set's folder", entry.file));
  }
  entry.structure_sha256 = entry.payload.empty() ? entry.sha256 : table.text("structure_sha256");
  if (entry.sha256.size() != 64) table.fail("sha256", "has not 64 hexadecimal digits");
  std::uint64_t end = 0;
  for (const ByteRange& range : entry.payload) {
    if (range.offset < end || range.offset > entry.bytes || range.bytes > entry.bytes - range.offset) {
      table.fail("payload", "is no list of ascending ranges within the file");
    }
    end = range.offset + range.bytes;
  }
  return entry;
}

std::uint32_t read_shard_number(const ManifestTable& table, std::string_view key) {
  const std::uint64_t number = table.number(key);
  if (number > std::numeric_limits<std::uint32_t>::max()) table.fail(key, "is too large");
  return static_cast<std::uint32_t>(number);
}

ShardEntry read_shard_entry(const ManifestTable& table) {
  return {read_shard_number(table, "number"), read_file_entry(table), table.number("clips"), table.number("frames")};
}

void require_rising_numbers(const ManifestTable& table, std::span<const ShardEntry> shards) {
  if (shards.empty()) table.fail("shard", "lists no shard");
  const auto not_rising = [](const ShardEntry& a, const ShardEntry& b) { return a.number >= b.number; };
  if (std::adjacent_find(shards.begin(), shards.end(), not_rising) == shards.end()) return;
  table.fail("shard", "lists numbers that do not rise");
}

std::optional<AnnotationEntry> read_annotation_entry(const ManifestTable& table, const SetManifest& manifest) {
  const std::string name = table.text("kind");
  for (const AnnotationKind kind : kAnnotationKinds) {
    if (annotation_kind_name(kind) != name) continue;
    const std::uint32_t shard = read_shard_number(table, "shard");
    if (manifest.place_of(shard) == manifest.shards.size()) {
      table.fail("shard", fmt::format("= {} does not exist among {} shards", shard, manifest.shards.size()));
    }
    return AnnotationEntry{kind, shard, read_file_entry(table)};
  }
  return std::nullopt;
}

SetManifest interpret(const toml::table& root, const std::string& path) {
  const ManifestTable table(root, path);
  if (const std::string format = table.text("format"); format != kSetFormat) {
    table.fail("format", fmt::format("= \"{}\" is not \"{}\"", format, kSetFormat));
  }
  const auto version = table.version("format_version");
  require_version(version[0], version[1], path);
  SetManifest manifest;
  manifest.format_version = {static_cast<std::uint16_t>(version[0]), static_cast<std::uint16_t>(version[1])};
  manifest.fingerprint = table.text("fingerprint");
  manifest.source = table.text("source");
  manifest.packer = table.text("packer");
  manifest.packer_config_sha256 = table.text("packer_config_sha256");
  manifest.identities = table.number("identities");
  manifest.videos = table.number("videos");
  manifest.clips = table.number("clips");
  manifest.frames = table.number("frames");
  manifest.index = read_file_entry(table.table("index"));
  for (const ManifestTable& shard : table.tables("shard")) manifest.shards.push_back(read_shard_entry(shard));
  require_rising_numbers(table, manifest.shards);
  for (const ManifestTable& annotation : table.tables("annotation")) {
    if (auto entry = read_annotation_entry(annotation, manifest)) manifest.annotations.push_back(*entry);
  }
  for (const ManifestTable& record : table.tables("record")) manifest.records.push_back(read_file_entry(record));
  return manifest;
}

std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

/// Whether another process, whose number ends this temporary name, may be writing the file.
bool has_living_writer(const std::string& name) {
  const std::string digits = name.substr(name.rfind('.') + 1);
  pid_t writer = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), writer);
  if (error != std::errc() || end != digits.data() + digits.size() || writer <= 0 || writer == ::getpid()) return false;
  return ::kill(writer, 0) == 0 || errno == EPERM;
}

/// Temporary names of small files whose writers were killed.
void remove_leftovers(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder.empty() ? "." : folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".tmp.") != std::string::npos && !has_living_writer(name)) found.push_back(entry.path());
  }
  std::error_code ignored;
  for (const std::filesystem::path& file : found) std::filesystem::remove(file, ignored);
}

std::string file_lines(const FileEntry& entry) {
  std::string text =
      fmt::format("file = {}\nbytes = {}\nsha256 = \"{}\"\n", toml_string(entry.file), entry.bytes, entry.sha256);
  if (entry.payload.empty()) return text;
  std::vector<std::uint64_t> numbers;
  for (const ByteRange& range : entry.payload) numbers.insert(numbers.end(), {range.offset, range.bytes});
  return text +
         fmt::format("payload = [{}]\nstructure_sha256 = \"{}\"\n", fmt::join(numbers, ", "), entry.structure_sha256);
}

/// What follows the line with the checksum, when that is the checksum of it.
std::optional<std::string_view> unsealed(std::string_view text) {
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return std::nullopt;
  const std::string_view body = text.substr(line + 1);
  if (sealed(body) != text) return std::nullopt;
  return body;
}

}  // namespace

std::string sealed(std::string_view text) {
  return fmt::format("checksum = \"{}\"  # SHA-256 of all lines below\n{}", sha256_hex(text), text);
}

std::size_t SetManifest::place_of(std::uint32_t number) const {
  const auto before = [](const ShardEntry& shard, std::uint32_t wanted) { return shard.number < wanted; };
  const auto found = std::lower_bound(shards.begin(), shards.end(), number, before);
  const bool there = found != shards.end() && found->number == number;
  return there ? static_cast<std::size_t>(found - shards.begin()) : shards.size();
}

std::filesystem::path find_manifest(const std::filesystem::path& folder_or_manifest) {
  const bool folder = std::filesystem::is_directory(folder_or_manifest);
  std::filesystem::path path = folder ? folder_or_manifest / kSetManifestName : folder_or_manifest;
  if (std::filesystem::is_regular_file(path)) return path;
  if (!folder && path.extension() != ".toml") path /= kSetManifestName;
  throw DataError(fmt::format(
      "no manifest \"{}\"; write one with `understudy pack` or `understudy synthesize`, or correct the path",
      path.string()));
}

SetManifest read_set_manifest(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  if (!text.starts_with("checksum = ")) {
    throw DataError(
        fmt::format("{}: is no manifest of a data set: its first line holds no checksum; name the set's folder or its "
                    "set.toml",
                    path.string()));
  }
  if (!unsealed(text)) {
    throw DataError(
        fmt::format("{}: its first line does not hold the checksum of the others: it was changed or damaged; "
                    "restore it from its source or pack the set again",
                    path.string()));
  }
  try {
    return interpret(toml::parse(text, path.string()), path.string());
  } catch (const toml::parse_error& error) {
    throw DataError(fmt::format("{}:{}: is no valid TOML: {}; restore the manifest or pack the set again",
                                path.string(),
                                error.source().begin.line,
                                error.description()));
  }
}

void write_set_manifest(const std::filesystem::path& path, const SetManifest& manifest) {
  std::string text = "# Data set of understudy. A file that is not listed here is no part of it.\n";
  text += fmt::format("format = \"{}\"\nformat_version = [{}, {}]\n",
                      kSetFormat,
                      manifest.format_version[0],
                      manifest.format_version[1]);
  text += fmt::format("fingerprint = \"{}\"\nsource = {}\n", manifest.fingerprint, toml_string(manifest.source));
  text += fmt::format(
      "packer = {}\npacker_config_sha256 = \"{}\"\n", toml_string(manifest.packer), manifest.packer_config_sha256);
  text += fmt::format("identities = {}\nvideos = {}\nclips = {}\nframes = {}\n",
                      manifest.identities,
                      manifest.videos,
                      manifest.clips,
                      manifest.frames);
  text += "\n[index]\n" + file_lines(manifest.index);
  for (const ShardEntry& shard : manifest.shards) {
    text += fmt::format("\n[[shard]]\nnumber = {}\n{}clips = {}\nframes = {}\n",
                        shard.number,
                        file_lines(shard.file),
                        shard.clips,
                        shard.frames);
  }
  for (const AnnotationEntry& entry : manifest.annotations) {
    text += fmt::format("\n[[annotation]]\nkind = \"{}\"\nshard = {}\n{}",
                        annotation_kind_name(entry.kind),
                        entry.shard,
                        file_lines(entry.file));
  }
  for (const FileEntry& record : manifest.records) text += "\n[[record]]\n" + file_lines(record);
  write_file_atomically(path, sealed(text));
  remove_leftovers(path.parent_path());
}

}  // namespace understudy
