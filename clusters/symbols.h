#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace understudy {

/// Names of the functions at addresses of another process: from its memory map and the symbol tables of the files in
/// it. Needs no debugger and no rights beyond reading /proc.
class Symbols {
 public:
  explicit Symbols(pid_t process);
  /// "understudy::StepEngine::exchange + 0x84 (understudy)"; the file and offset where no name is known
  std::string describe(std::uint64_t address);

 private:
  struct Mapping {
    std::uint64_t begin;
    std::uint64_t end;
    std::uint64_t offset;  ///< in the file
    std::string file;
  };
  struct Function {
    std::uint64_t begin;
    std::uint64_t size;
    std::string name;
  };
  /// What is needed of one file: its functions by address, and how offsets in the file become addresses.
  struct File {
    std::vector<Function> functions;
    std::vector<Mapping> segments;  ///< begin, end: offsets in the file; offset: address less offset
  };
  static File read_file_symbols(const std::string& path);

  std::vector<Mapping> mappings_;
  std::map<std::string, File> files_;
};

}  // namespace understudy
