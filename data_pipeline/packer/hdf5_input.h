#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace understudy {

/// What the elements of somebody's table are.
enum class InputElement : std::uint8_t {
  kBytes,         ///< unsigned, 8 bits
  kWholeNumbers,  ///< integers of any other kind
  kFloats,        ///< of any width
  kTexts,         ///< of fixed or variable length
  kByteLists,     ///< variable-length lists of bytes: encoded pictures
  kOther,
};

struct InputTable {
  InputElement element = InputElement::kOther;
  std::vector<std::uint64_t> extent;  ///< empty: a single value

  std::uint64_t rows() const { return extent.empty() ? 1 : extent.front(); }
};

/// An HDF5 file that somebody else made: tables may be chunked, compressed by the library's own filters, and in either
/// byte order. No plug-in is loaded and no link, external file or virtual table followed. One object serves one thread;
/// the library, which is not made for several, is entered by one of all objects at a time.
class Hdf5Input {
 public:
  /// @throws DataError
  explicit Hdf5Input(const std::filesystem::path& path);
  ~Hdf5Input();

  const std::filesystem::path& path() const;
  /// Names of the groups directly in a group, sorted by bytes.
  std::vector<std::string> groups(const std::string& group) const;
  /// Names of the tables directly in a group, sorted by bytes.
  std::vector<std::string> tables(const std::string& group) const;
  /// Nothing when there is no table of that name.
  std::optional<InputTable> find(const std::string& table) const;

  /// Rows [first, first + count), all other dimensions whole. @throws DataError  also when `target` has another size
  void read_bytes(const std::string& table,
                  std::uint64_t first,
                  std::uint64_t count,
                  std::span<std::uint8_t> target) const;
  void read_floats(const std::string& table, std::uint64_t first, std::uint64_t count, std::span<float> target) const;
  std::vector<std::byte> read_byte_list(const std::string& table, std::uint64_t row) const;
  /// All of a table of whole numbers that are not negative. @throws DataError
  std::vector<std::uint64_t> read_numbers(const std::string& table) const;
  /// All of a table of texts or whole numbers, as text. @throws DataError
  std::vector<std::string> read_texts(const std::string& table) const;
  /// A single text or whole number at a group or table, as text; nothing when there is none.
  std::optional<std::string> attribute(const std::string& object, const std::string& name) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace understudy
