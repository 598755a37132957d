#include "data_pipeline/verify_journal.h"

#include <fmt/format.h>

#include "common/errors.h"
#include "common/hash.h"

namespace understudy {
namespace {

std::string line_of(const ShardEntry& shard, std::span<const AnnotationEntry> annotations, bool decode) {
  std::string text = fmt::format("{} {} {}\n", decode ? "decoded" : "checked", shard.file.file, shard.file.sha256);
  for (const AnnotationEntry& entry : annotations) text += fmt::format("{} {}\n", entry.file.file, entry.file.sha256);
  return sha256_hex(text);
}

}  // namespace

VerifyJournal::VerifyJournal(const std::filesystem::path& path, bool decode) : path_(path), decode_(decode) {
  if (path.empty()) return;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) intact_.insert(line);
  out_.open(path, std::ios::app);
  if (!out_) throw FileError(fmt::format("{}: the journal cannot be written; name a file elsewhere", path.string()));
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

}  // namespace understudy
