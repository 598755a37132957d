#include "data_pipeline/verify_journal.h"

#include <utility>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"

namespace understudy {
namespace {

/// Size and time of the last change; nothing of a file that is not there.
std::string state_of(const std::filesystem::path& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  if (error) return "missing";
  const auto changed = std::filesystem::last_write_time(path, error);
  return fmt::format("{} {}", bytes, error ? 0 : changed.time_since_epoch().count());
}

}  // namespace

VerifyJournal::VerifyJournal(std::filesystem::path folder, const std::filesystem::path& path, bool decode)
    : folder_(std::move(folder)), path_(path), decode_(decode) {
  if (path.empty()) return;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) intact_.insert(line);
  out_.open(path, std::ios::app);
  if (!out_) throw FileError(fmt::format("{}: the journal cannot be written; name a file elsewhere", path.string()));
}

std::string VerifyJournal::line_of(const ShardEntry& shard,
                                   std::span<const AnnotationEntry> annotations,
                                   bool decode) const {
  std::string text = decode ? "decoded\n" : "checked\n";
  const auto add = [&](const FileEntry& file) {
    text += fmt::format("{} {} {}\n", file.file, file.sha256, state_of(folder_ / file.file));
  };
  add(shard.file);
  for (const AnnotationEntry& entry : annotations) add(entry.file);
  return sha256_hex(text);
}

bool VerifyJournal::knows_intact(const ShardEntry& shard, std::span<const AnnotationEntry> annotations) const {
  return intact_.contains(line_of(shard, annotations, true)) ||
         (!decode_ && intact_.contains(line_of(shard, annotations, false)));
}

void VerifyJournal::remember_intact(const ShardEntry& shard, std::span<const AnnotationEntry> annotations) {
  if (path_.empty()) return;
  const std::lock_guard lock(mutex_);
  // The line break in front ends a line that a kill has cut short.
  out_ << '\n' << line_of(shard, annotations, decode_) << std::endl;
  if (!out_) throw FileError(fmt::format("{}: the journal cannot be written; free space", path_.string()));
}

void VerifyJournal::complete() {
  if (path_.empty()) return;
  out_.close();
  out_.open(path_, std::ios::trunc);
  if (!out_) throw FileError(fmt::format("{}: the journal cannot be written; name a file elsewhere", path_.string()));
}

}  // namespace understudy
