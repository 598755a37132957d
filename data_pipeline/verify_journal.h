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
/// the manifest says of the files and over their sizes and times of change, so that a journal of another set, or of
/// files written since, vouches for nothing. Safe on any number of threads.
class VerifyJournal {
 public:
  /// @param folder  of the set
  /// @param path    empty: nothing is remembered
  /// @param decode  a check without decoding does not stand for one with it
  VerifyJournal(std::filesystem::path folder, const std::filesystem::path& path, bool decode);

  bool knows_intact(const ShardEntry& shard, std::span<const AnnotationEntry> annotations) const;
  /// @throws FileError
  void remember_intact(const ShardEntry& shard, std::span<const AnnotationEntry> annotations);
  /// A check that has come to its end vouches for no later one. @throws FileError
  void complete();

 private:
  std::string line_of(const ShardEntry& shard, std::span<const AnnotationEntry> annotations, bool decode) const;

  std::filesystem::path folder_;
  std::filesystem::path path_;
  bool decode_;
  std::set<std::string> intact_;
  std::mutex mutex_;
  std::ofstream out_;
};

}  // namespace understudy
