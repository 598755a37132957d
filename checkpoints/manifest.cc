#include "checkpoints/manifest.h"

#include <algorithm>
#include <future>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "checkpoints/storage_reader.h"
#include "common/atomic_file.h"
#include "common/errors.h"

namespace understudy {
namespace {

using Json = nlohmann::ordered_json;

/// Reads typed keys of one JSON object; a missing or mistyped one is an error that names it.
class Fields {
 public:
  Fields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) fail("is no JSON object");
  }

  bool has(const char* key) const { return object_.contains(key); }

  template <class Wanted>
  Wanted get(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) fail(fmt::format("has no \"{}\"", key));
    if constexpr (std::is_integral_v<Wanted>) {
      const bool is_count = found->is_number_unsigned() && found->template get<std::uint64_t>() <= INT64_MAX;
      if (!is_count) fail(fmt::format("\"{}\" is {} where a count was expected", key, found->dump()));
    }
    try {
      return found->template get<Wanted>();
    } catch (const Json::exception&) {
      fail(fmt::format("\"{}\" is a {}, which it cannot be", key, found->type_name()));
    }
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw CheckpointError(fmt::format("{}: {}", where_, reason));
  }

 private:
  const Json& object_;
  std::string where_;
};

bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name != kManifestName && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

PartInfo parse_part(const Json& json, std::string_view where) {
  const Fields fields(json, fmt::format("{}: a part", where));
  PartInfo part{fields.get<std::string>("name"), fields.get<std::uint64_t>("size"), fields.get<std::string>("sha256")};
  if (!is_plain_name(part.name)) fields.fail(fmt::format("has the unsafe name \"{}\"", part.name));
  if (!is_sha256(part.sha256)) fields.fail(fmt::format("\"{}\" has no valid SHA-256", part.name));
  return part;
}

std::vector<PartInfo> parse_parts(const Json& json, std::string_view where) {
  std::vector<PartInfo> parts;
  std::set<std::string> names;
  for (const Json& item : json) {
    parts.push_back(parse_part(item, where));
    if (!names.insert(parts.back().name).second) {
      throw CheckpointError(fmt::format("{}: names the part \"{}\" twice", where, parts.back().name));
    }
  }
  return parts;
}

// The manifest guards the parts, its own last entry guards the manifest: SHA-256 of the text without that entry.
constexpr std::string_view kSealStart = ",\n  \"manifest_sha256\": \"";
constexpr std::string_view kEnd = "\n}\n";

std::string seal(std::string_view text) {
  const std::string hash = sha256_hex(text);
  return fmt::format("{}{}{}\"{}", text.substr(0, text.size() - kEnd.size()), kSealStart, hash, kEnd);
}

void require_seal(std::string_view text, std::string_view where) {
  const std::size_t start = text.rfind(kSealStart);
  if (start == std::string_view::npos)
    throw CheckpointError(fmt::format("{}: does not end in its checksum; cut short or not a manifest", where));
  if (seal(fmt::format("{}{}", text.substr(0, start), kEnd)) != text) {
    throw CheckpointError(fmt::format("{}: its checksum does not fit its text; the file was damaged", where));
  }
}

Json parse_json(std::string_view text, std::string_view where) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw CheckpointError(fmt::format("{}: is not valid JSON ({})", where, error.what()));
  }
}

std::string newer_version(std::int64_t version, const Json& json, std::string_view where) {
  const auto writer = json.find("code_version");
  return fmt::format(
      "{}: has format version {}, of which this program reads 1 to {}; use the understudy that wrote it{}, or a newer "
      "one",
      where,
      version,
      kCheckpointVersion,
      writer != json.end() && writer->is_string() ? fmt::format(" ({})", writer->get<std::string>()) : "");
}

}  // namespace

const PartInfo* Manifest::find_part(std::string_view name) const {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const PartInfo& part) { return part.name == name; });
  return found == parts.end() ? nullptr : &*found;
}

