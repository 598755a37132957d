#include "clusters/symbols.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include <cxxabi.h>
#include <elf.h>
#include <fmt/format.h>

namespace understudy {
namespace {

std::string demangled(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                         &std::free);
  return status == 0 ? text.get() : name;
}

/// The name of a function without its parameters, which fill lines and tell little.
std::string without_parameters(const std::string& name) {
  const std::size_t end = name.rfind(')');
  if (end == std::string::npos) return name;
  int depth = 0;
  for (std::size_t i = end + 1; i-- > 0;) {
    if (name[i] == ')') ++depth;
    if (name[i] == '(' && --depth == 0) return i == 0 ? name : name.substr(0, i);
  }
  return name;
}

/// `count` values of an ELF file from a byte offset; empty when the file is shorter.
template <class T>
std::vector<T> read_table(std::ifstream& file, std::uint64_t offset, std::size_t count) {
  std::vector<T> values(count);
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(T)));
  if (!file) values.clear();
  return values;
}

bool is_elf64(const Elf64_Ehdr& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64;
}

}  // namespace

Symbols::Symbols(pid_t process) {
  std::ifstream maps(fmt::format("/proc/{}/maps", process));
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    Mapping mapping{};
    char dash = 0;
    std::string rights;
    std::string device;
    std::string inode;
    words >> std::hex >> mapping.begin >> dash >> mapping.end >> rights >> mapping.offset >> device >> inode;
    words >> std::ws;
    std::getline(words, mapping.file);
    if (mapping.file.starts_with("/") && rights.find('x') != std::string::npos) mappings_.push_back(mapping);
  }
}

Symbols::File Symbols::read_file_symbols(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const auto headers = read_table<Elf64_Ehdr>(stream, 0, 1);
  if (headers.empty() || !is_elf64(headers.front())) return {};
  const Elf64_Ehdr& header = headers.front();
  File file;
  for (const Elf64_Phdr& segment : read_table<Elf64_Phdr>(stream, header.e_phoff, header.e_phnum)) {
    if (segment.p_type == PT_LOAD)
      file.segments.push_back(
          {segment.p_offset, segment.p_offset + segment.p_filesz, segment.p_vaddr - segment.p_offset, ""});
  }
  const auto sections = read_table<Elf64_Shdr>(stream, header.e_shoff, header.e_shnum);
  // The full table where the file was not stripped, else that of the dynamic linker.
  auto table = std::find_if(sections.begin(), sections.end(), [](const auto& s) { return s.sh_type == SHT_SYMTAB; });
  if (table == sections.end())
    table = std::find_if(sections.begin(), sections.end(), [](const auto& s) { return s.sh_type == SHT_DYNSYM; });
  if (table == sections.end() || table->sh_link >= sections.size()) return file;
  const Elf64_Shdr& names = sections[table->sh_link];
  std::vector<char> text = read_table<char>(stream, names.sh_offset, names.sh_size);
  if (text.empty()) return file;
  text.back() = '\0';
  for (const Elf64_Sym& symbol : read_table<Elf64_Sym>(stream, table->sh_offset, table->sh_size / sizeof(Elf64_Sym))) {
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_value == 0 || symbol.st_name >= text.size()) continue;
    file.functions.push_back({symbol.st_value, symbol.st_size, text.data() + symbol.st_name});
  }
  std::sort(
      file.functions.begin(), file.functions.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  return file;
}

std::string Symbols::describe(std::uint64_t address) {
  const auto mapping = std::find_if(
      mappings_.begin(), mappings_.end(), [&](const Mapping& m) { return address >= m.begin && address < m.end; });
  if (mapping == mappings_.end()) return fmt::format("{:#x}", address);
  const std::string short_name = std::filesystem::path(mapping->file).filename().string();
  const std::uint64_t offset = address - mapping->begin + mapping->offset;
  if (!files_.contains(mapping->file)) files_[mapping->file] = read_file_symbols(mapping->file);
  const File& file = files_[mapping->file];
  for (const Mapping& segment : file.segments) {
    if (offset < segment.begin || offset >= segment.end) continue;
    const std::uint64_t value = offset + segment.offset;
    auto after =
        std::upper_bound(file.functions.begin(), file.functions.end(), value, [](std::uint64_t v, const Function& f) {
          return v < f.begin;
        });
    if (after == file.functions.begin()) break;
    const Function& function = *--after;
    if (value >= function.begin + std::max<std::uint64_t>(function.size, 1)) break;
    return fmt::format(
        "{} + {:#x} ({})", without_parameters(demangled(function.name)), value - function.begin, short_name);
  }
  return fmt::format("{} + {:#x}", short_name, offset);
}

}  // namespace understudy
