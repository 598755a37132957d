#include "data_pipeline/set_manifest.h"

#include <optional>

#include <fmt/format.h>
#include <toml++/toml.h>

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
  [[noreturn]] void fail(std::string_view key, std::string_view problem) const {
    throw DataError(fmt::format("{}: {} {}; restore the manifest or pack the set again", where_, key, problem));
  }

 private:
  const toml::table& table_;
  std::string where_;
};

FileEntry read_file_entry(const ManifestTable& table) {
  FileEntry entry{table.text("file"), table.number("bytes"), table.text("sha256")};
  if (entry.file.empty() || entry.file.find('/') != std::string::npos || entry.file == "..") {
    table.fail("file", fmt::format("= \"{}\" is no file name within the set's folder", entry.file));
  }
  if (entry.sha256.size() != 64) table.fail("sha256", "has not 64 hexadecimal digits");
  return entry;
}

ShardEntry read_shard_entry(const ManifestTable& table) {
  return {read_file_entry(table), table.number("clips"), table.number("frames")};
}

std::optional<AnnotationEntry> read_annotation_entry(const ManifestTable& table, std::size_t shards) {
  const std::string name = table.text("kind");
  for (const AnnotationKind kind : kAnnotationKinds) {
    if (annotation_kind_name(kind) != name) continue;
    const std::uint64_t shard = table.number("shard");
    if (shard >= shards) table.fail("shard", fmt::format("= {} does not exist among {} shards", shard, shards));
    return AnnotationEntry{kind, static_cast<std::uint32_t>(shard), read_file_entry(table)};
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
  if (manifest.shards.empty()) table.fail("shard", "lists no shard");
  for (const ManifestTable& annotation : table.tables("annotation")) {
    if (auto entry = read_annotation_entry(annotation, manifest.shards.size())) manifest.annotations.push_back(*entry);
  }
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

std::string file_lines(const FileEntry& entry) {
  return fmt::format("file = {}\nbytes = {}\nsha256 = \"{}\"\n", toml_string(entry.file), entry.bytes, entry.sha256);
}

}  // namespace

FileEntry measure_file(const std::filesystem::path& path) {
  return {path.filename().string(), std::filesystem::file_size(path), sha256_of_file(path)};
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
  try {
    return interpret(toml::parse(read_file(path), path.string()), path.string());
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
    text += fmt::format("\n[[shard]]\n{}clips = {}\nframes = {}\n", file_lines(shard.file), shard.clips, shard.frames);
  }
  for (const AnnotationEntry& entry : manifest.annotations) {
    text += fmt::format("\n[[annotation]]\nkind = \"{}\"\nshard = {}\n{}",
                        annotation_kind_name(entry.kind),
                        entry.shard,
                        file_lines(entry.file));
  }
  write_file_atomically(path, text);
}

std::string size_problem(const std::filesystem::path& folder, const FileEntry& entry) {
  const std::filesystem::path path = folder / entry.file;
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  if (error)
    return fmt::format(
        "{}: cannot be read: {}; restore it from its source or pack the set again", path.string(), error.message());
  if (bytes == entry.bytes) return "";
  return fmt::format(
      "{}: has {} bytes where the manifest says {}: {}; restore it from its source or pack the set again",
      path.string(),
      bytes,
      entry.bytes,
      bytes < entry.bytes ? "it was cut short" : "it was changed");
}

}  // namespace understudy
