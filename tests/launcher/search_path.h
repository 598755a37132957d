#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "common/atomic_file.h"

namespace understudy {

/// PATH for the length of a scope.
class SearchPath {
 public:
  explicit SearchPath(const std::string& path) {
    if (const char* former = std::getenv("PATH")) former_ = former;
    setenv("PATH", path.c_str(), 1);
  }
  ~SearchPath() { setenv("PATH", former_.c_str(), 1); }
  SearchPath(const SearchPath&) = delete;
  SearchPath& operator=(const SearchPath&) = delete;

 private:
  std::string former_;
};

/// An executable file of shell text.
inline void make_program(const std::filesystem::path& file, const std::string& script) {
  write_file_atomically(file, "#!/bin/sh\n" + script + "\n");
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
}

}  // namespace understudy