std::string write_manifest(const Manifest& manifest) {
  Json json;
  json["format"] = "understudy.checkpoint";
  json["format_version"] = manifest.format_version;
  json["iteration"] = manifest.iteration;
  json["incarnation"] = manifest.incarnation;
  json["code_version"] = manifest.code_version;
  json["metrics_bytes"] = manifest.metrics_bytes;
  json["events_bytes"] = manifest.events_bytes;
  if (!manifest.metrics_sha256.empty()) json["metrics_sha256"] = manifest.metrics_sha256;
  json["data_fingerprints"] = manifest.data_fingerprints;
  json["parts"] = Json::array();
  for (const PartInfo& part : manifest.parts) {
    json["parts"].push_back({{"name", part.name}, {"size", part.size}, {"sha256", part.sha256}});
  }
  json["config"] = manifest.config;
  try {
    return seal(json.dump(2) + "\n");
  } catch (const Json::exception& error) {
    throw CheckpointError(fmt::format(
        "the manifest of iteration {} holds text that is not UTF-8 ({})", manifest.iteration, error.what()));
  }
}

Manifest parse_manifest(std::string_view text, std::string_view where) {
  require_seal(text, where);
  const Json json = parse_json(text, where);
  const Fields fields(json, std::string(where));
  Manifest manifest;
  const std::int64_t version = fields.get<std::int64_t>("format_version");
  if (fields.get<std::string>("format") != "understudy.checkpoint") fields.fail("is not the manifest of a checkpoint");
  if (version < 1) fields.fail(fmt::format("has format version {}, which there never was", version));
  if (version > kCheckpointVersion) throw NewerVersionError(newer_version(version, json, where));
  manifest.format_version = static_cast<int>(version);
  manifest.iteration = fields.get<std::int64_t>("iteration");
  manifest.incarnation = fields.get<std::uint64_t>("incarnation");
  manifest.code_version = fields.get<std::string>("code_version");
  manifest.metrics_bytes = fields.get<std::uint64_t>("metrics_bytes");
  manifest.events_bytes = fields.has("events_bytes") ? fields.get<std::uint64_t>("events_bytes") : 0;
  manifest.metrics_sha256 = fields.has("metrics_sha256") ? fields.get<std::string>("metrics_sha256") : "";
  manifest.data_fingerprints = fields.get<std::map<std::string, std::string>>("data_fingerprints");
  manifest.config = fields.get<std::string>("config");
  if (!fields.get<Json>("parts").is_array()) fields.fail("\"parts\" is no list");
  manifest.parts = parse_parts(json["parts"], where);
  return manifest;
}

Manifest read_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kManifestName;
  try {
    return parse_manifest(read_file(path), path.string());
  } catch (const FileError& error) {
    throw CheckpointError(fmt::format("{}; without its manifest this is no checkpoint", error.what()));
  }
}

std::optional<std::string> newer_version_of(const std::filesystem::path& folder) {
  try {
    read_manifest(folder);
  } catch (const NewerVersionError& newer) {
    return newer.what();
  } catch (const CheckpointError&) {
    // Damaged, of whatever version.
  }
  return std::nullopt;
}

std::optional<std::string> problem_of_part(const std::filesystem::path& folder, const PartInfo& part, Verification of) {
  const std::filesystem::path path = folder / part.name;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return fmt::format("{}: is missing or unreadable ({})", path.string(), error.message());
  if (size != part.size)
    return fmt::format("{}: has {} bytes where the manifest lists {}", path.string(), size, part.size);
  try {
    const std::string found = of == Verification::kStorage ? sha256_of_stored_file(path) : sha256_of_file(path);
    if (found == part.sha256) return std::nullopt;
    return fmt::format("{}: SHA-256 {} where the manifest lists {}", path.string(), found, part.sha256);
  } catch (const FileError& unreadable) {
    return unreadable.what();
  }
}

std::vector<std::string> verify_checkpoint(const std::filesystem::path& folder, Verification of) {
  const std::launch how = of == Verification::kLoading ? std::launch::async : std::launch::deferred;
  std::vector<std::string> problems;
  try {
    std::vector<std::future<std::optional<std::string>>> findings;
    for (const PartInfo& part : read_manifest(folder).parts)
      findings.push_back(std::async(how, [folder, part, of] { return problem_of_part(folder, part, of); }));
    for (auto& finding : findings) {
      if (const auto problem = finding.get()) problems.push_back(*problem);
    }
  } catch (const Error& error) {
    problems.emplace_back(error.what());
  }
  return problems;
}

}  // namespace understudy
