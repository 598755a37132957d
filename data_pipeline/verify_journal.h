#pragma once

#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <span>
#include <string>

#include "data_pipeline/set_manifest.h"

namespace understudy {

/// Which shards a verification has found intact: one line each, appended when it is known. A line is a hash over what
/// the manifest says of the files, so that a journal of another set, or of files packed anew, vouches for nothing. Safe
/// on any number of threads.
class VerifyJournal {
 public:
  /// @param path    empty: nothing is remembered
  /// @param decode  a check without decoding does not stand for one with it
  VerifyJournal(const std::filesystem::path& path, bool decode);

  bool knows_intact(const ShardEntry& shard, std::span<const AnnotationEntry> annotations) const;
  /// @throws FileError
  void remember_intact(const ShardEntry& shard, std::span<const AnnotationEntry> annotations);

 private:
  std::filesystem::path path_;
  bool decode_;
  std::set<std::string> intact_;
  std::mutex mutex_;
  std::ofstream out_;
};

}  // namespace understudy
