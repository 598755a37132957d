#include "trainer/watching/run_log.h"

#include <span>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/atomic_file.h"
#include "common/errors.h"
#include "common/version.h"
#include "trainer/machine.h"

namespace understudy {

using Json = nlohmann::ordered_json;

namespace {

Json terms_object(const std::vector<Term>& terms) {
  Json object = Json::object();
  for (const auto& [name, value] : terms) object[name] = value;
  return object;
}

void require_length(const std::filesystem::path& path, std::uintmax_t found, std::uint64_t wanted) {
  if (found >= wanted) return;
  throw CheckpointError(
      fmt::format("{}: {} bytes, but the checkpoint vouches for {}: the log was cut from outside; restore it, or "
                  "take the checkpoint into a run of its own with `understudy checkpoint convert`",
                  path.string(),
                  found,
                  wanted));
}

void require_hash(const std::filesystem::path& path, std::string_view vouched, std::string_view wanted) {
  if (wanted.empty() || sha256_hex(vouched) == wanted) return;
  throw CheckpointError(
      fmt::format("{}: its first {} bytes are not those that the checkpoint vouches for: the log was changed from "
                  "outside or damaged; restore it, or take the checkpoint into a run of its own with `understudy "
                  "checkpoint convert`",
                  path.string(),
                  vouched.size()));
}

}  // namespace

VouchedFile::VouchedFile(std::filesystem::path path,
                         std::int64_t keep_bytes,
                         const FileSystem& files,
                         std::string_view sha256)
    : path_(std::move(path)) {
  if (keep_bytes >= 0) replace_by_first(static_cast<std::size_t>(keep_bytes), sha256, files);
  file_ = files.append(path_);
  bytes_ = static_cast<std::int64_t>(std::filesystem::file_size(path_));
}

void VouchedFile::replace_by_first(std::size_t bytes, std::string_view sha256, const FileSystem& files) {
  std::string text = std::filesystem::exists(path_) ? read_file(path_) : "";
  require_length(path_, text.size(), bytes);
  text.resize(bytes);
  require_hash(path_, text, sha256);
  write_file_atomically(path_, text, files);
  hash_.emplace().update(text);
}

void VouchedFile::append(std::string_view bytes) {
  file_->write(std::as_bytes(std::span(bytes.data(), bytes.size())));
  bytes_ += std::ssize(bytes);
  if (hash_) hash_->update(bytes);
}

std::string VouchedFile::sha256() const {
  return hash_ ? hash_->hex_digest() : "";
}

void VouchedFile::sync() {
  file_->sync();
}

void VouchedFile::close() {
  file_->close();
}

void require_log_of(const std::filesystem::path& run, const Manifest& checkpoint) {
  const std::filesystem::path path = run / "metrics.jsonl";
  const std::string text = std::filesystem::exists(path) ? read_file(path) : "";
  require_length(path, text.size(), checkpoint.metrics_bytes);
  require_hash(path, std::string_view(text).substr(0, checkpoint.metrics_bytes), checkpoint.metrics_sha256);
}

std::string metrics_line(Iteration iteration, const std::string& phase, const std::vector<Term>& terms) {
  return Json{{"iteration", iteration}, {"phase", phase}, {"terms", terms_object(terms)}}.dump();
}

std::string validation_line(Iteration completed,
                            const std::string& phase,
                            std::int64_t episodes,
                            const std::vector<Term>& means) {
  return Json{{"completed", completed}, {"phase", phase}, {"validation", terms_object(means)}, {"episodes", episodes}}
      .dump();
}

std::string start_record(std::uint64_t incarnation,
                         c10::Device device,
                         const std::vector<std::string>& nodes,
                         const Environment& environment) {
  return Json{{"start", incarnation},
              {"understudy", version()},
              {"torch", torch_version()},
              {"device", c10::DeviceTypeName(device.type(), /*lower_case=*/true)},
              {"ranks", nodes.size()},
              {"nodes", nodes},
              {"variables", environment}}
             .dump(2) +
         "\n";
}

}  // namespace understudy
